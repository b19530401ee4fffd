"""The day of an instant: Brasília's, in what is said to people and in the names of files, at every hour."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from malote.clock import HeldClock, day_of
from malote.texts import Words
from malote.wire.tls import Certificate
from support import ROOT

ZONED = ("astimezone(ZONE)", "%z")


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-11-24T03:00", "2026-11-24"),
        ("2026-11-24T02:59", "2026-11-23"),
        ("2026-11-24T00:00", "2026-11-23"),
        ("2027-01-01T02:30", "2026-12-31"),
        ("2018-11-04T02:30", "2018-11-03"),  # the night on which daylight saving began
    ],
)
def test_the_day_of_an_instant_is_brasilias(utc: str, day: str) -> None:
    assert day_of(datetime.fromisoformat(utc).replace(tzinfo=timezone.utc)) == day


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_certificate_ends_on_brasilias_day_before_and_after_its_end(hours: int) -> None:
    end = datetime(2026, 12, 22, 0, 30, tzinfo=timezone.utc)
    warning = Certificate("USINA", "AC", None, end, end).warning(HeldClock(end).pass_(hours=hours), Words("en"))
    assert warning and "on 2026-12-21" in warning


@pytest.mark.parametrize("room", ["include/malote", "plugins"])
def test_whatever_writes_a_day_says_in_which_zone(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert ":%Y-%m-%d" not in line or any(zone in line for zone in ZONED), f"{path}: {line}"

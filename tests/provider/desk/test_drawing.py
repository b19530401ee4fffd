"""The pictures of today: hours that can be read beside now, bars that can be seen in both themes."""

from __future__ import annotations

import re
from datetime import datetime, time, timezone
from itertools import pairwise

import pytest

from malote.desk import Hour
from malote.hours import Counter
from malote_provider.desk.drawing import band, bars

OFFICE = Counter(time(8), time(20), "all", frozenset())


@pytest.mark.parametrize(
    ("utc", "hours"),
    [
        ("13:00", ["00h", "06h", "12h", "18h", "24h", "10:00"]),
        ("15:10", ["00h", "06h", "18h", "24h", "12:10"]),
        ("03:05", ["06h", "12h", "18h", "24h", "00:05"]),
        ("02:50", ["00h", "06h", "12h", "18h", "23:50"]),
    ],
)
def test_the_band_names_its_hours_and_now_without_one_over_the_other(utc: str, hours: list[str]) -> None:
    drawn = band(OFFICE, datetime.fromisoformat(f"2026-11-27T{utc}:00+00:00"), "counter", "16:30")
    assert re.findall(r"<text[^>]*>([^<]+)<", drawn) == hours
    places = sorted(float(x) for x in re.findall(r'<text x="([\d.]+)"', drawn))
    assert all(right - left > 30 for left, right in pairwise(places))
    assert 'class="cut"' in drawn and 'class="now-mark"' in drawn and 'class="opened"' in drawn


def test_a_bar_of_what_was_sent_is_drawn_where_nothing_is_decided_yet() -> None:
    at = datetime(2026, 11, 27, 13, tzinfo=timezone.utc)
    drawn = bars([Hour("bndes", at, 5, 0, 0, 0)], at, "items", ("sent", "accepted", "refused", "unanswered"))
    assert re.search(r'class="bar-sent"[^>]*height="80.0"', drawn) and "sent 5" in drawn

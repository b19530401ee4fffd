"""The task that lets go of what is over: by the options of [malote], as the login that tasks have."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.errors import Misconfigured
from malote_provider.operators import RetireOperator
from malote_provider.operators.retire import befores
from support.notary import Notary, Office, make_table
from support.trip import Trip

LATER = datetime(2037, 3, 1, 12, tzinfo=timezone.utc)
OPTIONS = ("KEEP_ANSWERS", "KEEP_LANDED", "KEEP_EVENTS")


@pytest.fixture
def over(connected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A warehouse and an archive in which three deeds are over since ten years."""
    make_table(connected)
    Trip(Notary(), Office(), connected, str(tmp_path / "a"), service="deeds").run(
        [{"reference": f"D{n}", "text": "a"} for n in range(3)]
    )
    for path in (tmp_path / "a").rglob("*"):
        os.utime(path, (0, 0))
    monkeypatch.setenv("AIRFLOW__MALOTE__ARCHIVE_URL", str(tmp_path / "a"))
    return connected


def retired() -> dict[str, Any]:
    task = type("Retire", (RetireOperator,), {"clock": HeldClock(LATER)})(task_id="retira")
    found: dict[str, Any] = task.execute({})
    return found


def test_without_an_option_nothing_goes(over: str) -> None:
    assert retired() == {"submissions": {}, "files": 0, "rows": 0, "items": 0}


def test_what_is_older_than_the_options_keep_goes_and_its_references_are_kept(
    over: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for option in OPTIONS:
        monkeypatch.setenv(f"AIRFLOW__MALOTE__{option}", "P5Y")
    gone = retired()
    assert gone["submissions"].keys() == {"files", "landed", "story"}
    assert (gone["rows"], gone["items"]) == (3, 3)
    assert [path for path in (tmp_path / "a").rglob("*") if path.is_file()] == []
    with psycopg.connect(over) as connection:
        assert connection.execute("select count(*) from malote.item_row").fetchone() == (0,)
    again = Trip(Notary(), Office(), over, str(tmp_path / "a"), service="deeds", pouch="again")
    assert dict(again.prepare([{"reference": "D1", "text": "a"}], refused_too=True).held_because) == {"accepted": 1}


def test_each_option_is_a_part_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__KEEP_LANDED", "P100D")
    assert befores(LATER) == {"landed": LATER - timedelta(days=100)}


@pytest.mark.parametrize("said", ["for ever", "-P1D", "P1000Y", "5"])
def test_an_option_that_is_no_duration_is_said(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__KEEP_EVENTS", said)
    with pytest.raises(Misconfigured, match="keep_events"):
        befores(LATER)

"""The warehouse of the first release, with submissions in every standing, migrates forward; what was under way ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.commandline import main
from malote.journal import Journal
from malote.migrations import upgrade
from malote.submission import Standing
from support import DATA
from support.notary import Notary, Office
from support.trip import Trip

KEPT = DATA / "upgrade"
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
UNDER_WAY = ("prepared", "received", "unsent", "unheard", "answered", "overdue", "padded")
ALL = {"landed", "overdue", "in_doubt", "answered", "withdrawn", "sending", "refused", "received", "prepared"}


@pytest.fixture
def first(database: str, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """That warehouse, its archive, the notary's office; ``trip(name)`` is today's code over a pouch of it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute((KEPT / "first.sql").read_text())  # type: ignore[arg-type]
    for name, text in json.loads((KEPT / "archive.json").read_text()).items():
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    office, told = Office(), json.loads((KEPT / "office.json").read_text())
    office.accepted, office.filed = Counter(told["accepted"]), told["filed"]
    office.keys, office.verdicts, office.pending = told["keys"], told["verdicts"], 0
    began: list[Trip] = []

    def trip(name: str) -> Trip:
        made = Trip(
            Notary(), office, database, str(tmp_path / "archive"), service="deeds", pouch=f"dag/{name}/submit",
            clock=HeldClock(NOW),
        )  # fmt: skip
        began.append(made)
        return made

    yield SimpleNamespace(dsn=database, office=office, trip=trip)
    for each in began:
        each.close()


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_the_fixture_has_every_standing(first: SimpleNamespace) -> None:
    assert {row[0] for row in rows(first.dsn, "select distinct standing from malote.submission")} == ALL
    assert {each.value for each in Standing} == ALL


def test_it_migrates_forward_and_says_the_same_of_everything(first: SimpleNamespace) -> None:
    asked = (
        "select id, standing, receipt, document, answer, item_count from malote.submission order by number",
        "select submission, ordinal, btrim(reference), standing from malote.item order by 1, 2",
        "select submission, what, at, detail from malote.event order by id",
        "select * from notary.verdict order by 1, 2",
    )
    before = [rows(first.dsn, query) for query in asked]
    upgrade(first.dsn)
    assert [rows(first.dsn, query) for query in asked] == before
    assert rows(first.dsn, "select reference from malote.item_row where reference like '%padded%'") == [("padded-0",)]
    upgrade(first.dsn)
    assert [rows(first.dsn, query) for query in asked] == before


@pytest.mark.parametrize("name", UNDER_WAY)
def test_what_was_under_way_lands_and_nothing_is_accepted_twice(first: SimpleNamespace, name: str) -> None:
    upgrade(first.dsn)
    trip = first.trip(name)
    trip.send()
    trip.wait()
    trip.land()
    assert rows(first.dsn, f"select distinct standing from malote.submission where pouch = 'dag/{name}/submit'") == [
        ("landed",)
    ]
    held = rows(first.dsn, "select i.reference from malote.item_row i join malote.submission s on s.id = i.submission "
                           f"where s.pouch = 'dag/{name}/submit'")  # fmt: skip
    assert held and all(first.office.accepted[f" {r} " if name == "padded" else r] == 1 for (r,) in held)
    assert max(first.office.accepted.values()) == 1


def test_a_person_decides_about_what_was_open_before(first: SimpleNamespace) -> None:
    upgrade(first.dsn)
    ((doubt,),) = rows(first.dsn, "select id from malote.submission where standing = 'in_doubt'")
    ((open_,),) = rows(first.dsn, "select submission from malote.item_row where reference = 'unanswered-1'")
    assert main(["--warehouse", first.dsn, "resolve", doubt, "--withdraw", "--absent", "--why", "seen"]) == 0
    assert main(["--warehouse", first.dsn, "settle", open_, "unanswered-1", "--accepted", "--why", "seen"]) == 0
    with Journal(first.dsn) as journal:
        assert journal.submission(doubt).standing is Standing.WITHDRAWN
        assert journal.unanswered_items(open_) == 0


HELD = ("landed", "refuseditem", "unanswered", "prepared", "received", "unheard", "answered", "doubt", "overdue")


@pytest.mark.parametrize("name", HELD)
def test_a_row_that_travelled_before_does_not_travel_again(first: SimpleNamespace, name: str) -> None:
    upgrade(first.dsn)
    again = first.trip("another")
    old = rows(first.dsn, f"select reference from malote.item_row where reference like '{name}-%'")
    prepared = again.prepare([{"reference": reference, "text": "once more"} for (reference,) in old])
    assert (prepared.items, prepared.held) == (0, len(old))

"""Answers that land together, or at the same time: each row once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.submission import Submission
from support.notary import Notary, Office, deeds, make_table
from support.trip import Dead, Trip, standings


class Telling(Notary):
    """A notary that makes a row of its own for each item that an answer leaves out."""

    def unmentioned(self, submission: Submission) -> tuple[str | None, ...]:
        return None, "left out", None


@pytest.fixture
def begin(warehouse: str, tmp_path: Path) -> Callable[..., Trip]:
    """Makes a trip of four rows a document; calling it again is a restart."""
    make_table(warehouse)
    office, made = Office(), []

    def begin(waits: str = "", kind: type[Notary] = Notary, **options: Any) -> Trip:
        clock = made[-1].clock if made else None
        made.append(Trip(kind(per_document=4), office, f"{warehouse}{waits}", str(tmp_path / "archive"),
                         service="deeds", clock=clock, **options))  # fmt: skip
        return made[-1]

    return begin


def there(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select reference, verdict from notary.verdict order by 1").fetchall()
    assert len(dict(found)) == len(found)
    return dict(found)


def test_a_first_answer_and_what_another_left_open_land_together(begin: Callable[..., Trip]) -> None:
    trip = begin()
    trip.prepare(deeds(8))
    trip.send()
    trip.driver.asked["N1"] = -1000  # the first document's answer is late, the other's says one item of four
    trip.driver.answers["N2"] = b'[["D004", "yes"]]'
    for _ in range(3):
        trip.clock.pass_(minutes=2)
        trip.asking.in_turn(trip.scope, trip.driver)
    trip.land()
    assert standings(trip.dsn) == {"received": 1, "landed": 1} and there(trip.dsn) == {"D004": "yes"}
    del trip.driver.answers["N2"]
    trip.clock.pass_(minutes=70)
    with pytest.raises(Dead):
        begin(die_at="answer saved").land()
    trip.driver.asked["N1"] = 1000
    last = begin()
    last.wait()
    done = last.land()
    assert (done.submissions, done.problems) == (2, ())
    assert there(last.dsn) == {f"D{n:03}": "yes" for n in range(8)}


def test_what_another_process_is_landing_is_left_to_it(begin: Callable[..., Trip]) -> None:
    one = begin()
    one.prepare(deeds(4))
    one.send()
    one.wait()
    other = begin("?options=-c%20lock_timeout%3D1000")
    meanwhile = []
    one.meanwhile = lambda name: meanwhile.append(other.land()) if name == "rows merged" else None
    done = one.land()
    assert (done.submissions, done.rows, done.problems) == (1, 4, ())
    assert [(each.submissions, each.problems) for each in meanwhile] == [(0, ())]
    assert there(one.dsn) == {f"D{n:03}": "yes" for n in range(4)}


def test_what_a_later_answer_no_longer_mentions_stays_as_it_landed(begin: Callable[..., Trip]) -> None:
    trip = begin(kind=Telling)
    trip.prepare(deeds(4))
    trip.send()
    trip.driver.answers["N1"] = b'[["D000", "yes"], ["D001", "perhaps"]]'
    trip.wait()
    trip.land()
    assert there(trip.dsn) == {"D000": "yes", "D001": "perhaps", "D002": "left out", "D003": "left out"}
    trip.driver.answers["N1"] = b'[["D002", "yes"]]'
    trip.clock.pass_(minutes=70)
    assert trip.land().changed == 1
    assert there(trip.dsn) == {"D000": "yes", "D001": "perhaps", "D002": "yes", "D003": "left out"}


@pytest.mark.parametrize(("rows", "land"), [(1000 + 20 * 4, True), (1000 + 20 * 4 + 1, False)])
def test_an_answer_of_more_rows_than_can_be_about_what_was_sent_lands_nothing(
    begin: Callable[..., Trip], rows: int, land: bool
) -> None:
    trip = begin()
    done = trip.run(deeds(4), lambda: trip.driver.answers.update(N1=json.dumps([["D000", "yes"]] * rows).encode()))
    assert ["more than 1080 rows" in str(problem) for problem in done.problems] == ([] if land else [True])
    with psycopg.connect(trip.dsn) as connection:
        assert connection.execute("select count(*) from notary.verdict").fetchone() == (rows if land else 0,)


@pytest.mark.parametrize("wrong", [["N1"], ["N4"], ["N1", "N2", "N3"], ["N2", "N3", "N4"]], ids="-".join)
def test_answers_that_cannot_be_read_hold_back_none_beside_them(begin: Callable[..., Trip], wrong: list[str]) -> None:
    trip = begin()
    done = trip.run(deeds(16), lambda: trip.driver.answers.update(dict.fromkeys(wrong, b"<html>")))
    right = 4 - len(wrong)
    assert (done.submissions, len(done.problems)) == (right, len(wrong))
    assert standings(trip.dsn) == {"landed": right, "received": len(wrong)}
    assert len(there(trip.dsn)) == 4 * right

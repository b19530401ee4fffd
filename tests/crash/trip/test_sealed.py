"""Sealed bytes (card data): purged when landed and by a deadline, whatever dies in between; items refused for good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.errors import Invalid, Misconfigured, Problem
from malote.submission import Standing
from support.notary import Notary, Office, deeds, make_table
from support.trip import Dead, Trip, landed, standings

ROWS = deeds(7)


class Sealing(Notary):
    """A notary whose deeds are secret, and who says so of an item that its answer leaves out."""

    sealed = True

    def unmentioned(self, submission: Any) -> tuple[str | None, ...]:
        return None, "not mentioned", None


class Findless(Sealing):
    """The same, which cannot be asked."""

    def find(self, submission: Any, archive: Any) -> Any:
        return super(Notary, self).find(submission, archive)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse; calling it again is a restart."""
    make_table(warehouse)
    made: list[Trip] = []

    def begin(institution: Any = None, **options: Any) -> Trip:
        clock = made[-1].clock if made else None
        there = institution or Sealing()
        made.append(Trip(there, office, warehouse, str(tmp_path), service="deeds", clock=clock, **options))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def told(trip: Trip, what: str) -> list[Any]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute(
            "select submission, detail ->> 'why' from malote.event where what = %s order by id", (what,)
        ).fetchall()


def test_what_has_landed_is_purged_and_the_story_says_so(begin: Callable[..., Trip], tmp_path: Path) -> None:
    trip = begin()
    trip.prepare(ROWS)
    assert len(files(tmp_path / "sealed")) == 3
    trip.send()
    trip.wait()
    assert trip.land().submissions == 3
    assert files(tmp_path) == []
    assert told(trip, "purged") == [(f"notary-{n}", "landed") for n in (1, 2, 3)]
    trip.land()
    assert len(told(trip, "purged")) == 3
    assert all(each.purged and each.answer is None for each in trip.journal.submissions(trip.scope))


@pytest.mark.parametrize("reply", ["lost_reply", "html"])
def test_what_is_in_doubt_is_purged_at_the_deadline_and_can_still_come_home(
    begin: Callable[..., Trip], tmp_path: Path, office: Office, reply: str
) -> None:
    trip = begin(Findless())
    trip.prepare(ROWS[:3])
    office.faults = [reply]
    assert trip.send().in_doubt == 1
    trip.land()
    kept = files(tmp_path)
    assert kept  # the deed, and the evidence where there was any
    assert all(path.is_relative_to(tmp_path / "sealed") for path in kept)
    trip.clock.pass_(days=8)
    for path in kept:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    trip.land()
    assert files(tmp_path) == []
    assert told(trip, "purged") == [("notary-1", "deadline")]
    with pytest.raises(Misconfigured, match="were purged"):
        trip.journal.resend("notary-1", "not there")
    trip.journal.give_receipt("notary-1", "N1", "found there")
    trip.wait()
    assert trip.land().rows == 3
    assert files(tmp_path) == []
    assert [why for _, why in told(trip, "purged")] == ["deadline", "landed"]


def test_an_answer_that_has_not_landed_is_not_purged_with_its_document(
    begin: Callable[..., Trip], tmp_path: Path, office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    trip.wait()
    trip.die_at = "rows staged"
    with pytest.raises(Dead):
        trip.land()
    trip.clock.pass_(days=8)
    from malote.trip.purging import purge

    assert purge(trip.kit) == 1
    assert len(files(tmp_path)) == 1
    assert purge(trip.kit) == 0
    assert begin().land().rows == 3
    assert files(tmp_path) == []


def test_what_was_never_sent_by_the_deadline_is_withdrawn_and_its_rows_travel_anew(
    begin: Callable[..., Trip], tmp_path: Path, office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    trip.clock.pass_(days=8)
    trip.land()
    assert standings(trip.dsn) == {"withdrawn": 3}
    assert files(tmp_path) == []
    assert trip.send().received == 0
    assert begin(pouch="another run").prepare(ROWS, refused_too=True).items == 7
    assert office.accepted == {}


@pytest.mark.parametrize("way", ["deadline", "withdrawn"])
def test_what_a_person_let_be_sent_again_is_not_freed_for_it_may_have_arrived_the_first_time(
    begin: Callable[..., Trip], office: Office, way: str
) -> None:
    trip = begin(Findless())
    trip.prepare(ROWS[:3])
    office.faults = ["lost_reply"]
    assert trip.send().in_doubt == 1
    trip.clock.pass_(days=6)
    trip.journal.resend("notary-1", "they will tell if it is there")
    if way == "deadline":
        trip.clock.pass_(days=2)
        trip.land()
        assert standings(trip.dsn) == {"in_doubt": 1}
    else:
        trip.journal.withdraw("notary-1", "no longer wanted", absent=False)
    assert begin(pouch="another run").prepare(ROWS[:3], refused_too=True).items == 0
    if way == "deadline":
        trip.journal.withdraw("notary-1", "they have searched: it is not there", absent=True)
        assert begin(pouch="a third run").prepare(ROWS[:3]).items == 3


def test_a_lot_refused_at_the_door_is_purged_at_once(
    begin: Callable[..., Trip], tmp_path: Path, office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults = ["refuse"]
    trip.send()
    trip.land()
    assert files(tmp_path) == []
    assert told(trip, "purged") == [("notary-1", "refused")]


def test_a_file_that_nobody_holds_is_swept_at_the_deadline(begin: Callable[..., Trip], tmp_path: Path) -> None:
    trip = begin(die_at="document ready")
    with pytest.raises(Dead):
        trip.prepare(ROWS)
    (orphan,) = files(tmp_path)
    again = begin(pouch="another run")
    again.clock.at += timedelta(days=6)
    again.prepare(ROWS)
    os.utime(orphan, (again.clock.at.timestamp() - 8 * 86400,) * 2)
    again.land()
    assert not orphan.exists()
    assert len(files(tmp_path)) == 3  # those of the selection that waits to be sent


def test_a_crash_between_the_bytes_and_the_note_is_made_good(
    begin: Callable[..., Trip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trip = begin()

    def die(*_: Any, **__: Any) -> None:
        raise Dead("before the note")

    monkeypatch.setattr(trip.journal, "purged", die)
    with pytest.raises(Dead):
        trip.run(ROWS[:3])
    assert told(trip, "purged") == []
    begin().land()
    assert files(tmp_path) == []
    assert told(trip, "purged") == [("notary-1", "landed")]


def test_a_selection_that_does_not_travel_leaves_no_sealed_file(begin: Callable[..., Trip], tmp_path: Path) -> None:
    class Late(Sealing):
        """Finds what is wrong after its first documents are ready."""

        def render(self, *arguments: Any) -> Any:
            yield from super().render(*arguments)
            raise Invalid("the last row is wrong", problems=[Problem("D006", "text", "is wrong")])

    with pytest.raises(Invalid):
        begin(Late()).prepare(ROWS)
    assert files(tmp_path) == []


def test_problems_of_rows_that_were_left_out_are_told_and_the_rest_travels(begin: Callable[..., Trip]) -> None:
    class Lenient(Notary):
        """Leaves a row out and says why."""

        def render(self, order: Any, rows: Any, *arguments: Any) -> Any:
            yield Problem("D001", "text", "is wrong")
            yield from super().render(order, [row for row in rows if row["reference"] != "D001"], *arguments)

    done = begin(Lenient()).prepare(ROWS)
    assert (done.items, done.submissions, [problem.reference for problem in done.problems]) == (6, 2, ["D001"])


def test_a_number_is_taken_with_its_document_or_not_at_all(begin: Callable[..., Trip]) -> None:
    class Numbering(Notary):
        """Numbers its documents, as Cielo its lots."""

        taken: list[int]

        def render(self, order: Any, rows: Any, archive: Any, free: Any, number: Any) -> Any:
            self.taken = []
            for document in super().render(order, rows, archive, free, number):
                self.taken.append(number("lots", 86))
                yield document

    there = Numbering()
    with pytest.raises(Dead):
        begin(there, die_at="document ready").prepare(ROWS)
    trip = begin(there)
    trip.prepare(ROWS)
    assert there.taken == [86, 87, 88]
    trip.prepare([{"reference": "D100", "text": "one more row for the same pouch"}])
    assert there.taken == [89]
    begin(there, pouch="another run").prepare([{"reference": "D101", "text": "and one of another"}])
    assert there.taken == [90]


def test_what_is_refused_for_good_stays_locked_and_looks_refused(begin: Callable[..., Trip], office: Office) -> None:
    office.verdicts = {"D000": "never", "D001": "no"}
    trip = begin(Notary())
    trip.run(ROWS[:3])
    with psycopg.connect(trip.dsn) as connection:
        seen = connection.execute("select reference, standing from malote.item order by 1").fetchall()
        load = connection.execute("select items_refused from malote.load").fetchone()
    assert seen == [("D000", "refused"), ("D001", "refused"), ("D002", "accepted")]
    assert load == (2,)
    again = begin(pouch="another run").prepare(ROWS[:3], refused_too=True)
    assert (again.items, again.held) == (1, 2)


def test_an_item_that_the_answer_leaves_out_gets_a_row_that_says_so(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    office.answers["N1"] = b'[["D002", "yes"], ["X9", "yes"]]'
    trip.wait()
    trip.land()
    assert [row[:3] for row in landed(trip.dsn, "notary.verdict")] == [
        ("D000", None, "not mentioned"), ("D001", None, "not mentioned"), ("D002", "D002", "yes"), (None, "X9", "yes"),
    ]  # fmt: skip
    assert begin(pouch="second").prepare(ROWS[:3], refused_too=True).items == 0


def test_an_answer_that_was_put_away_before_it_was_fetched_is_asked_for_again(
    begin: Callable[..., Trip], tmp_path: Path, office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    trip.wait()
    office.answers["N1"] = b"put away"
    done = trip.land()
    assert (done.submissions, done.problems) == (0, ())
    assert trip.journal.tally(trip.scope) == {"received": 1}
    del office.answers["N1"]
    trip.clock.pass_(minutes=2)
    trip.wait()
    assert trip.land().rows == 3
    assert [each.standing for each in trip.journal.submissions(trip.scope)] == [Standing.LANDED]

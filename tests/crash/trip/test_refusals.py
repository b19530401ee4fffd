"""Refusals: their reasons land once, the same bytes are not sent again; and what is better held back waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.desk import Filters, groups, lines
from malote.errors import Refused, Unavailable
from malote.hours import Counter
from malote.institution import Call, Reply, Request, Table
from malote.rules import Rules
from malote.submission import Item, Submission
from support.notary import Notary, Office, deeds, make_table
from support.trip import Trip, standings

ROWS = deeds(3)
RULES = Rules(return_after=timedelta(minutes=1), requests=0, refused_unchanged=("deeds",))


class Explaining(Notary):
    """A notary who says why, when asked, and takes no deed again that he refused as it was."""

    reasons_table = Table("notary.reason", ("code", "words"))

    def __init__(self) -> None:
        super().__init__(per_document=1, rules=RULES)

    def reasons(self, submission: Submission) -> Call[list[tuple[str | None, ...]]]:
        def read(reply: Reply) -> list[tuple[str | None, ...]]:
            if b"html" in reply.body:
                raise Unavailable("no reasons now")
            return [("1", "illegible"), ("2", None)]

        return Call("why", Request("GET", f"/why/{submission.receipt}"), read)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse."""
    make_table(warehouse)
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            """create table notary.reason (submission_id text, ordem integer, reference text, code text, words text,
               landed_at timestamptz, primary key (submission_id, ordem))"""
        )
    made: list[Trip] = []

    def begin(institution: Any = None, **options: Any) -> Trip:
        there = institution or Explaining()
        clock = made[-1].clock if made else None
        made.append(Trip(there, office, warehouse, str(tmp_path), service="deeds", clock=clock, **options))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def reasons(trip: Trip) -> list[Any]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute("select reference, ordem, code, words from notary.reason order by 1, 2").fetchall()


def test_the_reasons_of_a_refused_item_land_once(begin: Callable[..., Trip], office: Office) -> None:
    office.verdicts = {"D001": "no"}
    trip = begin()
    trip.run(ROWS)
    assert reasons(trip) == [("D001", 1, "1", "illegible"), ("D001", 2, "2", None)]
    trip.land()
    assert office.requests.count("why") == 1


def test_a_question_for_reasons_that_fails_is_told_and_asked_again(begin: Callable[..., Trip], office: Office) -> None:
    office.verdicts = {"D000": "no", "D001": "no"}
    trip = begin()
    trip.prepare(ROWS)
    trip.send()
    trip.wait()
    office.faults = ["", "", "", "html"]
    done = trip.land()
    assert done.submissions == 3
    assert [error.what for error in done.problems] == ["no reasons now"]
    assert {row[0] for row in reasons(trip)} == {"D001"}
    assert trip.land().problems == ()
    assert {row[0] for row in reasons(trip)} == {"D000", "D001"}


def test_reasons_that_a_refusal_at_the_door_brings_land_without_asking(
    begin: Callable[..., Trip], office: Office
) -> None:
    class Frank(Explaining):
        """Gives the reasons with the refusal."""

        def submit(self, submission: Submission, archive: Any) -> Call[Any]:
            call = super().submit(submission, archive)

            def read(reply: Reply) -> Any:
                raise Refused("no", code="bad", reasons=[("7", "no seal")])

            return Call(call.name, call.request, read, submits=True)

    trip = begin(Frank())
    trip.prepare(ROWS[:1])
    trip.send()
    trip.land()
    assert standings(trip.dsn) == {"refused": 1}
    assert reasons(trip) == [("D000", 1, "7", "no seal")]
    assert "why" not in office.requests


def test_what_was_refused_travels_again_only_when_its_document_has_changed(
    begin: Callable[..., Trip], office: Office
) -> None:
    office.verdicts = {"D000": "no", "D001": "no"}
    begin().run(ROWS)
    corrected = [dict(ROWS[0], text="corrected"), *ROWS[1:]]
    again = begin(pouch="another run")
    done = again.prepare(corrected, refused_too=True)
    assert (done.items, done.held) == (1, 2)
    assert begin(Notary(per_document=1), pouch="third").prepare(ROWS[1:], refused_too=True).items == 1


def retidas(trip: Trip) -> dict[str, tuple[str, str, str]]:
    """reference to reason, the submission that holds it, and what frees it."""
    with psycopg.connect(trip.dsn) as connection:
        found = connection.execute("select referencia, motivo, submission_id, o_que_libera from report.retidas")
        return {row[0]: tuple(row[1:]) for row in found}


def test_each_row_that_is_held_back_is_counted_by_reason_and_listed(
    begin: Callable[..., Trip], office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    office.verdicts = {"D000": "no", "D001": "no", "D002": "perhaps"}
    begin().run(deeds(4))
    doubtful = begin(pouch="doubtful")
    doubtful.prepare(deeds(5))
    (lot,) = doubtful.journal.submissions(doubtful.scope)
    doubtful.journal.begin_send(lot.id, under_way=timedelta())
    doubtful.journal.parked(lot.id, "nobody knows", "look")
    begin(pouch="under way").prepare(deeds(6))
    corrected = [deeds(1)[0] | {"text": "corrected"}, *deeds(6)[1:]]

    unasked = begin(pouch="unasked").prepare(corrected)
    assert unasked.held_because == {"accepted": 1, "in_doubt": 1, "refused": 2, "travelling": 1, "unanswered": 1}
    assert unasked.held == 6 and "held back: 1 accepted, 1 in_doubt, 2 refused" in caplog.text
    trip = begin(pouch="asked")
    asked = trip.prepare(corrected, refused_too=True)
    assert (asked.items, asked.held_because["refused_unchanged"], asked.held) == (1, 1, 5)
    listed = retidas(trip)
    assert {reference: why for reference, (why, _, _) in listed.items()} == {
        "D001": "recusado_sem_mudanca", "D002": "sem_resposta", "D004": "em_duvida",
    }  # fmt: skip
    assert listed["D004"][1] == lot.id and f"malote resolve {lot.id}" in listed["D004"][2]
    assert all(frees for _, _, frees in listed.values())


def test_what_an_answer_refused_is_open_at_once_until_it_is_held_back_or_has_travelled_again(
    begin: Callable[..., Trip], office: Office
) -> None:
    def shown() -> list[tuple[str, str | None]]:
        dags = [trip.scope.values["pouch"].split("/")[0], "again", "asked"]
        counted = {group.kind for group in groups(trip.journal, Filters(), dags)}
        found = lines(trip.journal, Filters(), dags, after=None, limit=50)
        assert counted == {line.kind for line in found}
        return [(line.kind, line.reference) for line in found]

    office.verdicts = {"D000": "no", "D001": "no"}
    trip = begin()
    trip.run(ROWS)
    assert shown() == [("items_refused", None), ("items_refused", None)]
    begin(pouch="again").prepare(ROWS[:1])
    assert shown() == [("held", "D000"), ("items_refused", None)]
    begin(pouch="asked").prepare([dict(row, text="corrected") for row in ROWS[:2]], refused_too=True)
    assert shown() == [("prepared", None), ("prepared", None)]
    trip.run(deeds(4)[3:])
    trip.clock.pass_(days=4)
    assert {kind for kind, _ in shown()} <= {"prepared", "received", "overdue"}


def test_what_is_held_back_is_listed_since_it_first_was_and_leaves_the_list_when_it_is_free(
    begin: Callable[..., Trip], office: Office
) -> None:
    office.verdicts = {"D000": "no"}
    trip = begin()
    trip.run(ROWS)
    first = trip.clock.at
    for day in range(3):
        begin(pouch=f"day {day}").prepare(ROWS)
        trip.clock.pass_(days=1)
    with psycopg.connect(trip.dsn) as connection:
        ((since, again),) = connection.execute("select retido_desde, retido_de_novo_em from report.retidas").fetchall()
    assert since == first and again == first + timedelta(days=2)
    again = begin(pouch="asked")
    again.prepare([dict(ROWS[0], text="corrected")], refused_too=True)
    assert retidas(again) == {}
    again.send()
    again.wait()
    again.land()
    assert retidas(again) == {}, "refused anew, and no selection has wanted it since"
    begin(pouch="once more").prepare(ROWS)
    assert retidas(again)["D000"][:2] == ("recusado", again.journal.submissions(again.scope)[0].id)


def test_a_refusal_by_a_code_that_nobody_knows_is_none_until_they_have_been_asked(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(deeds(1))
    office.faults = ["unknown_code"]
    sent = trip.send()
    assert (sent.received, sent.refused) == (1, 0)
    (deed,) = trip.journal.submissions(trip.scope)
    assert "fate unknown" in [event["what"] for event in trip.journal.story(deed.id)]
    assert set(office.accepted.values()) == {1}


def test_another_reference_of_equal_bytes_is_held_back_by_nothing(begin: Callable[..., Trip], office: Office) -> None:
    class Blind(Explaining):
        """Nothing in his deeds tells one reference from the other."""

        def render(self, order: Any, rows: Any, archive: Any, free: Any, number: Any) -> Iterator[Any]:
            blind = [{**row, "reference": "D"} for row in rows]
            for row, document in zip(
                rows, super().render(order, blind, archive, lambda _, r: set(r), number), strict=True
            ):
                if row["reference"] in free("file", [row["reference"]]):
                    yield replace(document, items=(Item(row["reference"], echo="D"),))

    office.verdicts = {"D": "no"}
    begin(Blind()).run([dict(ROWS[0], text="equal")])
    other = dict(ROWS[1], text="equal")
    assert begin(Blind(), pouch="another").prepare([other]).items == 1
    same = begin(Blind(), pouch="the same").prepare([dict(ROWS[0], text="equal")], refused_too=True)
    assert (same.items, same.held_because) == (0, {"refused_unchanged": 1})


def test_a_run_that_was_asked_to_send_refused_rows_again_does_so_once_however_often_it_is_cleared(
    begin: Callable[..., Trip], office: Office
) -> None:
    office.verdicts = {"D000": "no"}
    begin(Notary(per_document=1)).run(ROWS)
    corrected = [dict(ROWS[0], text="corrected"), *ROWS[1:]]
    asked = begin(Notary(per_document=1), pouch="asked")
    assert asked.prepare(corrected, refused_too=True).items == 1
    asked.send()
    asked.wait()
    asked.land()
    for cleared in range(2):
        again = begin(Notary(per_document=1), pouch="asked")
        assert again.prepare(corrected, refused_too=True).items == 0, cleared
    assert office.accepted["D000"] == 2
    assert begin(Notary(per_document=1), pouch="asked again").prepare(corrected, refused_too=True).items == 1


def test_what_is_better_held_waits_and_the_others_go(begin: Callable[..., Trip], office: Office) -> None:
    class Holding(Explaining):
        """Holds one deed back until the evening."""

        def held_until(self, submission: Submission, at: datetime) -> datetime | None:
            evening = at.replace(hour=20)
            return evening if submission.id == "notary-2" and at < evening else None

    trip = begin(Holding())
    trip.prepare(ROWS)
    sent = trip.courier.send(trip.order.pouch, office)
    assert (sent.received, sent.wake) == (2, trip.clock.at.replace(hour=20))
    assert "held back" in sent.why
    assert trip.send().received == 1
    assert trip.clock.at.hour == 20


def test_the_hours_are_those_of_the_service(begin: Callable[..., Trip], office: Office) -> None:
    class Shut(Explaining):
        """Open only on bank days."""

        def counter(self, service: str) -> Counter:
            assert service == "deeds"
            return Counter.of(Rules(opening_hours="08:00-20:00", opening_days="bank"))

    trip = begin(Shut())
    trip.clock.at = datetime.fromisoformat("2026-11-21T15:00:00+00:00")  # a Saturday
    trip.prepare(ROWS)
    assert trip.courier.send(trip.order.pouch, office).wake == datetime.fromisoformat("2026-11-23T11:00:00+00:00")


def test_what_may_have_arrived_is_looked_for_while_the_counter_is_closed(
    begin: Callable[..., Trip], office: Office
) -> None:
    class Shut(Explaining):
        """Open until 20:00."""

        def counter(self, service: str) -> Counter:
            return Counter.of(Rules(opening_hours="08:00-20:00", opening_days="all"))

    trip = begin(Shut())
    trip.clock.at = datetime.fromisoformat("2026-11-23T22:50:00+00:00")  # 19:50 in Brasília
    trip.prepare(ROWS)
    office.faults = ["lost_reply"]
    office.hidden = 1
    first = trip.courier.send(trip.order.pouch, office)
    assert first.received == 2
    assert first.wake is not None
    trip.clock.at = datetime.fromisoformat("2026-11-23T23:30:00+00:00")  # 20:30
    assert trip.courier.send(trip.order.pouch, office).received == 1, "asking is bound by no hours"
    assert set(office.accepted.values()) == {1}
    late = begin(Shut(), pouch="another run")
    late.prepare([dict(ROWS[0], reference="D999")])
    closed = late.courier.send(late.order.pouch, office)
    assert (closed.received, closed.wake) == (0, datetime.fromisoformat("2026-11-24T11:00:00+00:00"))
    assert "closed" in closed.why

"""The decision table at work, with an institution that can be asked: found, absent, lagging, refused, crashed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.checkpoint import CHECKPOINTS
from malote.errors import InDoubt, Invalid, Unreachable
from malote.submission import Standing
from support.notary import Notary, Office, deeds, make_table
from support.trip import Dead, Trip, landed, standings

ROWS = deeds(7)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Callable[..., Trip]:
    """Makes a trip over this test's warehouse; calling it again is a restart."""
    make_table(warehouse)
    made: list[Trip] = []

    def begin(**options: Any) -> Trip:
        clock = made[-1].clock if made else None
        made.append(
            Trip(Notary(), office, warehouse, str(tmp_path / "archive"), service="deeds", clock=clock, **options)
        )
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def everything_landed_once(trip: Trip, office: Office, n: int = 7) -> None:
    assert set(office.accepted.values()) <= {1}, office.accepted
    assert [row[0] for row in landed(trip.dsn, "notary.verdict")] == [f"D{i:03}" for i in range(n)]
    assert set(standings(trip.dsn)) == {"landed"}


def test_an_undisturbed_trip_lands_every_item_once(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    done = trip.run(ROWS)
    assert (done.submissions, done.rows, done.changed, done.problems) == (3, 7, 7, ())
    everything_landed_once(trip, office)
    assert tuple(dict.fromkeys(trip.passed)) == CHECKPOINTS


def test_running_again_sends_nothing_and_changes_nothing(begin: Callable[..., Trip], office: Office) -> None:
    begin().run(ROWS)
    again = begin(pouch="another run")
    assert again.prepare(ROWS).held == 7
    assert again.run(ROWS).changed == 0
    everything_landed_once(again, office)


@pytest.mark.parametrize("name", [name for name in CHECKPOINTS if name not in ("answer kept", "answer saved")])
def test_a_crash_at_any_checkpoint_sends_nothing_twice_and_loses_nothing(
    name: str, begin: Callable[..., Trip], office: Office
) -> None:
    with pytest.raises(Dead):
        begin(die_at=name).run(ROWS)
    begin().run(ROWS)
    everything_landed_once(begin(), office)


@pytest.mark.parametrize("fault", ["lost_reply", "timeout", "html"])
def test_a_reply_lost_after_acceptance_is_found_not_resent(
    fault: str, begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    office.faults = [fault]
    trip.send()
    assert office.requests.count("file") == 3
    trip.wait()
    trip.land()
    everything_landed_once(trip, office)


def test_a_request_lost_before_acceptance_is_resent_only_after_absence_is_proven(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults = ["lost_before"]
    before = trip.clock.now()
    trip.send()
    rules = trip.institution.rules
    assert trip.clock.now() - before >= rules.send_timeout + rules.settle + rules.absent_apart
    assert office.requests == ["preflight", "file", "find", "find", "find", "file"], "a question tries the way as well"


def test_a_read_model_that_lags_does_not_prove_absence(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults, office.hidden = ["lost_reply"], 2
    trip.send()
    assert office.requests.count("file") == 1
    trip.wait()
    trip.land()
    everything_landed_once(trip, office, 3)


def test_a_send_that_may_still_be_under_way_in_another_process_is_left_alone(
    begin: Callable[..., Trip], office: Office
) -> None:
    with pytest.raises(Dead):
        begin(die_at="attempt open").run(ROWS[:3])
    trip = begin()
    sent = trip.courier.send(trip.order.pouch, trip.driver)
    assert sent.wake is not None and sent.wake > trip.clock.now()
    assert "find" not in office.requests and "file" not in office.requests


def test_nothing_left_this_machine_is_said_and_everything_stays_prepared(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    office.faults = ["reset_before"]
    with pytest.raises(Unreachable, match="notary-"):
        trip.send()
    assert standings(trip.dsn) == {"prepared": 3}
    trip.run(ROWS)
    everything_landed_once(trip, office)


def test_a_refusal_at_the_door_frees_its_items_only_when_asked_for(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults = ["refuse"]
    assert trip.send().refused == 1
    assert begin(pouch="second").prepare(ROWS[:3]).held == 3
    assert begin(pouch="third").prepare(ROWS[:3], refused_too=True).items == 3


def test_already_there_after_a_resend_is_proof_of_arrival_and_frees_nothing(
    begin: Callable[..., Trip], office: Office
) -> None:
    """The read model hid it for so long that absence was 'proven'; the duplicate refusal shows that it had arrived."""
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults, office.hidden = ["lost_reply"], 3
    trip.send()
    assert office.requests.count("file") == 2
    assert standings(trip.dsn) == {"received": 1}
    assert begin(pouch="second").prepare(ROWS[:3], refused_too=True).held == 3


def test_too_many_requests_is_waited_for_and_nothing_is_in_doubt(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.send, plain = _first(office, 429), office.send
    sent = trip.courier.send(trip.order.pouch, office)
    assert sent.wake is not None and (sent.wake - trip.clock.now()) == timedelta(seconds=90)
    assert standings(trip.dsn) == {"prepared": 1}
    office.send = plain
    trip.run(ROWS[:3])
    everything_landed_once(trip, office, 3)


def _first(office: Office, status: int) -> Any:
    from malote.institution import Reply

    real = office.send

    def send(call: Any, sink: Any = None) -> Any:
        return call.read(Reply(status, {}, b"{}")) if call.name == "file" else real(call, sink)

    return send


def test_several_doubts_in_a_row_stop_the_pouch(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.institution.find = Institution_find  # an institution that cannot be asked
    trip.prepare(deeds(15))
    office.faults = ["html"] * 5
    with pytest.raises(InDoubt, match="3 submissions in a row"):
        trip.send()
    assert standings(trip.dsn) == {"in_doubt": 3, "prepared": 2}


def test_doubts_with_something_that_arrived_between_them_do_not_stop_the_pouch(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.institution.find = Institution_find
    trip.prepare(deeds(18))
    office.faults = ["html", "html", "", "html", "html", ""]
    sent = trip.send()
    assert (sent.in_doubt, sent.received) == (4, 2)


def test_a_reply_that_could_not_be_read_is_kept_as_evidence(
    begin: Callable[..., Trip], office: Office, tmp_path: Path
) -> None:
    trip = begin()
    trip.prepare(deeds(3))
    office.faults = ["html"]
    trip.send()
    (sent,) = trip.journal.submissions(trip.scope)
    (kept,) = [event["detail"]["reply"] for event in trip.journal.story(sent.id) if event["detail"].get("reply")]
    assert (tmp_path / "archive" / kept).read_bytes() == b"<html>Bad gateway</html>"


def Institution_find(submission: Any, archive: Any) -> Any:
    from malote.institution import Institution

    return Institution.find(Notary(), submission, archive)


def test_a_person_resolves_a_doubt_with_the_receipt(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.institution.find = Institution_find
    trip.prepare(ROWS[:3])
    office.faults = ["lost_reply"]
    assert trip.send().in_doubt == 1
    (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
    now = trip.clock.now()
    from malote.submission import Receipt

    trip.journal.received(
        doubt.id,
        Receipt("N1"),
        ask_at=now,
        deadline=now + timedelta(hours=1),
        how="resolved by a person",
        by=("in_doubt",),
    )
    trip.wait()
    trip.land()
    everything_landed_once(trip, office, 3)


def test_an_answer_that_is_about_nothing_we_sent_does_not_land(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS)
    trip.send()
    office.answers["N2"] = b'[["X1", "yes"], ["X2", "no"]]'
    trip.wait()
    done = trip.land()
    assert done.submissions == 2 and len(done.problems) == 1 and "somebody else" in str(done.problems[0])
    assert standings(trip.dsn) == {"landed": 2, "in_doubt": 1}
    assert {row[1] for row in landed(trip.dsn, "notary.verdict")} == {"D000", "D001", "D002", "D006"}


def test_an_unreadable_answer_is_asked_for_again_and_holds_back_nobody(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    trip.send()
    office.answers["N2"] = b"<html>"
    trip.wait()
    done = trip.land()
    assert done.submissions == 2 and len(done.problems) == 1
    del office.answers["N2"]
    trip.clock.pass_(hours=1)
    trip.wait()
    assert trip.land().submissions == 1
    everything_landed_once(trip, office)


def test_items_unanswered_answered_twice_and_never_sent_are_counted_and_locked(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    office.answers["N1"] = b'[["D000", "yes"], ["D000", "no"], ["X9", "yes"], ["D001", "no"]]'
    trip.wait()
    trip.land()
    with psycopg.connect(trip.dsn) as connection:
        load = connection.execute(
            """select row_count, items_accepted, items_refused, items_unanswered, items_answered_twice, rows_unmatched
               from malote.load"""
        ).fetchone()
    assert load == (4, 1, 1, 1, 1, 1)
    assert begin(pouch="second").prepare(ROWS[:3], refused_too=True).items == 1  # only the refused one is free


def test_an_overdue_submission_is_asked_on_and_its_late_answer_is_taken(
    begin: Callable[..., Trip], office: Office
) -> None:
    office.pending = 150
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    trip.wait()
    assert standings(trip.dsn) == {"overdue": 1}
    office.pending = 0
    trip.clock.pass_(hours=2)
    trip.wait()
    trip.land()
    everything_landed_once(trip, office, 3)


def test_rows_that_break_the_treaty_stop_the_whole_selection_in_one_message(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    rows = [*ROWS, {"reference": "E1", "text": ""}, {"reference": "E2", "text": ""}]
    with pytest.raises(Invalid) as wrong:
        trip.prepare(rows)
    assert "item E1: text: is empty" in str(wrong.value) and "item E2" in str(wrong.value)
    assert standings(trip.dsn) == {} and not office.requests


def test_an_empty_selection_sends_nothing(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    assert trip.run([]).submissions == 0
    assert office.requests == []


def test_a_query_that_fails_says_nothing_about_the_request(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS)
    office.faults = ["lost_reply", "malformed"]
    sent = trip.courier.send(trip.order.pouch, office)
    assert standings(trip.dsn) == {"sending": 1, "received": 2}, "the others went on"
    assert sent.wake == trip.clock.now() + trip.institution.rules.absent_apart
    trip.run(ROWS)
    everything_landed_once(trip, office)


def test_what_could_not_be_asked_for_so_long_is_a_doubt(begin: Callable[..., Trip], office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS[:3])
    office.faults = ["lost_reply"] + ["503"] * 200
    sent = trip.send()
    assert sent.in_doubt == 1
    (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
    assert trip.clock.at - doubt.sent_at > trip.institution.rules.patience
    parked = trip.journal.story(doubt.id)[-1]["detail"]
    assert "nobody could be asked" in parked["evidence"]
    assert parked["search"] == trip.institution.search(doubt), "what to do about a question is no search of a person's"
    assert office.requests.count("file") == 1


def test_two_runs_that_select_the_same_rows_at_once_send_each_item_once(
    begin: Callable[..., Trip], office: Office
) -> None:
    """Both have seen the items free; the index lets one in, the other selects again and finds nothing left."""
    first, second = begin(pouch="first"), begin(pouch="second")
    met: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "document ready" and not met:
            met.append(name)
            first.prepare(ROWS)

    second.meanwhile = meanwhile
    prepared = second.prepare(ROWS)
    assert met and prepared.submissions == 0 and prepared.held == 7
    first.run(ROWS)
    second.run(ROWS)
    everything_landed_once(first, office)


def test_two_processes_that_send_the_same_pouch_at_once_send_each_document_once(
    begin: Callable[..., Trip], office: Office
) -> None:
    first, second = begin(), begin()
    first.prepare(ROWS)
    met: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "attempt open" and not met:
            met.append(name)
            second.courier.send(second.order.pouch, second.driver)

    first.meanwhile = meanwhile
    first.send()
    assert met and office.requests.count("file") == 3
    first.wait()
    first.land()
    everything_landed_once(first, office)


def test_two_runs_that_wait_for_the_same_service_ask_each_submission_once(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip, other = begin(), begin()
    trip.prepare(ROWS)
    trip.send()
    trip.clock.pass_(minutes=2)
    leased = trip.journal.due(trip.scope, limit=10, lease=timedelta(minutes=1))
    assert len(leased) == 3
    assert other.journal.due(other.scope, limit=10, lease=timedelta(minutes=1)) == []

"""Questions: the first that settles nothing says why; those about results keep the hours of who answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from malote.hours import ZONE, Counter
from support.notary import Notary, Office, deeds, make_table
from support.trip import Trip

ROWS = deeds(3)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse."""
    make_table(warehouse)
    made: list[Trip] = []

    def begin(institution: Any = None) -> Trip:
        made.append(Trip(institution or Notary(), office, warehouse, str(tmp_path), service="deeds"))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def test_the_first_question_that_settles_nothing_says_why_and_what_would_help(
    begin: Callable[..., Trip], office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    office.faults = ["lost_reply", "503"]
    sent = trip.courier.send(trip.order.pouch, trip.driver)
    failed = [event["detail"]["why"] for event in trip.journal.story("notary-1") if event["what"] == "could not ask"]
    assert sent.why == f"notary-1: {failed[0]}" and failed[0] in caplog.text


class Resting(Notary):
    """A notary who answers no question before noon, or after two."""

    def answering(self) -> Counter:
        return Counter(time(12), time(14))


@pytest.mark.parametrize("received", ["09:00", "12:30", "13:59", "14:00", "23:59"])
def test_questions_about_results_keep_the_hours_of_who_answers(
    begin: Callable[..., Trip], office: Office, received: str
) -> None:
    trip = begin(Resting())
    hour, minute = map(int, received.split(":"))
    trip.clock.at = datetime(2026, 11, 23, hour, minute, tzinfo=ZONE)
    trip.prepare(ROWS)
    trip.send()
    asked: list[datetime] = []
    trip.meanwhile = lambda name: asked.append(trip.clock.at) if name == "progress heard" else None
    trip.wait()
    assert asked and all(trip.institution.answering().is_open(at) for at in asked)
    assert trip.land().rows == 3
    (submission,) = trip.journal.submissions(trip.scope)
    assert submission.deadline is not None and trip.institution.answering().is_open(submission.deadline)


def test_what_they_once_said_to_have_goes_no_third_time_however_long_they_do_not_find_it(
    begin: Callable[..., Trip], office: Office
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    office.faults, office.hidden = ["lost_reply"], 10_000
    sent = trip.send()
    assert office.requests.count("file") == 2, "the second was answered: they have it"
    assert (sent.in_doubt, set(office.accepted.values())) == (1, {2})

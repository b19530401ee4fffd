"""What an institution says of times and of too many requests: everybody slows down, nothing is planned past its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from malote.errors import MaloteError
from malote.institution import Call, Reply
from malote.submission import Pending, Receipt, Standing
from support.notary import Notary, Office, deeds, make_table
from support.stages import STAGES
from support.trip import Trip, standings

ROWS = deeds(3)


class Counted:
    """A pace that notes who was told to slow down."""

    def __init__(self, pace: Any) -> None:
        self._pace = pace
        self.penalties: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pace, name)

    def penalty(self, seconds: float) -> None:
        self.penalties.append(seconds)


class Busy:
    """The driver; the named exchange is answered "too many"."""

    def __init__(self, driver: Any, name: str) -> None:
        self._driver, self.name, self.times = driver, name, 1

    def send(self, call: Call[Any], *sink: Any) -> Any:
        if self.times and self.name in ("any", call.name):
            self.times -= 1
            return call.read(Reply(429, {"retry-after": str(FAR_AWAY)}, b"<html>slow down</html>"))
        return self._driver.send(call, *sink)


@pytest.fixture
def begin(tmp_path: Path, warehouse: str) -> Iterator[Callable[..., Trip]]:
    make_table(warehouse)
    made: list[Trip] = []

    def begin(institution: Any, driver: Any, service: str, pouch: str = "one") -> Trip:
        clock = made[-1].clock if made else None
        trip = Trip(
            institution, driver, warehouse, str(tmp_path / "archive"), service=service, clock=clock, pouch=pouch
        )
        counted = Counted(trip.pace)
        object.__setattr__(trip.kit, "pace", counted)
        trip.pace = counted
        made.append(trip)
        return trip

    yield begin
    for trip in made:
        trip.close()


FAR_AWAY = 1795700000
TOLD = {
    "an epoch second": ("", FAR_AWAY),
    "a date by an absurd clock": ("absurd_date", "Mon, 23 Nov 2026 12:01:00 GMT"),
    "an absurd date": ("absurd_date", "Fri, 99 Nov 99999 99:99:99 GMT"),
    "the last date": ("", "Fri, 31 Dec 9999 23:59:59 GMT"),
    "a date by the last clock": ("far_date", "Mon, 23 Nov 2026 12:01:00 GMT"),
}
"""The head that the reply comes under, and its Retry-After."""
DOORS = {"ccee": "importarArquivo", "cielo": "upload", "bndes": "financiamento", "reinf": "recepcao"}


@pytest.mark.parametrize(("head", "retry_after"), TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("name", DOORS)
def test_too_many_to_a_submit_slows_everybody_down_and_is_a_doubt_that_is_looked_for(
    name: str, begin: Callable[..., Trip], tmp_path: Path, head: str, retry_after: Any
) -> None:
    stage: Any = STAGES[name](tmp_path)
    try:
        trip = begin(stage.institution(), stage.driver(), stage.service)
        trip.prepare(stage.rows(0, 1))
        stage.sim.simulators[name].set(head=head)
        stage.sim.simulators[name].play("throttle", on=DOORS[name], retry_after=retry_after)
        trip.courier.send(trip.order.pouch, trip.driver)
        assert trip.pace.penalties and max(trip.pace.penalties) <= 3600
        assert set(standings(trip.dsn)) <= {"sending", "in_doubt", "prepared", "received"}
        assert not stage.accepted() or set(stage.accepted().values()) == {1}
    finally:
        stage.close()


@pytest.mark.parametrize("name", ["preflight", "file", "find", "check", "fetch"])
def test_too_many_to_any_exchange_slows_everybody_down(name: str, begin: Callable[..., Trip]) -> None:
    office = Office()
    trip = begin(Notary(), Busy(office, name), "deeds")
    trip.prepare(ROWS)
    if name == "find":
        office.faults = ["lost_reply"]

    def step(do: Callable[[], Any]) -> None:
        try:
            do()
        except MaloteError:
            do()

    step(trip.send)
    trip.wait()
    step(trip.land)
    trip.clock.pass_(hours=2)
    trip.land()
    assert trip.pace.penalties, f"{name} was answered 429, and nobody slowed down"
    assert standings(trip.dsn) == {"landed": 1} and set(office.accepted.values()) == {1}


FAR = datetime(2083, 5, 1, tzinfo=timezone.utc)
RECEIPTS = [
    {"received_at": FAR},
    {"received_at": datetime(2001, 1, 1, tzinfo=timezone.utc)},
    {"promised_at": FAR},
    {"not_before": FAR},
    {"received_at": FAR, "promised_at": FAR, "not_before": FAR},
]


@pytest.mark.parametrize("said", RECEIPTS, ids=[" ".join(each) for each in RECEIPTS])
def test_a_receipt_of_another_century_is_asked_for_in_this_one(
    said: dict[str, datetime], begin: Callable[..., Trip]
) -> None:
    office = Office()

    class Odd(Notary):
        def submit(self, submission: Any, archive: Any) -> Call[Receipt]:
            call, (kind,) = super().submit(submission, archive), (Receipt,)
            read = lambda reply: kind(call.read(reply).number, **said)  # noqa: E731
            return Call(call.name, call.request, read, submits=True)

    trip = begin(Odd(), office, "deeds")
    trip.prepare(ROWS)
    trip.send()
    (mine,) = trip.journal.submissions(trip.scope)
    latest = trip.clock.now() + timedelta(days=2)
    assert mine.next_at and mine.next_at <= latest and mine.deadline and mine.deadline <= latest
    trip.wait()
    trip.land()
    assert standings(trip.dsn) == {"landed": 1}


@pytest.mark.parametrize("ask_at", [FAR, datetime(2001, 1, 1, tzinfo=timezone.utc)])
def test_a_hint_when_to_ask_again_is_never_followed_past_the_deadline(
    ask_at: datetime, begin: Callable[..., Trip]
) -> None:
    office = Office()
    hints = [ask_at] * 3

    class Odd(Notary):
        def check(self, submission: Any) -> Call[Any]:
            call = super().check(submission)

            def read(reply: Reply) -> Any:
                value = call.read(reply)
                return Pending("later", ask_at=hints.pop()) if hints else value

            return Call(call.name, call.request, read)

    trip = begin(Odd(), office, "deeds")
    trip.prepare(ROWS)
    trip.send()
    began = trip.clock.now()
    trip.wait()
    trip.land()
    assert standings(trip.dsn) == {Standing.LANDED.value: 1}
    assert trip.clock.now() - began <= trip.institution.rules.patience + timedelta(hours=3)

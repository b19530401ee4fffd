"""Several submissions of a pouch handed over at once: each still once, and what stops one stops those not begun."""

from __future__ import annotations

import dataclasses
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from malote.errors import InDoubt, MaloteError, Unreachable
from malote.institution import Call
from malote.institutions.bndes.rules import BndesRules
from malote.institutions.ccee.rules import CceeRules
from malote.institutions.cielo.rules import CieloRules
from malote.submission import CannotTell
from malote.trip import Kit
from malote.trip.courier import MOST_IN_FLIGHT, _Queue
from support.notary import Notary, Office, deeds, make_table
from support.stages import BndesStage
from support.trip import Trip, standings

DEEDS = 40


class Several(Notary):
    """A notary that takes several deeds at once, one a document."""

    def __init__(self, in_flight: int = 4) -> None:
        super().__init__(per_document=1)
        self._rules = replace(self._rules, in_flight=in_flight)


class Gathered:
    """The office's driver. The submits after the first wait until so many are under way; ``most`` is how many were."""

    def __init__(self, office: Office, first: int) -> None:
        self.office, self.first = office, threading.Barrier(first)
        self.most = self.now = self.submits = 0
        self._lock = threading.Lock()

    def send(self, call: Call[Any], sink: Any = None) -> Any:
        if not call.submits:
            with self._lock:
                return self.office.send(call, sink)
        with self._lock:
            self.submits += 1
            self.now += 1
            self.most = max(self.most, self.now)
            early = 1 < self.submits <= 1 + self.first.parties
        if early:
            self.first.wait(60)
        with self._lock:
            self.now -= 1
            return self.office.send(call, sink)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Any:
    make_table(warehouse)
    made: list[Trip] = []

    def begin(notary: Notary, *, first: int = 1) -> Trip:
        made.append(
            Trip(notary, Gathered(office, first), warehouse, str(tmp_path / "archive"), service="deeds",
                 clock=made[-1].clock if made else None)
        )  # fmt: skip
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


@pytest.mark.parametrize(
    ("in_flight", "documents", "at_once"),
    [(4, 8, 4), (4, 4, 3), (4, 1, 1), (1, 5, 1), (0, 2, 1), (99, MOST_IN_FLIGHT + 1, 32)],
)
def test_so_many_are_under_way_at_once_as_the_rule_says_and_no_more(
    begin: Any, office: Office, in_flight: int, documents: int, at_once: int
) -> None:
    trip = begin(Several(in_flight), first=at_once)
    trip.prepare(deeds(documents))
    assert trip.send().received == documents
    assert trip.driver.most == at_once
    assert len(office.accepted) == documents and set(office.accepted.values()) == {1}


def test_an_institution_with_an_order_is_handed_one_after_the_other() -> None:
    assert (CceeRules().in_flight, CieloRules().in_flight, BndesRules().in_flight) == (1, 1, 4)


@pytest.mark.parametrize(
    ("fault", "ends"),
    [("throttle", None), ("503", MaloteError), ("reset_before", Unreachable)],
    ids=["too many", "out of order", "no way there"],
)
def test_what_stops_one_lets_those_under_way_end_and_begins_no_more(
    begin: Any, office: Office, fault: str, ends: type[Exception] | None
) -> None:
    trip = begin(Several(), first=4)
    trip.prepare(deeds(DEEDS))
    office.faults = ["", fault]
    if ends is None:
        sent = trip.courier.send(trip.order.pouch, trip.driver)
        assert sent.wake is not None and sent.received < DEEDS
    else:
        with pytest.raises(ends):
            trip.courier.send(trip.order.pouch, trip.driver)
    stand = standings(trip.dsn)
    assert set(stand) == {"received", "prepared"}, "what was stopped is as it was, and nothing is unknown"
    assert stand["received"] == len(office.accepted) >= 3
    trip.send()
    assert len(office.accepted) == DEEDS and set(office.accepted.values()) == {1}


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("fault", ["throttle", "503", "reset_before"])
def test_nobody_who_was_refused_asks_with_another_document(begin: Any, office: Office, fault: str, lanes: int) -> None:
    trip = begin(Several(lanes), first=lanes)
    trip.prepare(deeds(DEEDS))
    office.faults = ["", *[fault] * DEEDS]
    with suppress(MaloteError):
        assert trip.courier.send(trip.order.pouch, trip.driver).wake
    assert trip.driver.submits == 1 + lanes
    assert standings(trip.dsn) == {"received": 1, "prepared": DEEDS - 1}
    office.faults.clear()
    trip.send()
    assert len(office.accepted) == DEEDS and set(office.accepted.values()) == {1}


class Deaf(Several):
    """Nothing can be found there."""

    def find(self, submission: Any, archive: Any) -> Any:
        yield from ()
        return CannotTell("nobody is asked", "look for it")


def test_a_denial_of_the_first_is_the_only_one(begin: Any, office: Office) -> None:
    trip = begin(Several())
    trip.prepare(deeds(DEEDS))
    office.faults = ["503"] * DEEDS
    with pytest.raises(MaloteError):
        trip.courier.send(trip.order.pouch, trip.driver)
    assert trip.driver.submits == 1 and standings(trip.dsn) == {"prepared": DEEDS}


def test_a_slot_that_comes_after_the_counter_has_closed_is_not_used(begin: Any, office: Office) -> None:
    notary = Several()
    notary._rules = replace(notary._rules, opening_hours="08:00-20:00", opening_days="all")
    trip = begin(notary)  # at 09:00 in Brasília
    trip.prepare(deeds(3))
    waited = iter([timedelta(), timedelta(hours=11)])  # for the way there, and for the first document

    def wait_for_slot(kit: Kit) -> None:
        trip.clock.at += next(waited, timedelta())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Kit, "wait_for_slot", wait_for_slot)
        sent = trip.courier.send(trip.order.pouch, trip.driver)
    assert sent.received == 0 and "counter" in sent.why and not trip.driver.submits
    assert standings(trip.dsn) == {"prepared": 3}


def test_three_doubts_in_a_row_stop_the_rest_whoever_had_them(begin: Any, office: Office) -> None:
    trip = begin(Deaf(), first=4)
    trip.prepare(deeds(DEEDS))
    office.faults = ["lost_reply"] * DEEDS
    with pytest.raises(InDoubt, match="in a row"):
        trip.courier.send(trip.order.pouch, trip.driver)
    stand = standings(trip.dsn)
    assert set(stand) == {"in_doubt", "prepared"}
    assert 3 <= stand["in_doubt"] <= 6, "those under way when the third ended, and no more"


def test_a_task_that_is_to_end_begins_nothing_more(begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception): ...

    def end(*_: object) -> None:
        raise Ended

    def stop(queue: Any) -> None:
        plain(queue)
        stopped.set()

    def sending(call: Call[Any], sink: Any = None) -> Any:
        value = send(call, sink)
        if call.submits and trip.driver.submits == 5:  # one alone, then four at once
            if first.acquire(blocking=False):
                signal.pthread_kill(main, signal.SIGUSR1)
            stopped.wait(5)
        return value

    trip = begin(Several(), first=4)
    trip.prepare(deeds(DEEDS))
    plain, send, main = _Queue.stop, trip.driver.send, threading.get_ident()
    stopped, first = threading.Event(), threading.Lock()
    monkeypatch.setattr(_Queue, "stop", stop)
    monkeypatch.setattr(trip.driver, "send", sending)
    before = signal.signal(signal.SIGUSR1, end)
    try:
        with pytest.raises(Ended):
            trip.courier.send(trip.order.pouch, trip.driver)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert trip.driver.submits == 5
    assert standings(trip.dsn) == {"received": 5, "prepared": DEEDS - 5}


def test_two_runs_of_one_pouch_at_once_hand_each_over_once(begin: Any, office: Office) -> None:
    one, other = begin(Several()), begin(Several())
    one.prepare(deeds(DEEDS))
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(trip.courier.send, trip.order.pouch, trip.driver) for trip in (one, other)]:
            each.result()
    one.send()
    assert len(office.accepted) == DEEDS and set(office.accepted.values()) == {1}
    assert standings(one.dsn) == {"received": DEEDS}


@pytest.mark.parametrize("name", ["attempt open", "reply read", "receipt saved"])
def test_killed_with_eight_under_way_each_is_found_and_none_sent_twice(
    name: str, warehouse: str, tmp_path: Path, killed: Callable[[dict[str, Any]], int]
) -> None:
    stage = BndesStage(tmp_path)
    try:
        rules = {**stage.access().extra["rules"], "in_flight": 8}
        given = {"dsn": warehouse, "archive": str(tmp_path / "archive"), "die_at": name, "together": 8,
                 "access": dataclasses.asdict(stage.access(rules=rules))}  # fmt: skip
        assert killed(given) == -signal.SIGKILL
        assert standings(warehouse) == {"received": 9} if name == "receipt saved" else {"received": 1, "sending": 8}
        assert len(stage.accepted()) == (1 if name == "attempt open" else 9)
        last = Trip(stage.institution(), stage.driver(), warehouse, str(tmp_path / "archive"), service=stage.service)
        last.run(stage.rows(0, 9))
        last.close()
        assert standings(warehouse) == {"landed": 9}
        assert len(stage.accepted()) == 9 and set(stage.accepted().values()) == {1}
    finally:
        stage.close()

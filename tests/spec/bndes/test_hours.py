"""BNDES's counter over ten years of bank days and the years of daylight saving; liberações held past the cut-off."""

from __future__ import annotations

import io
import random
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from malote.clock import HeldClock
from malote.hours import add_bank_days, bank_day
from malote.institution import Call
from malote.institutions.bndes.answers import RESULTADO
from malote.institutions.bndes.rules import SERVICES, TRAVELLING, BndesRules
from support.bndes import bndes, reply, submission
from support.trip import Trip, standings

BRASILIA = ZoneInfo("America/Sao_Paulo")
BOUND = bndes().counter("financiamento")
INSTANTS = st.datetimes(datetime(2017, 1, 1), datetime(2030, 12, 31), timezones=st.just(timezone.utc))
HELD = {"reference": "L-1", "numeroBNDES": "7", "hold_after_cut_off": True}


@given(INSTANTS)
def test_2_5_nothing_is_sent_outside_eight_to_twenty_on_bank_days_in_brasilia(at: datetime) -> None:
    local = at.astimezone(BRASILIA)
    wanted = bank_day(local.date()) and time(8) <= local.time() < time(19, 58)
    assert BOUND.is_open(at) == wanted
    opens = BOUND.opens_at(at)
    assert opens >= at and BOUND.is_open(opens)
    if opens > at:
        assert opens.astimezone(BRASILIA).time() == time(8)


@pytest.mark.parametrize("service", TRAVELLING)
def test_2_5_whatever_travels_is_bound_by_the_hours(service: str) -> None:
    evening = datetime(2026, 11, 23, 20, tzinfo=BRASILIA)
    assert not bndes().counter(service).is_open(evening)
    assert bndes().counter(service).is_open(evening - timedelta(hours=1))


def test_2_5_searches_are_not_bound_and_the_bound_services_are_settable() -> None:
    night = datetime(2026, 11, 22, 3, tzinfo=BRASILIA)
    for service in set(SERVICES) - set(TRAVELLING):
        assert bndes().counter(service).is_open(night)
    three = bndes(rules={"bound_services": ["financiamento", "contratacao", "liberacao"]})
    assert three.counter("cancelamento").is_open(night) and not three.counter("liberacao").is_open(night)
    added = bndes(rules={"services": {"novo": {"path": "api/v1/novo"}}})
    assert not added.counter("novo").is_open(night)


def test_2_5_hours_days_and_closed_days_are_settable() -> None:
    rules = {"opening_hours": "09:00-18:00", "opening_days": "weekdays", "closed_days": ["2026-11-24"]}
    counter = bndes(rules=rules).counter("liberacao")
    assert counter.is_open(datetime(2026, 11, 20, 10, tzinfo=BRASILIA))  # a bank holiday
    assert not counter.is_open(datetime(2026, 11, 24, 10, tzinfo=BRASILIA))
    assert not counter.is_open(datetime(2026, 11, 23, 8, 30, tzinfo=BRASILIA))
    assert BndesRules().opening_hours == "08:00-20:00" and BndesRules().opening_days == "bank"


@given(INSTANTS)
def test_a_liberacao_that_would_miss_the_cut_off_is_held_until_the_next_opening(at: datetime) -> None:
    there = bndes()
    held = there.held_until(submission("liberacao", None, facts=HELD), at)
    local = at.astimezone(BRASILIA)
    if not bank_day(local.date()) or local.time() <= time(16, 30):
        assert held is None
        return
    assert held is not None
    opening = held.astimezone(BRASILIA)
    assert opening.time() == time(8) and opening.date() == add_bank_days(local.date(), 1)
    assert there.held_until(submission("liberacao", None, facts=HELD), held) is None


def test_nothing_is_held_that_did_not_ask_for_it() -> None:
    late = datetime(2026, 11, 23, 17, tzinfo=BRASILIA)
    there = bndes()
    assert there.held_until(submission("liberacao", None, facts=HELD), late) is not None
    assert there.held_until(submission("liberacao", None, facts={"reference": "L-1"}), late) is None
    assert there.held_until(submission("financiamento", None, facts=HELD), late) is None
    exact = late.replace(hour=16, minute=30)
    assert there.held_until(submission("liberacao", None, facts=HELD), exact) is None
    assert there.held_until(submission("liberacao", None, facts=HELD), exact + timedelta(seconds=1)) is not None


def test_the_days_of_credit_are_those_of_the_bank_calendar() -> None:
    # ANBIMA 2026 and 2027 (fact sheet 3.4): the D+2 of the day before each holiday skips it.
    holidays = ["2026-02-16", "2026-02-17", "2026-04-03", "2026-04-21", "2026-05-01", "2026-06-04", "2026-09-07",
                "2026-10-12", "2026-11-02", "2026-11-20", "2026-12-25", "2027-01-01", "2027-02-08", "2027-02-09",
                "2027-03-26", "2027-05-27"]  # fmt: skip
    for text in holidays:
        day = date.fromisoformat(text)
        assert not bank_day(day)
        eve = day - timedelta(days=1)
        while not bank_day(eve):
            eve -= timedelta(days=1)
        assert add_bank_days(eve, 2) > day
    assert bank_day(date(2026, 2, 18)) and bank_day(date(2026, 12, 31)) and bank_day(date(2026, 12, 24))


# ---- what really decides to send: the courier, its journal, its clock

EASTERS = ("2017-04-16 2018-04-01 2019-04-21 2020-04-12 2021-04-04 2022-04-17 2023-04-09 2024-03-31 2025-04-20 "
           "2026-04-05 2027-03-28 2028-04-16 2029-04-01 2030-04-21 2031-04-13")  # fmt: skip
SUMMERS = (("2016-10-16", "2017-02-19"), ("2017-10-15", "2018-02-18"), ("2018-11-04", "2019-02-17"))
"""Daylight saving as it was decreed: from and to these Sundays, Brasília was two hours behind Greenwich."""
WALLS = ("00:00:00", "07:59:59", "08:00:00", "11:59:59", "16:30:00", "19:57:59", "19:58:00", "20:00:00", "23:59:59")


def settles(day: date) -> bool:
    """Whether banks settle on a day, by lists that are no code of ours."""
    moving = {date.fromisoformat(each) + timedelta(days=n) for each in EASTERS.split() for n in (-48, -47, -2, 60)}
    fixed = {"01-01", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"}
    fixed |= {"11-20"} if day.year >= 2024 else set()
    return day.weekday() < 5 and day not in moving and f"{day:%m-%d}" not in fixed


def behind(day: date) -> timedelta:
    """How far Brasília's clocks are behind Greenwich on a day."""
    summer = any(date.fromisoformat(begins) <= day < date.fromisoformat(ends) for begins, ends in SUMMERS)
    return timedelta(hours=2 if summer else 3)


def greenwich(day: date, wall: str) -> datetime:
    """The instant at which clocks in Brasília show that."""
    return datetime.combine(day, time.fromisoformat(wall), timezone.utc) + behind(day)


def shown(at: datetime) -> datetime:
    """What clocks in Brasília show at an instant. A summer ends at midnight, when it is 23:00 for the second time."""
    summers = ((f"{begins}T03:00+00:00", f"{ends}T02:00+00:00") for begins, ends in SUMMERS)
    summer = any(datetime.fromisoformat(begins) <= at < datetime.fromisoformat(ends) for begins, ends in summers)
    return at - timedelta(hours=2 if summer else 3)


def may_leave(at: datetime) -> bool:
    """By the lists: a bank day, from 08:00 until two minutes before 20:00."""
    wall = shown(at)
    return settles(wall.date()) and time(8) <= wall.time() < time(19, 58)


@pytest.mark.parametrize("years", [range(2017, 2020), range(2020, 2025), range(2025, 2031)], ids=str)
def test_2_5_no_document_ever_leaves_outside_the_hours_however_long_each_exchange_takes(
    warehouse: str, tmp_path: Path, years: range
) -> None:
    drawn = random.Random(years.start)
    days = [date(year, 1, 1) + timedelta(days=n) for year in years for n in range(365)]
    moments = iter(sorted(greenwich(day, wall) for day in drawn.sample(days, 240) for wall in drawn.sample(WALLS, 2)))
    left: list[datetime] = []

    class Slow:
        """A BNDES whose every reply to a submit comes at a worse moment than the last."""

        def send(self, call: Call[Any], sink: Any = None) -> Any:
            if not call.submits:
                return call.read(reply(200, "operando", "text/plain"))
            left.append(clock.now())
            clock.at = max(clock.now(), next(moments))
            return call.read(reply(202, f"<r><numeroProtocolo>{len(left)}</numeroProtocolo></r>"))

    clock = HeldClock(next(moments))
    there = bndes(rules={"requests": 0, "in_flight": 1})  # its clock is moved by one exchange at a time
    trip = Trip(there, Slow(), warehouse, str(tmp_path), service="cancelamento", clock=clock)
    rows = [{"reference": f"C-{n}", "numeroBNDES": "7"} for n in range(240)]
    trip.prepare(rows)
    while (sent := trip.courier.send(trip.order.pouch, trip.driver)).wake is not None:
        assert may_leave(sent.wake) and not may_leave(sent.wake - timedelta(seconds=1)), "it goes on at an opening"
        clock.at = sent.wake
    trip.close()
    assert len(left) == 240 and [at for at in left if not may_leave(at)] == []
    assert len({at.date() for at in left}) > 100 and standings(warehouse) == {"received": 240}


@pytest.mark.parametrize("bound", [True, False])
def test_2_5_results_are_asked_for_in_the_hours_alone_where_a_rule_says_so(
    warehouse: str, tmp_path: Path, bound: bool
) -> None:
    evening, there_at = greenwich(date(2026, 11, 19), "19:30:00"), greenwich(date(2026, 11, 23), "09:30:00")
    asked: list[datetime] = []

    class Waiting:
        """A BNDES that answers on Monday what came on Thursday evening; Friday is a holiday."""

        def send(self, call: Call[Any], sink: Any = None) -> Any:
            if call.submits:
                return call.read(reply(202, "<r><numeroProtocolo>1</numeroProtocolo></r>"))
            if call.name == "status":
                return call.read(reply(200, "operando", "text/plain"))
            asked.append(clock.now())
            if clock.now() < there_at:
                return call.read(reply(202))
            return call.read(reply(200, "<cancelamento_retorno><status>aprovada</status></cancelamento_retorno>"))

    clock = HeldClock(evening)
    there = bndes(rules={"bound_results": bound, "requests": 0, "patience": "P4DT2H", "poll_every": "PT1H"})
    trip = Trip(there, Waiting(), warehouse, str(tmp_path), service="cancelamento", clock=clock)
    trip.prepare([{"reference": "C-1", "numeroBNDES": "7"}])
    trip.send()
    with psycopg.connect(warehouse) as connection:
        ((deadline,),) = connection.execute("select deadline from malote.submission")
    assert deadline == greenwich(*((date(2026, 11, 24), "10:00:00") if bound else (date(2026, 11, 23), "21:30:00")))
    trip.wait()
    trip.land()
    trip.close()
    closed = [at for at in asked if not (settles(shown(at).date()) and time(8) <= shown(at).time() < time(20))]
    assert bool(closed) is not bound and asked[-1] >= there_at
    assert standings(warehouse) == {"landed": 1}


@given(INSTANTS)
@example(greenwich(date(2026, 11, 23), "16:30:00"))
@example(greenwich(date(2026, 11, 23), "16:30:00") + timedelta(microseconds=1))
@example(greenwich(date(2026, 11, 23), "20:00:01"))
@example(greenwich(date(2026, 2, 14), "12:00:00"))  # Saturday of Carnival
@example(greenwich(date(2026, 2, 16), "17:00:00"))  # its Monday
@example(greenwich(date(2018, 2, 16), "16:30:00"))  # the last Friday of a summer
@example(greenwich(date(2026, 12, 31), "16:30:01"))
@example(datetime(2017, 2, 19, 2, tzinfo=timezone.utc))  # the hour that a summer gives back
@example(datetime(2017, 10, 15, 2, 59, 59, tzinfo=timezone.utc))
def test_2_5_the_expected_credit_is_counted_in_bank_days_from_whenever_they_received_it(at: datetime) -> None:
    there = bndes()
    kept = submission("liberacao", received_at=at, facts={"reference": "L-1", "numeroBNDES": "77"})
    answer = b"<liberacao_retorno><status>aprovada</status></liberacao_retorno>"
    (row,) = there.read(kept, io.BytesIO(answer))
    wall = shown(at)
    day, left = wall.date(), 2 if wall.time() <= time(16, 30) else 3
    while left:
        day += timedelta(days=1)
        left -= settles(day)
    assert dict(zip(RESULTADO.columns, row, strict=False))["data_prevista_liberacao"] == day.isoformat()

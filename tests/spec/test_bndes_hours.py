"""BNDES's counter over ten years of bank days and the years of daylight saving; liberações held past the cut-off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bndes_room import bndes, submission
from malote.bndes.rules import SERVICES, TRAVELLING, BndesRules
from malote.counter import add_bank_days, bank_day

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

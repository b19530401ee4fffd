"""The counter: bank days as ANBIMA lists them, opening hours through every clock change, cut-offs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malote.errors import Misconfigured
from malote.hours import Counter, CutOff, add_bank_days, bank_day, bank_holidays, parse_hours
from malote.rules import Rules

BRASILIA = ZoneInfo("America/Sao_Paulo")
BANK = Counter(time(8), time(20), "bank")
MINUTE = timedelta(minutes=1)


def at(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRASILIA, fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


# ANBIMA's own lists, weekend days included.
ANBIMA = {
    2026: "01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-15 11-20 12-25",
    2027: "01-01 02-08 02-09 03-26 04-21 05-01 05-27 09-07 10-12 11-02 11-15 11-20 12-25",
}


@pytest.mark.parametrize("year", ANBIMA)
def test_bank_holidays_are_those_of_anbimas_list(year: int) -> None:
    assert sorted(bank_holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in ANBIMA[year].split()]


def test_20_november_is_a_bank_holiday_from_2024_on() -> None:
    assert [bank_day(date(year, 11, 20)) for year in (2017, 2019, 2020, 2023)] == [True] * 4
    assert [bank_day(date(year, 11, 20)) for year in (2024, 2025, 2026, 2028)] == [False] * 4


@pytest.mark.parametrize("day", ["2026-02-18", "2027-02-10", "2026-12-24", "2026-12-31", "2027-12-24", "2027-12-31"])
def test_ash_wednesday_and_the_eves_are_bank_days(day: str) -> None:
    assert bank_day(date.fromisoformat(day))


@pytest.mark.parametrize("easter", ["2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2038-04-25", "2049-04-18"])
def test_good_friday_follows_easter_in_early_and_late_years(easter: str) -> None:
    sunday = date.fromisoformat(easter)
    assert not bank_day(sunday - timedelta(days=2))
    assert {(sunday + timedelta(days=n)) in bank_holidays(sunday.year) for n in (-48, -47, 60)} == {True}


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-02-14", 2, "2026-02-19"),  # Saturday of Carnival
        ("2026-11-20", 2, "2026-11-24"),  # like the Saturday, as bizdays 1.0.19 counts
        ("2026-11-19", 1, "2026-11-23"),
        ("2026-11-20", 0, "2026-11-23"),
        ("2026-12-30", 2, "2027-01-04"),
        ("2026-11-18", 0, "2026-11-18"),
    ],
)
def test_bank_days_are_counted_after_the_start_which_need_not_be_one(start: str, n: int, end: str) -> None:
    assert add_bank_days(date.fromisoformat(start), n) == date.fromisoformat(end)


def test_bank_days_are_not_counted_backward() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_bank_days(date(2026, 11, 19), -1)


def test_a_counter_is_open_at_its_opening_and_closed_at_its_closing() -> None:
    assert not BANK.is_open(at("2026-11-19T07:59:59.999999"))
    assert BANK.is_open(at("2026-11-19T08:00"))
    assert BANK.is_open(at("2026-11-19T19:59:59.999999"))
    assert not BANK.is_open(at("2026-11-19T20:00"))


def test_after_closing_it_opens_on_the_next_bank_day() -> None:
    assert BANK.opens_at(at("2026-11-19T20:00")) == at("2026-11-23T08:00")
    assert BANK.opens_at(at("2026-11-19T20:00")).tzinfo is timezone.utc
    assert BANK.opens_at(at("2026-02-13T20:00")) == at("2026-02-18T08:00"), "Carnival"


def test_while_it_is_open_the_next_opening_is_now_whatever_the_zone_asked_in() -> None:
    now = datetime(2026, 11, 19, 23, 30, tzinfo=ZoneInfo("Asia/Tokyo")) + timedelta(hours=1)
    assert BANK.opens_at(now) == now
    assert BANK.closes_at(now) == at("2026-11-19T20:00")


def test_a_closed_counter_tells_when_its_next_opening_ends() -> None:
    assert BANK.closes_at(at("2026-11-19T20:00")) == at("2026-11-23T20:00")


def test_nothing_may_go_within_the_margin_before_closing() -> None:
    counter = replace(BANK, margin=2 * MINUTE)
    assert counter.is_open(at("2026-11-19T19:57:59"))
    assert not counter.is_open(at("2026-11-19T19:58"))
    assert counter.closes_at(at("2026-11-19T12:00")) == at("2026-11-19T19:58")
    assert counter.opens_at(at("2026-11-19T19:59")) == at("2026-11-23T08:00")


def test_a_counter_that_is_always_open_has_no_margin_at_midnight_and_never_closes() -> None:
    counter = Counter(margin=2 * MINUTE)
    assert all(counter.is_open(at(f"2026-11-{day}T23:59:59")) for day in range(10, 30))
    assert counter.closes_at(at("2026-11-19T12:00")) is None


CLOSED = [  # a counter, an instant, when it closed last before that
    (BANK, "2026-11-19T12:00", "2026-11-18T20:00"),
    (BANK, "2026-11-19T20:00", "2026-11-19T20:00"),
    (BANK, "2026-11-22T12:00", "2026-11-19T20:00"),
    (replace(BANK, margin=2 * MINUTE), "2026-11-19T19:59", "2026-11-19T19:58"),
    (Counter(days="bank"), "2026-11-18T12:00", "2026-11-14T00:00"),
    (Counter(closes=time(0, 1)), "2026-11-18T00:00", "2026-11-17T00:01"),
    (Counter(), "2026-11-19T12:00", None),
]


@pytest.mark.parametrize(("counter", "now", "closed"), CLOSED)
def test_a_counter_tells_when_it_closed_last(counter: Counter, now: str, closed: str | None) -> None:
    assert counter.closed_at(at(now)) == (at(closed) if closed else None)


def test_whole_days_run_through_midnight_until_the_last_of_them() -> None:
    counter = Counter(days="bank", margin=2 * MINUTE)
    assert counter.is_open(at("2026-11-18T23:59:30"))
    assert not counter.is_open(at("2026-11-19T23:59:30"))
    assert counter.closes_at(at("2026-11-16T00:00")) == at("2026-11-19T23:58")
    assert counter.opens_at(at("2026-11-20T00:00")) == at("2026-11-23T00:00")


def test_hours_until_24_00_end_at_midnight() -> None:
    counter = Counter(*parse_hours("22:00-24:00"), "all")
    assert counter.is_open(at("2026-11-19T23:59:59"))
    assert not counter.is_open(at("2026-11-20T00:00"))


def test_weekdays_know_no_holidays_and_further_closed_days_are_closed() -> None:
    counter = Counter(time(8), time(20), "weekdays", frozenset({date(2026, 11, 23)}))
    assert counter.is_open(at("2026-11-20T09:00"))
    assert counter.opens_at(at("2026-11-21T09:00")) == at("2026-11-24T08:00")


def test_opening_times_keep_to_the_wall_clock_through_daylight_saving() -> None:
    """Daylight saving began on 15 October 2017 and ended on 18 February 2018, both at midnight."""
    counter = Counter(time(8), time(20), "all")
    assert counter.opens_at(at("2017-10-13T21:00")) == utc("2017-10-14T11:00")
    assert counter.opens_at(at("2017-10-14T21:00")) == utc("2017-10-15T10:00")
    assert counter.opens_at(at("2018-02-17T21:00")) == utc("2018-02-18T11:00")
    assert counter.opens_at(at("2019-11-03T21:00")) == utc("2019-11-04T11:00"), "no daylight saving since 2019"


def test_a_day_without_midnight_opens_at_its_first_instant() -> None:
    whole, early = Counter(days="all"), Counter(time(0, 30), time(20), "all")
    assert whole.hours(date(2018, 11, 4)) == (utc("2018-11-04T03:00"), utc("2018-11-05T02:00"))
    assert whole.hours(date(2018, 11, 3)) == (utc("2018-11-03T03:00"), utc("2018-11-04T03:00"))
    assert early.opens_at(utc("2018-11-04T03:00")) >= utc("2018-11-04T03:00")
    assert Counter(time(0), time(0, 30), "all").hours(date(2018, 11, 4)) is None, "that half hour did not exist"


def test_in_an_hour_that_is_repeated_the_later_opening_and_the_earlier_closing_count() -> None:
    """On 17 February 2018 the hour from 23:00 came twice: from 01:00 and from 02:00 UTC of the 18th."""
    until = Counter(time(8), time(23, 30), "all")
    assert until.closes_at(at("2018-02-17T12:00")) == utc("2018-02-18T01:30")
    assert not until.is_open(at("2018-02-17T23:15", fold=1))
    since = Counter(time(23, 30), None, "all")
    assert since.opens_at(at("2018-02-17T12:00")) == utc("2018-02-18T02:30")
    assert Counter(days="all").hours(date(2018, 2, 17)) == (utc("2018-02-17T02:00"), utc("2018-02-18T03:00"))


counters = st.builds(
    Counter,
    st.sampled_from([None, time(0), time(0, 30), time(8), time(16, 30)]),
    st.sampled_from([None, time(20), time(23, 30)]),
    st.sampled_from(["bank", "weekdays", "all"]),
    st.just(frozenset({date(2018, 11, 5), date(2026, 11, 23)})),
    st.sampled_from([timedelta(), 2 * MINUTE, timedelta(hours=3)]),
)
ten_years = st.datetimes(datetime.fromisoformat("2017-01-01"), datetime.fromisoformat("2027-12-31"))
clock_changes = st.builds(
    lambda day, minutes: datetime.fromisoformat(day) + minutes * MINUTE,
    st.sampled_from(["2017-10-15", "2018-02-18", "2018-11-04", "2019-02-17"]),
    st.integers(-2000, 2000),
)
instants = (ten_years | clock_changes).map(lambda naive: naive.replace(tzinfo=timezone.utc))


@given(counters, instants)
def test_the_next_opening_is_open_and_nothing_is_open_before_it(counter: Counter, start: datetime) -> None:
    opens = counter.opens_at(start)
    assert opens >= start
    assert counter.is_open(opens)
    assert counter.is_open(start) == (opens == start)
    for minutes in range(int((opens - start) / MINUTE)):
        assert not counter.is_open(start + minutes * MINUTE)
    if opens > start:
        assert not counter.is_open(opens - timedelta.resolution)


@given(counters, instants)
def test_it_is_open_from_its_opening_until_its_closing(counter: Counter, start: datetime) -> None:
    opens, closes = counter.opens_at(start), counter.closes_at(start)
    if closes is None:
        return
    assert opens < closes
    assert counter.is_open(closes - timedelta.resolution)
    assert not counter.is_open(closes)
    for step in range(48):
        assert counter.is_open(opens + (closes - opens) * step / 48)


@given(counters, instants)
def test_between_its_last_closing_and_now_it_is_open_to_the_end_or_not_at_all(counter: Counter, now: datetime) -> None:
    closed = counter.closed_at(now)
    if closed is None:
        return
    assert closed <= now and not counter.is_open(closed) and counter.is_open(closed - timedelta.resolution)
    closes = counter.closes_at(closed)
    assert closes is None or closes > now


@given(instants)
def test_open_is_what_a_clock_on_the_wall_says(start: datetime) -> None:
    wall = start.astimezone(BRASILIA)
    assert BANK.is_open(start) == (bank_day(wall.date()) and time(8) <= wall.time() < time(20))


@pytest.mark.parametrize(
    "rules",
    [
        Rules(opening_hours="20:00-08:00"),
        Rules(opening_hours="08:00-08:00"),
        Rules(opening_hours="08:00"),
        Rules(opening_hours="8 to 20"),
        Rules(opening_hours="08:00Z-20:00"),
        Rules(opening_hours="08:00-25:00"),
        Rules(opening_hours="08:00-12:00-20:00"),
        Rules(opening_days="banking"),
        Rules(closed_days=("24/12/2026",)),
        Rules(opening_hours="08:00-08:02"),  # not longer than its margin
        Rules(opening_hours="08:00-20:00", closing_margin=timedelta(hours=12)),
    ],
)
def test_hours_that_make_no_sense_are_misconfigured(rules: Rules) -> None:
    with pytest.raises(Misconfigured) as raised:
        Counter.of(rules)
    assert raised.value.todo


def test_a_counter_that_is_closed_for_ever_says_so() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    counter = Counter(closed_days=closed)
    assert not counter.is_open(at("2026-06-01T12:00"))
    with pytest.raises(Misconfigured, match="400 days"):
        counter.opens_at(at("2026-06-01T12:00"))


def test_a_counter_comes_from_the_rules_and_their_overrides() -> None:
    rules = Rules(opening_hours="08:00-20:00", opening_days="bank").override({"closed_days": ["2026-11-23"]})
    assert Counter.of(rules) == Counter(time(8), time(20), "bank", frozenset({date(2026, 11, 23)}), 2 * MINUTE)
    assert Counter.of(Rules()).is_open(at("2026-11-22T03:00")), "rules without hours are always open"


def test_an_instant_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        BANK.is_open(datetime.fromisoformat("2026-11-19T12:00"))
    with pytest.raises(ValueError, match="aware"):
        CutOff(time(16, 30), 2, 3).credit_day(datetime.fromisoformat("2026-11-19T12:00"))


@pytest.mark.parametrize(
    ("received", "credit"),
    [
        ("2026-11-17T16:30:00", "2026-11-19"),
        ("2026-11-17T16:30:01", "2026-11-23"),
        ("2026-11-19T16:30:00", "2026-11-24"),
        ("2026-02-14T10:00:00", "2026-02-19"),
    ],
)
def test_credit_comes_two_bank_days_after_a_reception_until_the_cut_off_and_three_after_a_later_one(
    received: str, credit: str
) -> None:
    assert CutOff(time(16, 30), 2, 3).credit_day(at(received)) == date.fromisoformat(credit)


def test_the_cut_off_is_in_brasilia_time() -> None:
    assert CutOff(time(16, 30), 2, 3).credit_day(utc("2026-11-17T19:30")) == date(2026, 11, 19)
    assert CutOff(time(16, 30), 2, 3).credit_day(utc("2026-11-17T19:31")) == date(2026, 11, 23)


def test_the_counter_imports_nothing_heavy() -> None:
    heavy = {"airflow", "pendulum", "psycopg", "lxml", "zeep", "requests", "aiohttp", "xmlschema", "alembic"}
    code = "import sys, malote.hours; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not heavy & set(loaded.split())

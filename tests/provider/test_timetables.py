"""The timetable: it ticks while the counter is open, catches up by Airflow's own rules, and survives its encoder."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
import pytest
import time_machine
from airflow.exceptions import AirflowTimetableInvalid
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction

from malote.errors import Misconfigured
from malote_provider.timetables import OpeningHoursTimetable

BRASILIA = ZoneInfo("America/Sao_Paulo")
QUARTERS = OpeningHoursTimetable(timedelta(minutes=15))


def at(text: str) -> pendulum.DateTime:
    return pendulum.instance(datetime.fromisoformat(text).replace(tzinfo=BRASILIA))


def next_run(
    timetable: OpeningHoursTimetable,
    last: str | None,
    *,
    earliest: str | None = None,
    latest: str | None = None,
    catchup: bool = True,
) -> DagRunInfo | None:
    restriction = TimeRestriction(at(earliest) if earliest else None, at(latest) if latest else None, catchup)
    interval = DataInterval.exact(at(last)) if last else None
    return timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)


def moments(timetable: OpeningHoursTimetable, last: str, n: int) -> list[str]:
    found = []
    for _ in range(n):
        info = next_run(timetable, last)
        assert info is not None
        last = f"{info.run_after.in_timezone(BRASILIA.key):YYYY-MM-DDTHH:mm}"
        found.append(last)
    return found


def test_it_ticks_from_the_opening_and_never_at_closing_or_on_a_holiday() -> None:
    assert moments(QUARTERS, "2026-11-19T19:15", 4) == [
        "2026-11-19T19:30",
        "2026-11-19T19:45",
        "2026-11-23T08:00",  # 20 November is a holiday, then comes the weekend
        "2026-11-23T08:15",
    ]


def test_after_closing_on_thursday_before_the_holiday_it_ticks_on_monday_at_eight() -> None:
    info = next_run(QUARTERS, None, earliest="2026-11-19T20:00")
    assert info == DagRunInfo.exact(at("2026-11-23T08:00"))


def test_a_run_is_of_the_instant_of_its_tick_in_utc() -> None:
    info = next_run(QUARTERS, "2026-11-19T09:00")
    assert info is not None
    assert info.run_after == info.logical_date == at("2026-11-19T09:15")
    assert isinstance(info.run_after, pendulum.DateTime)
    assert info.run_after.timezone_name == "UTC"


def test_a_rhythm_that_does_not_divide_the_day_starts_again_at_each_opening() -> None:
    timetable = OpeningHoursTimetable(timedelta(hours=5))
    assert moments(timetable, "2026-11-17T08:00", 4) == [
        "2026-11-17T13:00",
        "2026-11-17T18:00",
        "2026-11-18T08:00",
        "2026-11-18T13:00",
    ]


def test_whole_days_start_their_rhythm_at_midnight() -> None:
    timetable = OpeningHoursTimetable(timedelta(hours=10), "", "all")
    assert moments(timetable, "2026-11-19T10:00", 3) == ["2026-11-19T20:00", "2026-11-20T00:00", "2026-11-20T10:00"]


def test_closed_days_and_other_days_are_taken() -> None:
    timetable = OpeningHoursTimetable(timedelta(days=1), "08:00-20:00", "weekdays", [date(2026, 11, 23)])
    assert moments(timetable, "2026-11-19T08:00", 2) == ["2026-11-20T08:00", "2026-11-24T08:00"]


def test_the_day_on_which_daylight_saving_begins_ticks_by_the_wall_clock() -> None:
    timetable = OpeningHoursTimetable(timedelta(hours=6), days="all")
    assert moments(timetable, "2018-11-03T14:00", 3) == ["2018-11-04T08:00", "2018-11-04T14:00", "2018-11-05T08:00"]
    info = next_run(timetable, "2018-11-03T14:00")
    assert info is not None
    assert info.run_after.isoformat() == "2018-11-04T10:00:00+00:00"


@pytest.mark.parametrize(
    ("now", "run"),
    [
        ("2026-11-19T10:07", "2026-11-19T10:00"),  # the last tick, so that a run between tick and parse is not lost
        ("2026-11-19T10:15", "2026-11-19T10:15"),
        ("2026-11-19T21:00", "2026-11-23T08:00"),  # closed: nothing is made up for
        ("2026-11-19T07:00", "2026-11-19T08:00"),
    ],
)
def test_without_catchup_it_skips_to_now(now: str, run: str) -> None:
    with time_machine.travel(at(now), tick=False):
        assert next_run(QUARTERS, "2026-11-10T09:00", catchup=False) == DagRunInfo.exact(at(run))
        assert next_run(QUARTERS, None, catchup=False) == DagRunInfo.exact(at(run))
        assert next_run(QUARTERS, None, earliest="2026-01-01T00:00", catchup=False) == DagRunInfo.exact(at(run))


def test_without_catchup_the_tick_that_has_run_does_not_run_again() -> None:
    with time_machine.travel(at("2026-11-19T10:07"), tick=False):
        info = next_run(QUARTERS, "2026-11-19T10:00", catchup=False)
    assert info == DagRunInfo.exact(at("2026-11-19T10:15"))


def test_with_catchup_every_tick_since_the_start_date_comes() -> None:
    with time_machine.travel(at("2026-11-19T10:07"), tick=False):
        assert next_run(QUARTERS, None, earliest="2026-01-01T00:00") == DagRunInfo.exact(at("2026-01-02T08:00"))
        assert next_run(QUARTERS, "2026-01-02T08:00") == DagRunInfo.exact(at("2026-01-02T08:15"))


def test_nothing_runs_before_the_start_date_or_after_the_end_date() -> None:
    assert next_run(QUARTERS, "2026-11-10T09:00", earliest="2026-11-17T09:05") == DagRunInfo.exact(
        at("2026-11-17T09:15")
    )
    with time_machine.travel(at("2026-11-10T10:00"), tick=False):
        later = next_run(QUARTERS, None, earliest="2026-11-17T09:00", catchup=False)
    assert later == DagRunInfo.exact(at("2026-11-17T09:00")), "a start date is inclusive"
    assert next_run(QUARTERS, "2026-11-19T19:45", latest="2026-11-23T07:59") is None
    assert next_run(QUARTERS, "2026-11-19T19:45", latest="2026-11-23T08:00") is not None, "an end date is inclusive"


def test_a_manual_run_is_of_the_instant_at_which_it_was_asked_for() -> None:
    asked = at("2026-11-22T03:14")
    assert QUARTERS.infer_manual_data_interval(run_after=asked) == DataInterval.exact(asked)


def test_it_is_registered_and_survives_airflows_own_encoder() -> None:
    from support.airflow_names import decode_timetable, encode_timetable

    before = OpeningHoursTimetable(timedelta(minutes=7), "09:00-17:30", "weekdays", ["2026-12-31", date(2026, 12, 24)])
    encoded = encode_timetable(before)
    after = decode_timetable(encoded)
    assert after == before
    assert hash(after) == hash(before)
    assert encode_timetable(after) == encoded
    assert moments(after, "2026-12-23T17:30", 1) == ["2026-12-25T09:00"]  # type: ignore[arg-type]


def test_two_timetables_of_the_same_days_are_encoded_alike() -> None:
    one = OpeningHoursTimetable(timedelta(hours=1), closed_days=["2026-12-31", "2026-12-24"])
    two = OpeningHoursTimetable(timedelta(minutes=60), closed_days=[date(2026, 12, 24), date(2026, 12, 31)])
    assert one.serialize() == two.serialize()
    assert one == two
    assert one != QUARTERS


@pytest.mark.parametrize(
    ("every", "hours", "days", "said"),
    [
        (timedelta(minutes=30), "08:00-20:00", "bank", "a cada 30 min, 08:00–20:00, dias úteis"),
        (timedelta(hours=1), "09:00-17:30", "weekdays", "a cada 1 h, 09:00–17:30, de segunda a sexta"),
        (timedelta(minutes=90), "", "all", "a cada 1 h 30 min, 00:00–24:00, todos os dias"),
        (timedelta(days=1), "06:00-24:00", "all", "uma vez por dia, às 06:00, todos os dias"),
        (timedelta(seconds=45), " 08:00 - 20:00 ", "bank", "a cada 45 s, 08:00–20:00, dias úteis"),
    ],
)
def test_the_page_says_in_words_when_it_ticks(every: timedelta, hours: str, days: str, said: str) -> None:
    timetable = OpeningHoursTimetable(every, hours, days)
    assert timetable.summary == said
    assert timetable.description == f"{said} (horário de Brasília)"


@pytest.mark.parametrize("every", [timedelta(), timedelta(seconds=-60), timedelta(days=2)])
def test_a_rhythm_that_makes_no_sense_is_invalid(every: timedelta) -> None:
    with pytest.raises(AirflowTimetableInvalid, match="every"):
        OpeningHoursTimetable(every).validate()


def test_hours_that_never_come_are_invalid() -> None:
    today = date.today()  # noqa: DTZ011
    closed = [today + timedelta(days=n - 2) for n in range(500)]
    with pytest.raises(AirflowTimetableInvalid, match="400 days"):
        OpeningHoursTimetable(timedelta(hours=1), closed_days=closed).validate()
    QUARTERS.validate()


def test_hours_that_make_no_sense_are_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="20:00"):
        OpeningHoursTimetable(timedelta(hours=1), "20:00-08:00")


def test_it_adds_nothing_heavy_to_what_airflow_loads_for_a_timetable() -> None:
    code = (
        "import sys, airflow.timetables.base; before = set(sys.modules);"
        "import malote_provider.timetables; print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    ours = {"malote", "malote.clock", "malote.composing", "malote.errors", "malote.texts", "malote_provider"}
    ours |= {"malote_provider.timetables"}
    rooms = ("malote.hours", "malote.warehouse", "malote.cards", "_")
    assert {name for name in loaded if not name.startswith(rooms)} - ours <= {"zoneinfo"}

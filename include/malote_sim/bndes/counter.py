"""When the pretended BNDES is open for protocol (manual 2.5), what a bank day is, and when credit is expected."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

CUT_OFF = time(16, 30)
_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_MOVING = (-48, -47, -2, 60)  # from Easter: Carnival Monday and Tuesday, Good Friday, Corpus Christi


def bank_day(day: date, closed_days: Iterable[str] = ()) -> bool:
    """Whether banks settle that day, by ANBIMA's rules; `closed_days` are more days off, as ISO dates."""
    return day.weekday() < 5 and day not in _holidays(day.year) and day.isoformat() not in closed_days


def is_open(at: datetime, *, hours: str, days: str, closed_days: Iterable[str]) -> bool:
    """Whether a protocol is given at a Brasília instant. `hours` is "08:00-20:00" (the end is shut) or "", always."""
    if not hours:
        return True
    start, end = span(hours)
    return (days == "all" or bank_day(at.date(), closed_days)) and start <= at.time() < end


def span(hours: str) -> tuple[time, time]:
    """The two ends of "08:00-20:00"; ValueError when it is nothing like that."""
    start, _, end = hours.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def credit_date(received: datetime, closed_days: Iterable[str] = ()) -> date:
    """The expected credit of a liberação: D+2 when received until 16:30:00, else D+3, in bank days.

    On what is received on no bank day the manual says nothing: here the next bank day is D+1.
    """
    day = received.date()
    left = 2 if received.time().replace(microsecond=0) <= CUT_OFF else 3
    while left:
        day += timedelta(days=1)
        left -= bank_day(day, closed_days)
    return day


def months_later(day: date, months: int, *, on: int = 15) -> date:
    """The day `on` of the month so many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, on)


@lru_cache
def _holidays(year: int) -> frozenset[date]:
    easter = _easter(year)
    fixed = {date(year, month, day) for month, day in _FIXED}
    if year >= 2024:  # Lei 14.759/2023
        fixed.add(date(year, 11, 20))
    return frozenset(fixed | {easter + timedelta(days=each) for each in _MOVING})


def _easter(year: int) -> date:
    century, golden = year // 100, year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - epact - year % 100 % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)

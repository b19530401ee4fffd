"""Opening hours: bank days by rule, opening and closing instants in America/Sao_Paulo, cut-offs for credit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from malote.clock import ZONE
from malote.errors import Misconfigured
from malote.texts import english

if TYPE_CHECKING:
    from malote.rules import Rules

_DAYS = ("bank", "weekdays", "all")
_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_DAY = timedelta(days=1)
_HORIZON = 400
"""A counter that does not open within so many days never does."""


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of one year, as ANBIMA lists them, with Carnival's Monday and Tuesday and Corpus Christi.

    Ash Wednesday, 24 and 31 December are bank days: reserves settle. 20 November is a holiday from 2024 (Lei 14.759).
    """
    days = {date(year, month, day) for month, day in _FIXED} | {_easter(year) + n * _DAY for n in (-48, -47, -2, 60)}
    return frozenset(days | {date(year, 11, 20)} if year >= 2024 else days)


def _easter(year: int) -> date:
    """Easter Sunday, Gregorian (the algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def bank_day(day: date) -> bool:
    """True where banks settle on that day."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def add_bank_days(day: date, n: int) -> date:
    """The n-th bank day after ``day``, as ``bizdays`` counts; for n = 0 ``day`` itself, or the next bank day."""
    if n < 0:
        raise ValueError("bank days are counted forward")
    while n > 0 or not bank_day(day):
        day += _DAY
        n -= bank_day(day)
    return day


@dataclass(frozen=True, slots=True)
class Counter:
    """When an institution takes requests. Instants in are aware, instants out are in UTC.

    A counter opens at ``opens`` sharp and is closed at ``closes`` sharp; days that meet at midnight are one opening.
    Where a clock change repeats or skips the hour, the later opening and the earlier closing count.

    :param opens: Brasília time; None is 00:00
    :param closes: Brasília time; None is the end of the day
    :param days: ``bank`` (ANBIMA bank days), ``weekdays`` or ``all``
    :param closed_days: further days on which it stays closed
    :param margin: it counts as closed so long before it closes
    :raises Misconfigured: for hours that make no sense
    """

    opens: time | None = None
    closes: time | None = None
    days: str = "all"
    closed_days: frozenset[date] = frozenset()
    margin: timedelta = timedelta()

    def __post_init__(self) -> None:
        if self.days not in _DAYS:
            raise Misconfigured(
                english("s_counter_days", days=repr(self.days)), todo=english("s_do_one_of", names=", ".join(_DAYS))
            )
        start = self.opens or time()
        if self.closes is not None and start >= self.closes:
            raise Misconfigured(
                english("s_counter_closes", opens=f"{start:%H:%M}", closes=f"{self.closes:%H:%M}"),
                todo=english("s_do_opening_hours"),
            )
        length = _since_midnight(self.closes) - _since_midnight(start) if self.closes else _DAY - _since_midnight(start)
        if not timedelta() <= self.margin < length:
            raise Misconfigured(
                english("s_counter_margin", margin=self.margin, length=length),
                todo=english("s_do_margin"),
            )

    @classmethod
    def of(cls, rules: Rules) -> Counter:
        """The counter that an institution's rules describe.

        :raises Misconfigured: for hours or days that cannot be read or make no sense
        """
        opens, closes = parse_hours(rules.opening_hours)
        try:
            closed = frozenset(date.fromisoformat(day) for day in rules.closed_days)
        except ValueError as wrong:
            raise Misconfigured(english("s_counter_closed_days", why=wrong), todo=english("s_do_dates")) from None
        return cls(opens, closes, rules.opening_days, closed, rules.closing_margin)

    def hours(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing instant of one calendar day, whatever the margin; None where it stays closed."""
        if not self._opens_on(day):
            return None
        opens = max(_instants(day, self.opens or time()))
        closes = min(_instants(day, self.closes)) if self.closes else max(_instants(day + _DAY, time()))
        return (opens, closes) if opens < closes else None

    def is_open(self, at: datetime) -> bool:
        """True where a request may go at that instant."""
        found = self._usable(_local(at).date())
        return found is not None and found[0] <= at < found[1]

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from ``at`` on at which it is open: ``at`` itself where it is open then.

        :raises Misconfigured: where it does not open within 400 days
        """
        _, opens, _ = self._next(at)
        return max(opens, at).astimezone(timezone.utc)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the opening of that instant, or else the next one, ends, less the margin; None where it never does.

        :raises Misconfigured: where it does not open within 400 days
        """
        day, _, closes = self._next(at)
        for ahead in range(1, _HORIZON):
            following = self._usable(day + ahead * _DAY)
            if following is None or following[0] != closes:
                return closes
            closes = following[1]
        return None

    def closed_at(self, at: datetime) -> datetime | None:
        """When it closed last before that instant, less the margin; None where it did not within 400 days."""
        today = _local(at).date()
        for back in range(_HORIZON):
            day = today - back * _DAY
            found, following = self._usable(day), self._usable(day + _DAY)
            if found and found[1] <= at and (following is None or following[0] != found[1]):
                return found[1].astimezone(timezone.utc)
        return None

    def _next(self, at: datetime) -> tuple[date, datetime, datetime]:
        """The first day, with its instants less the margin, that ends after ``at``."""
        today = _local(at).date()
        for ahead in range(_HORIZON):
            day = today + ahead * _DAY
            found = self._usable(day)
            if found and at < found[1]:
                return day, *found
        raise Misconfigured(
            english("s_counter_never", days=_HORIZON, day=today),
            todo=english("s_do_days"),
        )

    def _usable(self, day: date) -> tuple[datetime, datetime] | None:
        """The hours of a day less the margin, which a midnight between two open days does not have."""
        found = self.hours(day)
        if found is None or not self.margin:
            return found
        following = self.hours(day + _DAY)
        return found if following and following[0] == found[1] else (found[0], found[1] - self.margin)

    def _opens_on(self, day: date) -> bool:
        if day in self.closed_days:
            return False
        return self.days == "all" or (bank_day(day) if self.days == "bank" else day.weekday() < 5)


def parse_hours(text: str) -> tuple[time | None, time | None]:
    """``"08:00-20:00"`` to two times; ``""`` is always, and an end of ``24:00`` the end of the day.

    :raises Misconfigured: for anything else
    """
    if not text:
        return None, None
    found = re.fullmatch(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*", text)
    try:
        if found is None:
            raise ValueError(text)
        return time.fromisoformat(found[1]), None if found[2] == "24:00" else time.fromisoformat(found[2])
    except ValueError:
        raise Misconfigured(
            english("s_counter_hours", hours=repr(text)),
            todo=english("s_do_hours"),
        ) from None


@dataclass(frozen=True, slots=True)
class CutOff:
    """When money comes: so many bank days after a request that was received until ``at``, or after it.

    :param at: Brasília time, inclusive
    :param before: bank days after a reception at ``at`` or earlier
    :param after: bank days after a later one
    """

    at: time
    before: int
    after: int

    def credit_day(self, received_at: datetime) -> date:
        """The day of credit, by the institution's own instant of reception (aware)."""
        local = _local(received_at)
        return add_bank_days(local.date(), self.before if local.time() <= self.at else self.after)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an aware instant is needed")
    return at.astimezone(ZONE)


def _instants(day: date, at: time) -> tuple[datetime, datetime]:
    """Both readings of a wall clock, in UTC: the same instant but in an hour that a clock change repeats or skips."""
    local = datetime.combine(day, at, ZONE)
    return local.astimezone(timezone.utc), local.replace(fold=1).astimezone(timezone.utc)

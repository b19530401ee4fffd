"""The schedule of a flow that talks to a counter: ticks while it is open, none while it is closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

from malote.clock import Clock, SystemClock
from malote.errors import Misconfigured
from malote.hours import ZONE, Counter, parse_hours

if TYPE_CHECKING:
    from airflow.timetables.base import TimeRestriction
    from pendulum import DateTime

_DAYS = {"bank": "dias úteis", "weekdays": "de segunda a sexta", "all": "todos os dias"}


class OpeningHoursTimetable(Timetable):
    """A run at each opening and then ``every`` so often until closing, in Brasília time.

    With ``catchup=False`` the ticks that were missed are skipped, but for the last one while the counter is still open;
    while it is closed the next run is that of the next opening. A run's data interval is the instant of its tick.

    :param every: time between two ticks of one day; at most a day
    :param opening_hours: ``"08:00-20:00"``, or ``""`` for the whole day
    :param days: ``bank`` (ANBIMA bank days), ``weekdays`` or ``all``
    :param closed_days: further closed days, as dates or ISO text
    :raises Misconfigured: for hours or days that make no sense
    """

    clock: ClassVar[Clock] = SystemClock()

    def __init__(
        self,
        every: timedelta,
        opening_hours: str = "08:00-20:00",
        days: str = "bank",
        closed_days: Iterable[date | str] = (),
    ) -> None:
        self.every = every
        self.opening_hours = opening_hours
        self.days = days
        self.closed_days = tuple(sorted(str(day) for day in closed_days))
        closed = frozenset(date.fromisoformat(day) for day in self.closed_days)
        self.counter = Counter(*parse_hours(opening_hours), days, closed)
        self.description = f"{self.summary} (horário de Brasília)"

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        return cls(timedelta(seconds=data["every"]), data["opening_hours"], data["days"], data["closed_days"])

    def serialize(self) -> dict[str, Any]:
        return {
            "every": self.every.total_seconds(),
            "opening_hours": self.opening_hours,
            "days": self.days,
            "closed_days": list(self.closed_days),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpeningHoursTimetable) and self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((self.every, self.opening_hours, self.days, self.closed_days))

    @property
    def summary(self) -> str:
        """In words, as the DAG's page shows it: ``a cada 30 min, 08:00–20:00, dias úteis``."""
        opens, closes = (part.strip() for part in (self.opening_hours or "00:00-24:00").split("-"))
        if self.every == timedelta(days=1):
            return f"uma vez por dia, às {opens}, {_DAYS[self.days]}"
        return f"a cada {_lasting(self.every)}, {opens}–{closes}, {_DAYS[self.days]}"

    def validate(self) -> None:
        from airflow.exceptions import AirflowTimetableInvalid

        if not timedelta(seconds=1) <= self.every <= timedelta(days=1):
            raise AirflowTimetableInvalid(f"every is {self.every}: give a second at least and a day at most")
        try:
            self.counter.opens_at(self.clock.now())
        except Misconfigured as error:
            raise AirflowTimetableInvalid(str(error)) from error

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        candidates: list[datetime] = []
        if last_automated_data_interval is not None:
            candidates.append(self._tick(last_automated_data_interval.end + timedelta.resolution))
        if restriction.earliest is not None:
            candidates.append(self._tick(restriction.earliest))
        if not restriction.catchup or not candidates:
            candidates.append(self._latest_tick(self.clock.now()))
        tick = max(candidates)
        if restriction.latest is not None and restriction.latest < tick:
            return None
        return DagRunInfo.exact(_pendulum(tick))

    def _tick(self, at: datetime) -> datetime:
        """The first tick from ``at`` on."""
        at = datetime.fromtimestamp(at.timestamp(), timezone.utc)  # pendulum's cannot be divided by a timedelta
        while True:
            at = self.counter.opens_at(at)
            opens, closes = self._hours(at)
            tick = opens - (opens - at) // self.every * self.every
            if tick < closes:
                return tick
            at = closes

    def _latest_tick(self, now: datetime) -> datetime:
        """While open the last tick until now, else the next one.

        It must not be the next one always: a DAG that is parsed between a tick and its run would lose that run.
        """
        if not self.counter.is_open(now):
            return self._tick(now)
        opens, _ = self._hours(now)
        return opens + (now - opens) // self.every * self.every

    def _hours(self, at: datetime) -> tuple[datetime, datetime]:
        """Opening and closing of the day of an instant at which it is open."""
        hours = self.counter.hours(at.astimezone(ZONE).date())
        if hours is None:
            raise AssertionError(f"the counter is open at {at} and closed that day")
        return hours


def _lasting(time: timedelta) -> str:
    """``30 min``, ``1 h``, ``1 h 30 min``, ``45 s``."""
    hours, rest = divmod(round(time.total_seconds()), 3600)
    parts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 s"


def _pendulum(at: datetime) -> DateTime:
    import pendulum

    return pendulum.instance(at)

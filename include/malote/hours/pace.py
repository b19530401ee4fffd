"""The shared request budget: at most ``limit`` requests in any sliding window, over all processes of one journal.

One row in the journal's database holds one instant, the *theoretical arrival time* of the generic cell rate algorithm:
when the next request would be due if requests came at an even rhythm, one every ``gap``. A reservation of n slots moves
it n gaps on, in one statement, by the database's clock, which is the only clock that all the machines share.

Why no window ever holds more than ``limit`` *at the server*: a slot whose place in the rhythm is v is used no earlier
than ``v - (burst - 1) * gap``, no later than ``v + slack / 2`` (after that it has lapsed), and its request takes at
most ``slack / 2`` longer or shorter on its way than another. So a window takes its slots from a stretch of
``window + slack + (burst - 1) * gap`` in which places are a gap apart:
``burst + floor((window + slack) / gap)`` of them, and the gap is chosen so that this is ``limit``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from malote.clock import Clock
from malote.errors import Misconfigured, Transient
from malote.texts import english
from malote.warehouse import connect

if TYPE_CHECKING:
    import psycopg

_MICROSECOND = timedelta(microseconds=1)
_LEAST_SLACK = timedelta(milliseconds=500)
# In an upsert the row's lock is taken before the new value is computed: the clock is read after the wait, not before.
_RESERVE = """
    INSERT INTO malote.pace AS p (name, tat)
    VALUES (%(name)s, coalesce(%(now)s::timestamptz, clock_timestamp()) + %(cost)s)
    ON CONFLICT (name) DO UPDATE
    SET tat = greatest(p.tat, coalesce(%(now)s::timestamptz, clock_timestamp())) + %(cost)s
    RETURNING tat - %(cost)s - %(tolerance)s - coalesce(%(now)s::timestamptz, clock_timestamp())
"""
_PENALTY = """
    INSERT INTO malote.pace AS p (name, tat)
    VALUES (%(name)s, coalesce(%(now)s::timestamptz, clock_timestamp()) + %(cost)s + %(tolerance)s)
    ON CONFLICT (name) DO UPDATE SET tat = greatest(p.tat, excluded.tat)
    RETURNING tat - coalesce(%(now)s::timestamptz, clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one request, at one moment.

    ::

        for slot in pace.reserve(len(due)):
            await asyncio.sleep(slot.delay)     # or slot.wait(clock), which blocks and says whether it may be used
            if slot.lapsed():
                break                           # forget it and reserve again; late requests would bunch

    :param opens: first moment of its use, by ``time``
    :param closes: last moment of its use, by ``time``
    :param time: the clock of both, in seconds
    """

    opens: float
    closes: float
    time: Callable[[], float] = time.monotonic

    @property
    def delay(self) -> float:
        """Seconds from now until it may be used; 0.0 once it may."""
        return max(0.0, self.opens - self.time())

    def lapsed(self) -> bool:
        """True where it is too late: the caller reserves another one."""
        return self.time() > self.closes

    def wait(self, clock: Clock) -> bool:
        """Block until it may be used; False where it has lapsed meanwhile."""
        clock.sleep(self.delay)
        return not self.lapsed()


class Pace:
    """One shared budget of requests. Usable from threads; one connection, opened when first needed.

    :param dsn: of the database that holds the journal
    :param name: of the budget; whoever gives the same name shares it, e.g. ``"ccee/producao/login"``
    :param limit: requests allowed in any sliding ``window``; 0 means no limit, and no connection. May change from one
        release to the next: the row knows nothing of it
    :param slack: how much later one request may reach the server than another, counted from the slots: half of it for
        the caller, half for the network. Costs ``slack / window`` of the throughput. By default a sixtieth of the
        window, but half a second at least: networks do not get steadier because a window is short
    :param burst: how many may go at once after a pause. Costs ``burst / limit`` of the throughput
    :param now: for tests, a clock that replaces the database's; aware instants
    :raises Misconfigured: for a budget that makes no sense
    """

    def __init__(
        self,
        dsn: str,
        name: str,
        *,
        limit: int,
        window: timedelta,
        slack: timedelta | None = None,
        burst: int | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        slack = max(window / 60, _LEAST_SLACK) if slack is None else slack
        burst = max(1, limit // 100) if burst is None else burst
        if limit < 0 or window <= timedelta() or slack < timedelta() or (limit and not 1 <= burst <= limit):
            raise Misconfigured(
                english("s_pace_odd", name=repr(name), limit=limit, window=window, slack=slack, burst=burst),
                todo=english("s_do_pace"),
            )
        self.name = name
        self.limit = limit
        self.gap = _MICROSECOND * ((window + slack) // _MICROSECOND // max(1, limit - burst + 1) + 1)
        self.grace = slack / 2
        self.tolerance = (burst - 1) * self.gap
        self._dsn = dsn
        self._now = now
        self._time = time.monotonic if now is None else lambda: now().timestamp()
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def reserve(self, n: int = 1) -> list[Slot]:
        """Reserve n slots, in order of time, one ``gap`` after the other but for a burst after a pause.

        They count as used: n slots that nobody uses hold everybody up for ``n * gap``, so reserve a few seconds' worth.

        :raises Transient: where the database cannot be reached
        """
        if n < 1:
            raise ValueError("at least one slot is reserved")
        if not self.limit:
            return [Slot(self._time(), float("inf"), self._time)] * n
        first, before, after = self._execute(_RESERVE, n * self.gap)
        delays = [max(0.0, (first + i * self.gap).total_seconds()) for i in range(n)]
        # The statement read the clock somewhere between before and after: early by the one, late by the other.
        grace = self.grace.total_seconds()
        return [Slot(after + delay, before + delay + grace, self._time) for delay in delays]

    def penalty(self, seconds: float) -> None:
        """After ``Throttled``: no slot reserved from now on, by anybody, opens within so many seconds.

        Slots that were handed out before stay as they are: a caller that was throttled forgets its own.

        :raises Transient: where the database cannot be reached
        """
        if self.limit:
            self._execute(_PENALTY, timedelta(seconds=max(0.0, seconds)))

    def close(self) -> None:
        """Close the connection; the next reservation opens another."""
        with self._lock:
            self._drop()

    def _execute(self, statement: str, cost: timedelta) -> tuple[timedelta, float, float]:
        """What the statement returned, and our own time just before and just after it."""
        import psycopg

        with self._lock:
            try:
                try:
                    return self._once(statement, cost)
                except psycopg.OperationalError:  # a dropped connection; slots that were reserved on it are forgone
                    self._drop()
                    return self._once(statement, cost)
            except psycopg.OperationalError as error:
                self._drop()
                raise Transient(
                    english("s_pace_away", name=repr(self.name), error=type(error).__name__),
                    todo=english("s_do_pace_up"),
                    kept=english("s_kept_slot"),
                ) from error
            except psycopg.errors.UndefinedTable as error:
                raise Misconfigured(
                    english("s_pace_no_table"),
                    todo=english("s_do_pace_migrate"),
                    kept=english("s_kept_slot"),
                ) from error

    def _once(self, statement: str, cost: timedelta) -> tuple[timedelta, float, float]:

        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, autocommit=True, name="malote pace", tcp_user_timeout=10_000)
        now = None if self._now is None else self._now()
        values = {"name": self.name, "cost": cost, "tolerance": self.tolerance, "now": now}
        before = self._time()
        row = self._connection.execute(statement, values).fetchone()
        after = self._time()
        if row is None:
            raise AssertionError("an upsert returns its row")
        return row[0], before, after

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def budgets(connection: psycopg.Connection[dict[str, Any]]) -> list[tuple[str, datetime | None]]:
    """Every shared budget by name, and until when its next request is held back; None where it may go now."""
    rows = connection.execute(
        "select name, case when tat > clock_timestamp() then tat end as until from malote.pace order by name"
    )
    return [(row["name"], row["until"]) for row in rows]


def reset(connection: psycopg.Connection[dict[str, Any]], name: str) -> None:
    """Forget how a budget was used, and every penalty: the next request goes at once.

    :raises Misconfigured: where nobody has used a budget of that name
    """
    done = connection.execute("update malote.pace set tat = clock_timestamp() where name = %s", (name,))
    if not done.rowcount:
        raise Misconfigured(english("s_pace_unknown", name=repr(name)), todo=english("s_do_pace_names"))

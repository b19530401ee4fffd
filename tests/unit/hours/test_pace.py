"""The pace: no sliding window holds more than the limit, whoever shares it, counted where the requests arrive."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from itertools import pairwise

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from malote.clock import HeldClock, SystemClock
from malote.errors import Misconfigured, Transient
from malote.hours import Pace, Slot
from support.knocking import knock

START = datetime(2026, 11, 19, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
SCHEMA = files("malote") / "migrations" / "sql" / "pace.sql"
SHARED_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture
def dsn(database: str) -> str:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA malote")
        connection.execute(SCHEMA.read_bytes())
    return database


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(START)


def most_in_a_window(arrivals: list[float], window: float) -> int:
    """The most arrivals in any closed stretch of so many seconds; each such stretch may begin at an arrival."""
    arrivals, most, first = sorted(arrivals), 0, 0
    for last, arrival in enumerate(arrivals):
        while arrival - arrivals[first] > window:
            first += 1
        most = max(most, last - first + 1)
    return most


def spend(pace: Pace, clock: HeldClock, n: int) -> list[float]:
    """Use n slots as soon as they open; the seconds since the start at which that was."""
    used: list[float] = []
    while len(used) < n:
        for slot in pace.reserve(n - len(used)):
            assert slot.wait(clock)
            used.append((clock.now() - START).total_seconds())
    return used


budgets = st.tuples(st.integers(1, 60), st.sampled_from([1.0, 3.0, 60.0])).flatmap(
    lambda both: st.tuples(st.just(both[0]), st.just(both[1]), st.none() | st.integers(1, both[0]))
)
steps = st.lists(
    st.tuples(
        st.sampled_from([0.05, 0.3, 1.0, 1.5]),  # slots asked for, in limits
        st.sampled_from([0.0, 0.0, 0.0, 0.3, 1.0, 2.5]),  # pause before it, in windows
        st.sampled_from([0.0, 0.5, 0.999]),  # how late each is used, as part of the grace
        st.sampled_from([0.0, 0.5, 0.999]),  # how long its request travels, as part of the other half of the slack
    ),
    min_size=1,
    max_size=6,
)


@SHARED_DATABASE
@given(budget=budgets, steps=steps, workers=st.integers(1, 3))
@example(budget=(40, 60.0, None), steps=[(1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.999, 0.999)], workers=1)
@example(budget=(40, 60.0, 20), steps=[(0.05, 0.0, 0.0, 0.0), (1.5, 2.5, 0.0, 0.0)], workers=2)
def test_no_sliding_window_ever_holds_more_than_the_limit(
    dsn: str, budget: tuple[int, float, int | None], steps: list[tuple[float, float, float, float]], workers: int
) -> None:
    limit, seconds, burst = budget
    clock = HeldClock(START)
    name = f"{time.monotonic_ns()}"
    window = timedelta(seconds=seconds)
    paces = [Pace(dsn, name, limit=limit, window=window, burst=burst, now=clock.now) for _ in range(workers)]
    arrivals: list[float] = []
    for share, pause, late, travel in steps:
        clock.pass_(seconds=pause * seconds)
        for pace in paces:
            slots = pace.reserve(int(share * limit / workers) + 1)
            opens = [clock.now().timestamp() + slot.delay for slot in slots]
            arrivals += [at + (late + travel) * pace.grace.total_seconds() for at in opens]
        clock.pass_(seconds=slots[-1].delay)
    for pace in paces:
        pace.close()
    assert most_in_a_window(arrivals, seconds) <= limit


def test_one_who_uses_every_slot_gets_97_percent_of_600_a_minute(dsn: str, clock: HeldClock) -> None:
    used = spend(Pace(dsn, "p", limit=600, window=MINUTE, now=clock.now), clock, 1200)
    assert most_in_a_window(used, 60) in range(575, 601)
    assert 600 / (used[1100] - used[500]) >= 0.97 * 10


def test_a_limit_of_one_lets_one_through(dsn: str, clock: HeldClock) -> None:
    used = spend(Pace(dsn, "p", limit=1, window=MINUTE, now=clock.now), clock, 4)
    assert all(60 < later - earlier < 62 for earlier, later in pairwise(used))


def test_two_who_share_a_name_share_the_budget_and_another_name_is_another_budget(dsn: str, clock: HeldClock) -> None:
    one, two, other = (Pace(dsn, name, limit=60, window=MINUTE, now=clock.now) for name in ("a", "a", "b"))
    assert one.reserve()[0].delay == 0
    assert two.reserve()[0].delay == pytest.approx(one.gap.total_seconds())
    assert other.reserve()[0].delay == 0


def test_slots_come_as_many_as_were_asked_for_in_order_of_time(dsn: str, clock: HeldClock) -> None:
    slots = Pace(dsn, "p", limit=600, window=MINUTE, now=clock.now).reserve(50)
    assert len(slots) == 50
    assert [slot.opens for slot in slots] == sorted(slot.opens for slot in slots)
    assert 4 < slots[-1].delay < 5


def test_a_slot_has_lapsed_when_it_is_used_too_late(dsn: str, clock: HeldClock) -> None:
    pace = Pace(dsn, "p", limit=600, window=MINUTE, slack=timedelta(seconds=1), now=clock.now)
    slot = pace.reserve()[0]
    clock.pass_(seconds=0.499)
    assert not slot.lapsed()
    clock.pass_(seconds=0.002)
    assert slot.lapsed()
    assert not slot.wait(clock)


def test_slots_that_nobody_used_are_not_made_up_for(dsn: str, clock: HeldClock) -> None:
    pace = Pace(dsn, "p", limit=60, window=MINUTE, burst=3, now=clock.now)
    for _ in range(20):
        pace.reserve(3)
    clock.pass_(minutes=10)
    delays = [pace.reserve()[0].delay for _ in range(5)]
    assert delays[:3] == [0, 0, 0]
    assert delays[3] > 0.9


def test_the_limit_may_change_between_releases(dsn: str, clock: HeldClock) -> None:
    spend(Pace(dsn, "p", limit=600, window=MINUTE, now=clock.now), clock, 50)
    slower = spend(Pace(dsn, "p", limit=60, window=MINUTE, now=clock.now), clock, 70)
    assert most_in_a_window(slower, 60) <= 60


def test_after_a_penalty_nobody_goes_before_its_end_and_then_not_in_a_burst(dsn: str, clock: HeldClock) -> None:
    one, two = (Pace(dsn, "a", limit=600, window=MINUTE, now=clock.now) for _ in range(2))
    one.reserve()
    one.penalty(30)
    one.penalty(5)
    delays = [slot.delay for slot in two.reserve(3)]
    assert delays[0] == pytest.approx(30, abs=1e-5)
    assert delays[1] - delays[0] == pytest.approx(two.gap.total_seconds(), abs=1e-5)


def test_a_penalty_may_come_before_the_first_request(dsn: str, clock: HeldClock) -> None:
    pace = Pace(dsn, "p", limit=600, window=MINUTE, now=clock.now)
    pace.penalty(30)
    assert pace.reserve()[0].delay == pytest.approx(30, abs=1e-5)


def test_a_pace_without_a_limit_asks_nobody_and_never_waits() -> None:
    pace = Pace("postgresql://nobody@127.0.0.1:1/nowhere", "p", limit=0, window=MINUTE)
    slots = pace.reserve(1000)
    assert len(slots) == 1000
    assert slots[0].delay == 0
    assert not slots[0].lapsed()
    assert slots[0].wait(SystemClock())
    pace.penalty(60)
    pace.close()


def test_a_connection_that_was_dropped_is_opened_again(dsn: str) -> None:
    pace = Pace(dsn, "p", limit=600, window=MINUTE)
    pace.reserve()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'malote pace'"
        )
    assert len(pace.reserve(2)) == 2
    pace.close()
    assert len(pace.reserve(2)) == 2
    pace.close()


def test_a_database_that_is_away_is_transient_and_says_that_nothing_was_sent() -> None:
    pace = Pace("postgresql://malote:planted-secret@127.0.0.1:1/nowhere", "p", limit=600, window=MINUTE)
    with pytest.raises(Transient) as raised:
        pace.reserve()
    assert "nothing was sent" in str(raised.value)
    assert "planted-secret" not in str(raised.value)


def test_a_database_without_the_table_is_misconfigured(database: str) -> None:
    with pytest.raises(Misconfigured, match="migrations"):
        Pace(database, "p", limit=600, window=MINUTE).reserve()


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": -1},
        {"window": timedelta()},
        {"slack": timedelta(seconds=-1)},
        {"burst": 0},
        {"burst": 601},
    ],
)
def test_a_budget_that_makes_no_sense_is_misconfigured(wrong: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        Pace("", "p", **{"limit": 600, "window": MINUTE, **wrong})  # type: ignore[arg-type]


def test_at_least_one_slot_is_reserved() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace("", "p", limit=600, window=MINUTE).reserve(0)


def test_threads_share_one_pace_and_no_place_is_given_twice(dsn: str, clock: HeldClock) -> None:
    pace = Pace(dsn, "p", limit=600, window=MINUTE, burst=1, now=clock.now)
    with ThreadPoolExecutor(8) as pool:
        opens = [slot.opens for slots in pool.map(lambda _: pace.reserve(5), range(40)) for slot in slots]
    opens.sort()
    gap = pace.gap.total_seconds()
    assert all(later - earlier > 0.99 * gap for earlier, later in pairwise(opens))


class Door:
    """A server that stamps each byte that arrives, one byte a request."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(1):
                self.arrivals.append(time.monotonic())
                connection.sendall(b".")

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


def test_three_processes_together_keep_the_limit_at_the_server(dsn: str, door: Door) -> None:
    spawn = multiprocessing.get_context("spawn")
    crowd = [spawn.Process(target=knock, args=(dsn, door.port, 30, 60, 1.5)) for _ in range(3)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(60)
    assert [process.exitcode for process in crowd] == [0, 0, 0]
    assert len(door.arrivals) == 90
    assert most_in_a_window(door.arrivals, 1.5) <= 60


def test_a_slot_is_a_value_without_secrets() -> None:
    assert "postgresql" not in repr(Slot(1.0, 2.0))

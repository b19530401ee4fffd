"""Eight workers that submit and land at once, each for an account of its own, beside one, two and four of them.

Whatever one PostgreSQL gives these statements, it gives it with some number of workers: the best rate is the measure of
the rate of eight. Beside each run two pollers use up one shared pace, as two triggerers do. A worker is a process, as a
task is; a lot goes through all moves, with a return file, and is small, so that commits meet often.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import time
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event

import psycopg
from adding import add_cielo
from pace import most_in_a_window

from malote.hours import Pace

FEWER, ALL, POLLERS = (1, 2, 4), 8, 2
ITEMS = 2_500
LIMIT, WINDOW = 200, timedelta(seconds=10)
"""Of the pace: so that a short run sees some windows of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Items landed a second by so many workers at once; what went wrong meanwhile."""

    rates: dict[int, float]
    deadlocks: int
    violations: int
    used: float
    """Of what the pace allows, after its first window."""


def work(dsn: str, folder: str, first: int, ec: str, ready: Barrier, stop: Event, pipe: Connection) -> None:
    """A worker's process: lot after lot until it is told to stop, the first one to warm up; how many were counted."""
    logging.disable(logging.WARNING)
    add_cielo(dsn, folder, first, ec=ec, items=ITEMS)
    ready.wait()
    lots = 0
    while not stop.is_set():
        lots += 1
        add_cielo(dsn, folder, first + lots, ec=ec, items=ITEMS)
    pipe.send((lots, time.monotonic()))


def poll(dsn: str, ready: Barrier, stop: Event, pipe: Connection) -> None:
    """A triggerer's process: when it would have asked."""

    async def main() -> list[float]:
        pace, asked = Pace(dsn, "years/polls", limit=LIMIT, window=WINDOW), []
        while not stop.is_set():
            for slot in await asyncio.to_thread(pace.reserve, 10):
                await asyncio.sleep(slot.delay)
                if not slot.lapsed():
                    asked.append(time.monotonic())
        pace.close()
        return asked

    ready.wait()
    pipe.send(asyncio.run(main()))


def run(dsn: str, folder: str, workers: int, number: int, seconds: float) -> tuple[float, list[float]]:
    """Items a second, and when the pollers asked.

    :param number: of the first lot; each worker has ten thousand of its own
    """
    spawn = multiprocessing.get_context("spawn")
    ready, stop, pipes, processes = spawn.Barrier(workers + POLLERS + 1, timeout=600), spawn.Event(), [], []
    for n in range(workers + POLLERS):
        ours, theirs = spawn.Pipe()
        task = (work, (dsn, folder, number, f"20069930{n:02}")) if n < workers else (poll, (dsn,))
        processes.append(spawn.Process(target=task[0], args=(*task[1], ready, stop, theirs)))
        processes[-1].start()
        theirs.close()
        pipes.append(ours)
    ready.wait()
    begun = time.monotonic()
    time.sleep(seconds)
    stop.set()
    told = [pipe.recv() for pipe in pipes]  # EOFError where one broke: its traceback is above
    for each in processes:
        each.join()
    rate = sum(lots * ITEMS / (ended - begun) for lots, ended in told[:workers])
    return rate, sorted(asked for each in told[workers:] for asked in each)


def measure(dsn: str, folder: str, minutes: float) -> Found:
    """All numbers of workers in turn: the fewer a third of the time each, eight for all of it."""
    with psycopg.connect(dsn, autocommit=True) as c:
        before, rates, most, used = _deadlocks(c), {}, 0, 1.0
        for n, workers in enumerate((*FEWER, ALL)):
            seconds = 60 * minutes / (1 if workers == ALL else 3)
            rates[workers], asked = run(dsn, folder, workers, 10_000 * (n + 1), seconds)
            most += most_in_a_window(asked, WINDOW.total_seconds(), LIMIT)[1]
            steady = [at for at in asked if at > asked[0] + WINDOW.total_seconds()]
            if workers == ALL and len(steady) > LIMIT:
                used = len(steady) / (steady[-1] - steady[0]) / (LIMIT / WINDOW.total_seconds())
        return Found(rates, _deadlocks(c) - before, most, used)


def _deadlocks(c: psycopg.Connection[tuple[int]]) -> int:
    row = c.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone()
    return row[0] if row else 0

"""Measures the pace: how much of what is allowed is used at the server, and whether any sliding window holds more.

    python bench/pace.py [--limit 300] [--window 30] [--processes 1,4] [--seconds 65] [--transit 0.25]

Prints one JSON line for each number of processes. ``used``: requests a second after the first window, as a fraction of
limit / window; ``violations``: arrivals at which the window that ends there holds more than the limit. Each request
spends a random 5 ms to ``--transit`` seconds on its way, as on a real network; half the pace's slack covers 0.25 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import time
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from importlib.resources import files
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

import aiohttp
import psycopg
from goals import Goals

from malote.hours import Pace
from malote_local.postgres import EmbeddedPostgres

OUTSTANDING = 5_000
LEASE = 10
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 11\r\n\r\n<pendente/>"


class Stamping(asyncio.Protocol):
    """The least HTTP server: one stamp for each request head, one fixed reply."""

    def __init__(self, arrivals: list[float]) -> None:
        self.arrivals = arrivals
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for _ in heads:
            self.arrivals.append(time.monotonic())
            self.transport.write(REPLY)  # type: ignore[attr-defined]


def serve(pipe: Connection) -> None:
    """The server's process: sends its port, then, when it is told to stop, the stamps."""

    async def main() -> None:
        arrivals: list[float] = []
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Stamping(arrivals), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await loop.run_in_executor(None, pipe.recv)
        server.close()
        pipe.send(arrivals)

    asyncio.run(main())


def poll(
    dsn: str, port: int, limit: int, window: float, transit: float, codes: list[int], stop: Event, pipe: Connection
) -> None:
    """One triggerer's process: its share of the outstanding codes, round and round, whenever the pace allows."""

    async def main() -> None:
        pace = Pace(dsn, "bench", limit=limit, window=timedelta(seconds=window))
        due, lapsed, under_way = deque(codes), 0, set[asyncio.Task[None]]()

        async def ask(code: int) -> None:
            await asyncio.sleep(random.uniform(0.005, transit))
            async with session.get(f"http://127.0.0.1:{port}/resultado/{code}") as reply:
                await reply.read()
            due.append(code)

        async with aiohttp.ClientSession() as session:
            while not stop.is_set():
                for slot in await asyncio.to_thread(pace.reserve, min(LEASE, len(due))):
                    await asyncio.sleep(slot.delay)
                    if slot.lapsed():
                        lapsed += 1
                        continue
                    task = asyncio.create_task(ask(due.popleft()))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
            await asyncio.gather(*under_way)
        pace.close()
        pipe.send((lapsed, time.process_time()))

    asyncio.run(main())


def most_in_a_window(arrivals: Iterable[float], window: float, limit: int) -> tuple[int, int]:
    """The most in any sliding window, and at how many arrivals the window that ends there held more than the limit."""
    recent: deque[float] = deque()
    most = violations = 0
    for arrival in arrivals:
        recent.append(arrival)
        while arrival - recent[0] > window:
            recent.popleft()
        most = max(most, len(recent))
        violations += len(recent) > limit
    return most, violations


def measure(dsn: str, processes: int, limit: int, window: float, seconds: float, transit: float) -> dict[str, object]:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(there,))
    server.start()
    port, stop = here.recv(), spawn.Event()
    pipes, clients = [], []
    for n in range(processes):
        ours, theirs = spawn.Pipe()
        share = list(range(n, OUTSTANDING, processes))
        clients.append(spawn.Process(target=poll, args=(dsn, port, limit, window, transit, share, stop, theirs)))
        clients[-1].start()
        pipes.append(ours)
    time.sleep(seconds)
    stop.set()
    told = [pipe.recv() for pipe in pipes]
    for client in clients:
        client.join()
    here.send("stop")
    arrivals: list[float] = sorted(here.recv())
    server.join()
    most, violations = most_in_a_window(arrivals, window, limit)
    first, last = arrivals[0] + window, arrivals[-1] - 2
    steady = sum(first < arrival <= last for arrival in arrivals)
    most_in_a_second, _ = most_in_a_window(arrivals, 1.0, limit)
    return {
        "bench": "pace",
        "processes": processes,
        "limit": limit,
        "window_s": window,
        "transit_s": transit,
        "seconds": round(arrivals[-1] - arrivals[0], 1),
        "outstanding": OUTSTANDING,
        "requests": len(arrivals),
        "used": round(steady / (last - first) / (limit / window), 4),
        "violations": violations,
        "most_in_a_window": most,
        "most_in_a_second": most_in_a_second,
        "slots_lapsed": sum(lapsed for lapsed, _ in told),
        "client_cpu_s": round(sum(cpu for _, cpu in told), 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--limit", type=int, default=300)
    options.add_argument("--window", type=float, default=30.0, help="seconds")
    options.add_argument("--processes", default="1,4")
    options.add_argument("--seconds", type=float, help="how long each run takes (default: two windows and 5 s)")
    options.add_argument("--transit", type=float, default=0.25, help="seconds, the most a request spends on its way")
    chosen = options.parse_args()
    seconds = chosen.seconds or 2 * chosen.window + 5
    goals = Goals()
    with EmbeddedPostgres() as postgres:
        for run, processes in enumerate(int(n) for n in chosen.processes.split(",")):
            dsn = postgres.create(f"pace_{run}")
            with psycopg.connect(dsn) as connection:
                connection.execute("CREATE SCHEMA malote")
                connection.execute((files("malote") / "migrations" / "sql" / "pace.sql").read_bytes())
            found = measure(dsn, processes, chosen.limit, chosen.window, seconds, chosen.transit)
            print(json.dumps(found), flush=True)
            goals.most(f"violations, {processes} processes", found["violations"], 0)
            goals.least(f"share of the limit used, {processes} processes", found["used"], 0.95)
    sys.exit(goals.end())


if __name__ == "__main__":
    main()

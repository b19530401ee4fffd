"""A process of its own at a door, as a task would be: apart from its test, whose imports it would pay for."""

from __future__ import annotations

import socket
from datetime import timedelta

from malote.clock import SystemClock
from malote.hours import Pace


def knock(dsn: str, port: int, n: int, limit: int, window: float) -> None:
    """Make n requests at the pace of the door; a slot that has lapsed is forgotten."""
    pace = Pace(dsn, "door", limit=limit, window=timedelta(seconds=window), slack=timedelta(seconds=0.5))
    clock = SystemClock()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while n:
            for slot in pace.reserve(min(n, 3)):
                if slot.wait(clock):
                    connection.sendall(b".")
                    connection.recv(1)
                    n -= 1

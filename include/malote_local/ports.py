"""Chooses free TCP ports on 127.0.0.1."""

from __future__ import annotations

import contextlib
import socket


def free_port() -> int:
    """A port that was free a moment ago; another process may still be quicker."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """As many different ports, all held until the last is found."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]

"""Chooses free TCP ports on 127.0.0.1."""

from __future__ import annotations

import contextlib
import random
import socket
from itertools import chain

_BELOW = range(20_000, 32_000)
"""Where no system hands ports out by itself: one of those goes to whoever asks next, often before it is used."""


def free_port() -> int:
    """A port that was free a moment ago; another process may still be quicker."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """As many different ports, all held until the last is found.

    :raises OSError: where there are not so many
    """
    found: list[int] = []
    start = random.SystemRandom().randrange(len(_BELOW))
    with contextlib.ExitStack() as stack:
        for port in chain(_BELOW[start:], _BELOW[:start]):
            if len(found) == count:
                return found
            probe = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    raise OSError(f"no {count} free ports from {_BELOW.start} to {_BELOW.stop}")

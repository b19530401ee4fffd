"""Every reader of every institution, given hostile bodies of many shapes: time at 1 MB beside that at 64 KB.

A body sixteen times as long may take twenty times as long. The worst reader of each shape is told.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from goals import Goals

from malote.errors import MaloteError
from support.hostile import HOSTILE, READERS

SMALL, LARGE, GOAL, ROUNDS = 64 << 10, 1 << 20, 20.0, 3


def spent(read: Callable[[bytes], object], data: bytes) -> float:
    """Seconds of this process's CPU."""
    gc.disable()  # what it costs depends on whatever else lives in this process
    begun = time.process_time()
    try:
        read(data)
    except MaloteError:
        pass
    finally:
        taken = time.process_time() - begun
        gc.enable()
    return taken


def ratio(read: Callable[[bytes], object], small: bytes, large: bytes) -> float:
    """The best of some rounds; below four milliseconds the clock of the process has no say."""
    return min(spent(read, large) / max(spent(read, small), 0.004) for _ in range(ROUNDS))


def main() -> int:
    """One row for each shape."""
    goals = Goals()
    for what, shape in HOSTILE.items():
        small, large = shape(SMALL), shape(LARGE)
        worst, name = max((ratio(read, small, large), name) for name, read in READERS.items())
        goals.most(f"{what}, {name}: time at 1 MB / at 64 KB", worst, GOAL)
    return goals.end()


if __name__ == "__main__":
    sys.exit(main())

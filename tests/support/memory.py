"""What a piece of work takes of memory at its height: by the system, since libxml2's is seen by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_RESET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
only_where_seen = pytest.mark.skipif(not _RESET.exists(), reason="only Linux tells the height of a process's memory")


def height(work: Callable[[], object]) -> int:
    """By how many KiB the process grew while it worked, at the most."""
    _RESET.write_text("5")
    before = _read("VmRSS")
    work()
    return _read("VmHWM") - before


def _read(field: str) -> int:
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))

"""Runs that are killed with ``kill -9``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support import TESTS


@pytest.fixture(scope="module")
def killed() -> Iterator[Callable[[dict[str, Any]], int]]:
    """``killed(given)``: one run in a process of its own; how that ended."""
    runs = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "one_run.py")], env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with runs:
        assert runs.stdin is not None and runs.stdout is not None

        def run(given: dict[str, Any]) -> int:
            runs.stdin.write(json.dumps(given, default=str) + "\n")
            runs.stdin.flush()
            return int(runs.stdout.readline())

        yield run
        runs.stdin.close()

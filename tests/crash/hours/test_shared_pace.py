"""Several processes share one budget of requests, and the simulator's own counter is the judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support import TESTS
from support.stages import CceeStage

PROCESSES, QUESTIONS, LIMIT, WINDOW = 3, 50, 40, 4.0


def test_three_processes_together_never_ask_more_than_the_limit_in_any_window(warehouse: str, tmp_path: Path) -> None:
    stage = CceeStage(tmp_path)
    try:
        stage.sim.ccee.set(limit=LIMIT, window=WINDOW)
        access = stage.access()
        given = {
            "dsn": warehouse, "url": access.base_url, "extra": dict(access.extra), "limit": LIMIT, "window": WINDOW,
            "questions": QUESTIONS,
        }  # fmt: skip
        children = [
            subprocess.Popen(
                [sys.executable, str(TESTS / "support" / "one_poller.py"), json.dumps(given, default=str)],
                env={**os.environ, "PYTHONPATH": str(TESTS)},
            )
            for _ in range(PROCESSES)
        ]
        assert [child.wait(120) for child in children] == [0] * PROCESSES
        shown = stage.sim.ccee.described()
        assert shown["requests_by_operation"]["obterResultadoProcessamento"] == PROCESSES * QUESTIONS
        assert shown["violations"] == 0
        assert shown["max_in_window_by_operation"]["obterResultadoProcessamento"] <= LIMIT
    finally:
        stage.close()

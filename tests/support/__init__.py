"""What several tests share: whole trips, a made-up institution, stages, rows, runs of DAGs; and where things lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
DATA = TESTS / "data"

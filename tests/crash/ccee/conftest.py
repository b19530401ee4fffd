"""A simulated CCEE of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.stages import CceeStage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[CceeStage]:
    stage = CceeStage(tmp_path)
    yield stage
    stage.close()

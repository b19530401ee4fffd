"""Trips over a simulated Cielo that can be made to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.stages import CieloStage
from support.trip import Trip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[CieloStage]:
    stage = CieloStage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def begin(stage: CieloStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse; calling it again is a restart or another run."""
    made: list[Trip] = []

    def begin(**options: Any) -> Trip:
        clock = made[-1].clock if made else None
        there = options.pop("institution", None) or stage.institution()
        made.append(
            Trip(there, stage.driver(), warehouse, str(tmp_path / "archive"),
                 service=options.pop("service", stage.service), clock=clock, **options)
        )  # fmt: skip
        return made[-1]

    yield begin
    for trip in made:
        trip.close()

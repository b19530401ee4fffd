"""A simulated BNDES of its own for each test, and trips to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from malote.institution import load
from support.stages import BndesStage, driver_of
from support.trip import Trip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[BndesStage]:
    stage = BndesStage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def begin(stage: BndesStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    """``begin(name=value)``: a trip by a connection of that extra; the next goes on with the same pouch."""
    made: list[Trip] = []

    def begin(**extra: Any) -> Trip:
        access = stage.access(**extra)
        made.append(
            Trip(
                load("bndes")(access), driver_of(access), warehouse, str(tmp_path / "archive"),
                service="financiamento", clock=made[-1].clock if made else None,
            )
        )  # fmt: skip
        return made[-1]

    yield begin
    for trip in made:
        trip.close()

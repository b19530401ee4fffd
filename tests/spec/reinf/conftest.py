"""A simulated EFD-Reinf that runs, and a desk that sends to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import malote_sim
from support.reinf import NOW, Desk


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("reinf", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.reinf.reset()
    serving.clock.speed = 0
    serving.clock.set(NOW)
    return serving


@pytest.fixture
def desk(sim: malote_sim.Running, warehouse: str, tmp_path: Path) -> Desk:
    return Desk(sim, warehouse, tmp_path)

"""docker-compose.yaml, started once for all; the players who kill a worker and restart the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.containers import NAMES, Compose, Contained, contained
from support.system.playing import Playing


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    """Everything, healthy; in ``containers.log`` of its folder is what all of them said."""
    with contained(Path(os.environ.get("MALOTE_CONTAINERS") or tmp_path_factory.mktemp("containers"))) as system:
        yield system


@pytest.fixture(scope="session")
def compose(running: Contained) -> Compose:
    """What the containers are looked at through."""
    return running.compose


@pytest.fixture(scope="session")
def playing(running: Contained) -> Playing:
    """Plays situations, each once for all institutions; ``SEED`` is of what chance decides."""
    running.open()
    return Playing(running, os.environ.get("SEED") or "1", NAMES, running.table())

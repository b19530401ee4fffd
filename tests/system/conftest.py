"""The one system that all situations are played in, and the undisturbed rows that theirs are held against."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.system.playing import Playing
from support.system.running import system


@pytest.fixture(scope="session")
def playing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    """Plays situations, each once for all institutions; ``SEED`` is of what chance decides."""
    chosen = [each.callspec.params for each in request.session.items if hasattr(each, "callspec")]
    wanted = {params["name"] for params in chosen if "name" in params}
    state = Path(os.environ.get("MALOTE_SYSTEM") or tmp_path_factory.mktemp("system"))
    with system(state, lambda line: None) as running:
        running.open()
        yield Playing(running, os.environ.get("SEED") or "1", wanted)

"""The archive's store goes away between the intent and the socket: nothing has left, so nobody has to be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from malote.errors import Unreachable
from support.stages import STAGES, Stage
from support.trip import Trip, standings


@pytest.fixture(params=[name for name in STAGES if name != "notary"])  # whose office takes deeds by their name
def stage(request: pytest.FixtureRequest, warehouse: str, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[request.param](tmp_path)
    yield stage
    stage.close()


@pytest.mark.parametrize("where", ["files.Files.open", "files.Files.size", "reaching.Reading.read"])
def test_what_the_store_does_not_give_is_not_sent_and_stays_prepared(
    stage: Stage, where: str, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unreachable("the archive cannot be read: connection refused", todo="see to it", kept="what was prepared")

    trip = Trip(stage.institution(), stage.driver(), warehouse, str(tmp_path / "archive"), service=stage.service)
    try:
        trip.prepare(stage.rows(1, 2))
        with monkeypatch.context() as away:
            away.setattr(f"malote.archive.{where}", gone)
            if where != "files.Files.size" or stage.name != "cielo":  # what is sealed is not measured
                with pytest.raises(Unreachable, match="the archive cannot be read"):
                    trip.send()
                assert standings(warehouse).keys() == {"prepared"} and not stage.accepted()
        trip.run(stage.rows(1, 2), between=stage.calm)
        assert standings(warehouse).keys() == {"landed"} and set(stage.accepted().values()) == {1}
    finally:
        trip.close()

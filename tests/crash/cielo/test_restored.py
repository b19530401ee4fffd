"""A journal that was restored from before Cielo's newest lot: numbers begin beyond it, and nothing mixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from malote.institution import load
from malote.migrations import upgrade
from support.stages import CieloStage
from support.trip import Trip, standings


def test_lots_of_a_restored_journal_meet_no_number_that_cielo_has(
    begin: Callable[..., Trip], stage: CieloStage, database: str, tmp_path: Path
) -> None:
    for name, first in (("one", 0), ("two", 2)):
        lost = begin(pouch=f"dag/{name}/submit")
        lost.prepare(stage.rows(first, 2))
        lost.send()
    there = set(stage.sim.cielo.lots)
    assert len(there) == 2
    upgrade(database)  # the restored journal knows of neither
    access = stage.access()
    beyond = load("cielo")(stage.access(rules={**access.extra["rules"], "first_lot": 3}))
    restored = Trip(
        beyond, stage.driver(), database, str(tmp_path / "archive"), service=stage.service, clock=lost.clock
    )
    restored.prepare(stage.rows(4, 2))
    restored.send()
    assert set(stage.sim.cielo.lots) - there == {f"{access.login}/3"}
    assert standings(database) == {"received": 1}
    assert stage.sim.cielo.accepted_more_than_once == 0
    stage.sim.clock.advance(13 * 3600)
    restored.clock.at = max(restored.clock.at, stage.sim.clock.now())
    restored.wait()
    restored.land()
    assert standings(database) == {"landed": 1}
    assert stage.sim.cielo.accepted_more_than_once == 0
    restored.close()

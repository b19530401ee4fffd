"""For every institution and checkpoint: stop dead, restart, finish; by an exception, and by a real kill -9."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote import INSTITUTIONS
from malote.checkpoint import CHECKPOINTS
from malote.submission import Standing
from support.stages import STAGES, CceeStage, Stage
from support.trip import Dead, Trip, standings

ROWS = 5


@pytest.fixture(params=list(STAGES))
def stage(request: pytest.FixtureRequest, warehouse: str, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[request.param](tmp_path)
    stage.prepare_warehouse(warehouse)
    yield stage
    stage.close()


def trip(stage: Stage, dsn: str, folder: Path, **options: Any) -> Trip:
    return Trip(stage.institution(), stage.driver(), dsn, str(folder / "archive"), service=stage.service, **options)


def finish(stage: Stage, dsn: str, folder: Path) -> int:
    """Restart and finish, as clearing every task would; a person resolves what is in doubt. Returns how many were."""
    last = trip(stage, dsn, folder)
    try:
        last.run(stage.rows(0, ROWS))
        doubts = last.journal.submissions(last.scope, Standing.IN_DOUBT)
        for doubt in doubts:
            (said,) = [event["detail"] for event in last.journal.story(doubt.id) if event["what"] == "in doubt"]
            assert said["evidence"] and said["search"], "a doubt says what is known and where to look"
            receipt = stage.truth(doubt)
            if receipt:
                last.journal.give_receipt(doubt.id, receipt, "seen over there")
            else:
                last.journal.resend(doubt.id, "it is not there")
        last.run(stage.rows(0, ROWS))
    finally:
        last.close()
    return len(doubts)


def check(stage: Stage, dsn: str) -> None:
    assert set(stage.accepted().values()) == {1}, stage.accepted()
    assert standings(dsn).keys() == {"landed"}
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(f"select reference, {stage.verdict[0]} from {stage.table} order by 1").fetchall()
    assert rows == [(row["reference"], stage.verdict[1]) for row in stage.rows(0, ROWS)]


def test_the_undisturbed_trip_is_what_the_others_are_held_against(stage: Stage, warehouse: str, tmp_path: Path) -> None:
    assert finish(stage, warehouse, tmp_path) == 0
    check(stage, warehouse)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_stopped_dead_at(name: str, stage: Stage, warehouse: str, tmp_path: Path) -> None:
    doomed = trip(stage, warehouse, tmp_path, die_at=name)
    try:
        doomed.run(stage.rows(0, ROWS))
    except Dead:
        pass
    else:
        raise AssertionError("the trip never came past it")
    finally:
        doomed.close()
    doubts = finish(stage, warehouse, tmp_path)
    expected = not stage.findable and name in ("attempt open", "reply read")
    assert doubts == int(expected), "only what cannot be asked for is in doubt, and it is"
    check(stage, warehouse)


def test_a_lost_import_reply_ends_in_doubt_and_resolve_brings_it_home(warehouse: str, tmp_path: Path) -> None:
    stage = CceeStage(tmp_path)
    try:
        stage.play("lost_reply")
        first = trip(stage, warehouse, tmp_path)
        first.prepare(stage.rows(0, ROWS))
        assert first.send().in_doubt == 1
        first.close()
        assert finish(stage, warehouse, tmp_path) == 1
        assert set(stage.accepted().values()) == {1}
        assert standings(warehouse) == {"landed": 1}
    finally:
        stage.close()


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_killed_with_minus_nine_at(
    institution: str, name: str, warehouse: str, tmp_path: Path, killed: Callable[[dict[str, Any]], int]
) -> None:
    """``except`` and ``finally`` must not be what saves us."""
    stage = STAGES[institution](tmp_path)
    try:
        given = {"dsn": warehouse, "archive": str(tmp_path / "archive"), "die_at": name,
                 "access": dataclasses.asdict(stage.institution().access)}  # fmt: skip
        assert killed(given) == -signal.SIGKILL
        doubts = finish(stage, warehouse, tmp_path)
        assert doubts == int(not stage.findable and name in ("attempt open", "reply read"))
        check(stage, warehouse)
    finally:
        stage.close()

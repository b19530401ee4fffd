"""Whole trips in which every reply comes under a head, or in bytes, that strict readers refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from malote_sim import spoiling
from support.stages import STAGES, Stage
from support.trip import Trip, standings

SIMULATED = [name for name in STAGES if name != "notary"]
DOORS = {"ccee": "importarArquivo", "cielo": "upload", "bndes": "financiamento", "reinf": "recepcao"}
FORMS = [("head", how) for how in spoiling.HEADS if how not in spoiling.LOST]
FORMS += [("bytes", how) for how in spoiling.BYTES]


@pytest.fixture(params=SIMULATED)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    made = STAGES[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def begin(stage: Stage, warehouse: str, tmp_path: Path) -> Iterator[Callable[[str], Trip]]:
    made: list[Trip] = []

    def begin(pouch: str) -> Trip:
        archive = str(tmp_path / "archive")
        clock = made[-1].clock if made else None
        made.append(
            Trip(
                stage.institution(), stage.driver(), warehouse, archive, service=stage.service, pouch=pouch, clock=clock
            )
        )
        return made[-1]

    yield begin
    for each in made:
        each.driver.close()
        each.close()


def test_whatever_form_the_replies_have_the_trip_is_the_same(stage: Stage, begin: Callable[[str], Trip]) -> None:
    """Every form on every reply of a whole trip: one submission each, accepted once, landed once, nothing in doubt."""
    simulator = stage.sim.simulators[stage.name]
    for number, (what, how) in enumerate(FORMS):
        simulator.set(**{"head": "", "bytes": "", what: how})
        trip = begin(how)
        landed = trip.run(stage.rows(10 + number, 1), stage.calm)
        assert (landed.submissions, landed.rows, landed.problems) == (1, 1, ()), (what, how)

    assert standings(trip.dsn) == {"landed": len(FORMS)}
    assert stage.sim.simulators[stage.name].accepted_more_than_once == 0
    with psycopg.connect(trip.dsn) as connection:
        unclear = connection.execute(
            "select pouch, detail from malote.event e join malote.submission s on s.id = e.submission "
            "where what = 'fate unknown'"
        ).fetchall()
        said = str(connection.execute("select detail from malote.event").fetchall())
    assert unclear == [] and "repaired" in said


@pytest.mark.parametrize("how", sorted(spoiling.LOST))
def test_a_submits_reply_that_nobody_can_read_is_kept_as_evidence(
    stage: Stage, begin: Callable[[str], Trip], how: str
) -> None:
    trip = begin("one")
    trip.prepare(stage.rows(0, 1))
    stage.sim.simulators[stage.name].play("head", on=DOORS[stage.name], how=how)
    trip.courier.send(trip.order.pouch, trip.driver)

    with psycopg.connect(trip.dsn) as connection:
        [(kept,)] = connection.execute(
            "select detail->>'reply' from malote.event where what = 'fate unknown'"
        ).fetchall()
    assert kept and "replies/" in kept


def test_the_reply_to_bytes_that_went_again_is_kept_too(tmp_path: Path, warehouse: str) -> None:
    """Cielo's way of asking: the same lot again. What comes back unreadable may be its receipt."""
    stage = STAGES["cielo"](tmp_path)
    trip = Trip(
        stage.institution(), stage.driver(), warehouse, str(tmp_path / "archive"), service=stage.service, pouch="one"
    )
    trip.prepare(stage.rows(0, 1))
    stage.sim.cielo.play("reset_before", on="upload")
    stage.sim.cielo.play("head", on="upload", how="unknown_coding")
    while trip.courier.send(trip.order.pouch, trip.driver).wake and not stage.sim.cielo.accepted:
        trip.clock.at += timedelta(minutes=10)

    with psycopg.connect(trip.dsn) as connection:
        told = connection.execute("select detail->>'reply' from malote.event where what = 'could not ask'").fetchall()
    assert any("replies/" in str(kept) for (kept,) in told)
    for each in (trip.driver, trip, stage):
        each.close()


@pytest.mark.parametrize("how", ["control_reference", "multipart", "utf-16_said"])
def test_what_was_mended_in_the_reply_to_a_question_is_told_once_in_the_story(
    stage: Stage, begin: Callable[[str], Trip], how: str
) -> None:
    trip = begin("one")
    trip.prepare(stage.rows(0, 1))
    trip.send()
    stage.sim.simulators[stage.name].set(bytes=how)
    for _ in range(3):
        rest = trip.asking.in_turn(trip.scope, trip.driver)
        trip.clock.at = max(trip.clock.at, rest.wake or trip.clock.at)

    with psycopg.connect(trip.dsn) as connection:
        told = connection.execute("select detail from malote.event where what = 'reply repaired'").fetchall()
    assert len(told) == len({str(each) for each in told}) and told

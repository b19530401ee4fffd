"""What BNDES refused: what may travel again, what is held back by its reference, and where that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.institution import load
from malote.institutions.bndes.rules import WORDS
from support.stages import BndesStage
from support.trip import Trip

CLOSED = "Expediente encerrado"
TAUGHT = {"words": {"closed": [*WORDS["closed"], "expediente encerrado"]}}


@pytest.fixture
def begin(stage: BndesStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    """``begin(service, **rules)``: the trip of another run."""
    made: list[Trip] = []

    def begin(service: str, **rules: Any) -> Trip:
        access = stage.access()
        there = load("bndes")(stage.access(rules={**access.extra["rules"], **rules}))
        pouch, archive = f"dag/{len(made)}/submit", str(tmp_path / "archive")
        clock = made[-1].clock if made else None
        made.append(Trip(there, stage.driver(), warehouse, archive, service=service, clock=clock, pouch=pouch))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def number(stage: BndesStage) -> str:
    (operation,) = stage.sim.bndes.described()["operacoes"].values()
    return str(operation["numeroBNDES"])


def pay(stage: BndesStage, reference: str) -> dict[str, Any]:
    """A payment order of 100: nothing on the wire tells it from the next."""
    return {"reference": reference, "numeroBNDES": number(stage), "valor": 100}


def retidas(trip: Trip) -> list[Any]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute("select referencia, motivo from report.retidas order by 1").fetchall()


def test_a_liberacao_that_was_refused_holds_back_no_other_and_goes_again_when_asked_for(
    stage: BndesStage, begin: Callable[..., Trip]
) -> None:
    stage.sim.bndes.set(life_cycle="result", equal_documents="apart")
    begin("financiamento").run(stage.rows(0, 1))
    first = begin("liberacao")
    first.run([pay(stage, "PGTO-1")])  # before the contract is signed: rejected
    assert stage.sim.bndes.approved_more_than_once == 0 and not stage.sim.bndes.approved.get("liberacao")
    begin("contratacao").run([{"reference": number(stage), "numeroBNDES": number(stage)}])

    both = [pay(stage, "PGTO-1"), pay(stage, "PGTO-2")]
    second = begin("liberacao")
    prepared = second.prepare(both)
    assert (prepared.items, prepared.held_because) == (1, {"refused": 1}), "PGTO-2 is nobody's but its own"
    assert retidas(second) == [("PGTO-1", "recusado")]
    assert second.run(both).rows == 1
    third = begin("liberacao")
    prepared = third.prepare(both, refused_too=True)
    assert (prepared.items, prepared.held_because) == (1, {"accepted": 1})
    third.send()
    third.wait()
    assert third.land().rows == 1
    assert retidas(third) == []
    (operation,) = stage.sim.bndes.described()["operacoes"].values()
    assert float(operation["released"]) == 200


@pytest.mark.parametrize("service", ["financiamento", "liberacao", "cancelamento"])
def test_a_refusal_whose_words_turn_out_to_mean_closed_holds_nothing_back(
    stage: BndesStage, begin: Callable[..., Trip], service: str
) -> None:
    rows = stage.rows(0, 1)
    if service != "financiamento":
        begin("financiamento").run(rows)
        begin("contratacao").run([{"reference": number(stage), "numeroBNDES": number(stage)}])
        rows = [pay(stage, "PGTO-1")] if service == "liberacao" else [{"reference": "C", "numeroBNDES": number(stage)}]
    stage.sim.bndes.set(closed_as="400 xml", messages={"closed": ["9000", CLOSED]})
    stage.sim.bndes.play("closed", on=service)
    trip = begin(service)
    trip.prepare(rows)
    assert trip.send().refused == 1
    if service == "financiamento":
        untaught = begin(service).prepare(rows, refused_too=True)
        assert untaught.held_because == {"refused_unchanged": 1}
        assert retidas(trip) == [("2026/1000", "recusado_sem_mudanca")]
    taught = begin(service, **TAUGHT)
    assert taught.prepare(rows).held_because == {"refused": 1}, "it travels when it is asked for"
    assert taught.prepare(rows, refused_too=True).items == 1
    assert taught.send().wake is None
    taught.wait()
    assert taught.land().rows == 1
    assert set(stage.accepted().values()) == {1}


def test_a_user_may_say_for_which_services_only_what_has_changed_travels_again(
    stage: BndesStage, begin: Callable[..., Trip]
) -> None:
    stage.sim.bndes.set(reject={"2026/1000": ["cadin"]})
    rows = stage.rows(0, 1)
    begin("financiamento").run(rows)
    assert begin("financiamento").prepare(rows, refused_too=True).held_because == {"refused_unchanged": 1}
    assert begin("financiamento", refused_unchanged=[]).prepare(rows, refused_too=True).items == 1

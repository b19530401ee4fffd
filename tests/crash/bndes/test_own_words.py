"""BNDES in names and words that no manual gives: the first answer says which rule names them, and taught it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from malote.submission import Standing
from support.stages import BndesStage
from support.trip import Trip, standings

PROPOSAL = "financiamento 2026/1000"


def story(trip: Trip) -> list[dict[str, Any]]:
    (mine,) = trip.journal.submissions(trip.scope)
    return trip.journal.story(mine.id)


SPOKEN: dict[str, tuple[dict[str, Any], bool, str, dict[str, Any]]] = {
    "status": (
        {"names": {"status": "andamento"}}, False, "extra.rules.tags.status",
        {"tags": {"status": ["andamento"]}},
    ),
    "value": ({"values": {"aprovado": "DEFERIMENTO"}}, False, "extra.rules.words", {"words": {"yes": ["deferimento"]}}),
    "protocol": (
        {"names": {"numeroProtocolo": "identificador"}}, False, "extra.rules.tags.numero_protocolo",
        {"tags": {"numero_protocolo": ["identificador"]}},
    ),
    "root": (
        {"names": {"pesquisa_operacao_retorno": "listagem"}}, True, "extra.rules.own_roots",
        {"own_roots": ["listagem"]},
    ),
    "proposal": (
        {"names": {"numeroProposta": "proposta"}}, True, "extra.rules.tags",
        {"tags": {"numero_proposta": ["numeroProposta", "proposta"]}},
    ),
}  # fmt: skip
"""What BNDES calls them, whether its reply is lost and has to be looked for, which rule is told, what is taught."""


@pytest.mark.parametrize(("spoken", "lost", "rule", "taught"), SPOKEN.values(), ids=SPOKEN)
def test_with_nothing_configured_the_first_answer_names_the_rule_and_with_it_the_trip_comes_home(
    stage: BndesStage, begin: Callable[..., Trip], spoken: Any, lost: bool, rule: str, taught: Any
) -> None:
    stage.sim.bndes.set(**spoken)
    if lost:
        stage.sim.bndes.play("lost_reply", on="financiamento")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    trip.courier.send(trip.order.pouch, trip.driver)
    trip.clock.pass_(minutes=1)
    trip.asking.in_turn(trip.scope, trip.driver)
    assert [rule in str(event) for event in story(trip)].count(True) == 1

    home = begin(rules={**stage.access().extra["rules"], **taught})
    home.clock.pass_(hours=1)
    home.send()
    home.wait()
    home.land()
    assert standings(home.dsn) == {"landed": 1} and dict(stage.accepted()) == {PROPOSAL: 1}


def test_what_a_failed_question_would_need_never_becomes_what_a_person_is_told_to_look_for(
    stage: BndesStage, begin: Callable[..., Trip]
) -> None:
    stage.sim.bndes.set(names={"pesquisa_operacao_retorno": "listagem"})
    stage.sim.bndes.play("lost_reply", on="financiamento")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    trip.send()
    (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
    told = {each["what"]: each["detail"] for each in story(trip)}
    assert "'listagem' into extra.rules.own_roots" in told["could not ask"]["todo"]
    assert told["in doubt"]["search"] == trip.institution.search(doubt) and "2026/1000" in told["in doubt"]["search"]
    assert "<listagem> is not known" in told["in doubt"]["evidence"]

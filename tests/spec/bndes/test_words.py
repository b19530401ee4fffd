"""Words that decide: a message holds them whole or not at all; what is not known names the rule that would mend it."""

from __future__ import annotations

import pytest

from malote.errors import Malformed
from malote.institutions.bndes.answers import Reading
from malote.institutions.bndes.rules import BndesRules
from support.bndes import bndes, reply

HELD = [
    ("there", "Proposta já cadastrada no sistema"), ("there", "PROPOSTA JÁ EXISTENTE"), ("there", "Duplicidade."),
    ("there", "registro duplicado"), ("absent", "Operações não encontradas"), ("absent", "Proposta inexistente"),
    ("absent", "não existem operações"), ("closed", "Fora do horário de protocolo"), ("closed", "(fora do horário)"),
    ("closed", "Solicitação recebida fora do\n horário"),
]  # fmt: skip
NOT_HELD = [
    ("there", "Documento reduplicado"), ("there", "duplicadora da proposta"), ("absent", "operação preexistente"),
    ("absent", "coexistente"), ("closed", "Fora do horariozinho"), ("there", "jaexiste"), ("there", "Naja existe"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text"), HELD)
def test_a_word_is_found_whatever_its_case_accents_and_ending(what: str, text: str) -> None:
    assert Reading(BndesRules()).says(what, [text])


@pytest.mark.parametrize(("what", "text"), NOT_HELD)
def test_a_word_within_another_one_is_none(what: str, text: str) -> None:
    assert not Reading(BndesRules()).says(what, [text])


TAUGHT = [
    ("sim", "Sim.", True), ("sim", "simples", False), ("sim", "assim", False), ("uri", "Security", False),
    ("uri", "a URI não foi encontrada", True), ("não há", "Não há operações", True), ("não há", "Não havia", False),
    ("4012", "erro 40121", False), ("4012", "erro 4012: nada", True), ("c++", "em c++ não", True),
]  # fmt: skip


@pytest.mark.parametrize(("word", "text", "held"), TAUGHT)
def test_a_word_that_a_connection_teaches_is_a_whole_one_too(word: str, text: str, held: bool) -> None:
    rules = BndesRules().override({"words": {"absent": [word]}})
    assert Reading(rules).says("absent", [text]) is held


def test_the_first_answer_that_is_not_known_names_the_rule() -> None:
    with pytest.raises(Malformed, match="<erroApa> is not known") as caught:
        bndes().pesquisa({"evento": "x"}).read(reply(202, "<erroApa><a>1</a></erroApa>"))
    assert "extra.rules.own_roots" in str(caught.value) and "malote explain bndes" in str(caught.value)
    assert "extra.rules.tags.status" in bndes()._reading.unknown(None)
    assert "extra.rules.words" in bndes()._reading.unknown("y")


def test_a_test_of_the_connection_says_that_its_answer_cannot_be_read_and_which_rule_would_help() -> None:
    said = bndes().probe().read(reply(200, "<erroApa><mensagem>protocolo inválido</mensagem></erroApa>"))
    assert "lets this e-CNPJ ask" in said and "extra.rules.own_roots" in said
    taught = bndes(rules={"own_roots": ["erroApa"]}).probe()
    assert "own_roots" not in taught.read(reply(200, "<erroApa><mensagem>protocolo inválido</mensagem></erroApa>"))

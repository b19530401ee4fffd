"""`malote explain`: what each element of a sample answer is, by which rule, and nobody's number in clear."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from malote import INSTITUTIONS
from malote.commandline import main
from support.reinf import event, ocorrencia, retorno

CARD, CPF, CNPJ, ALPHA = "4012001037141112", "52998224725", "33657248000189", "12ABC34501DE35"
APA = (
    f'<erroApa><registro><proposta>2026/17</proposta><cliente cpf="{CPF}">MARIA</cliente><nrProto>P-77</nrProto>'
    "<andamento>Homologando</andamento></registro></erroApa>"
)
NAMED: dict[str, Any] = {
    "own_roots": ["erroApa"],
    "tags": {"numero_protocolo": ["nrProto"], "status": ["andamento"], "operacao": ["registro"]},
    "words": {"yes": ["homologando"]},
}  # fmt: skip
CCEE = (
    "<Envelope><Body><obterResultadoProcessamentoResponse><codigoProcessamento>545</codigoProcessamento><detalhe>"
    "<status>{}</status><contrato><codigoOrigem>ADV-1</codigoOrigem></contrato></detalhe>"
    "</obterResultadoProcessamentoResponse></Body></Envelope>"
)
FAULT = (
    "<Envelope><Body><Fault><faultcode>x</faultcode><detail><f><errorCode>{}</errorCode><message>m</message></f>"
    "</detail></Fault></Body></Envelope>"
)
LOT = (
    '<retorno-lote xmlns="http://ecommerce.cbmp.com.br"><numero-lote>9</numero-lote><lista><transacao id="1">'
    "<tid>T1</tid><status>{}</status><autorizacao><lr>{}</lr></autorizacao></transacao></lista></retorno-lote>"
)

SAID: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "bndes, nothing configured": ("bndes", {}, APA, [
        "<erroApa> is not known", "extra.rules.own_roots", "nrProto: not read", "proposta: '2026/17' is operacao",
        "nothing is read as one (status, situacao): extra.rules.tags.status", "extra.rules.tags.numero_protocolo"]),
    "bndes, configured": ("bndes", NAMED, APA, [
        "<erroApa> is known as BNDES's own", "nrProto: 'P-77' is numero_protocolo (tags.numero_protocolo)",
        "means yes: words.yes", "received, protocol P-77", "as a result of financiamento: approved", "1 operations"]),
    "bndes, a refusal": ("bndes", {}, "<retorno><mensagem>Proposta já cadastrada</mensagem></retorno>", [
        "a text says 'ja cadastrad': extra.rules.words.there"]),
    "ccee, accepted": ("ccee", {}, CCEE.format("SUCESSO"), [
        "codigoOrigem: 'ADV-1' is codigo_origem, the reference", "1 SUCESSO (accepted)", "received, code 545"]),
    "ccee, an unknown status": ("ccee", {}, CCEE.format("TALVEZ"), ["a status not known to us"]),
    "ccee, a fault": ("ccee", {}, FAULT.format("2001"), ["fault 2001", "misconfigured"]),
    "ccee, an unknown fault": ("ccee", {}, FAULT.format("9999"), ["fault 9999", "not known to us"]),
    "cielo, a return": ("cielo", {}, LOT.format("6", "00"), [
        "transacao/tid: 'T1' is tid", "autorizacao/lr: '00' is lr", "lot 9: 1 Capturada, status 6, LR 00 (accepted)"]),
    "cielo, an unknown status": ("cielo", {}, LOT.format("77", ""), ["status desconhecido", "(unanswered)"]),
    "cielo, a number in use": ("cielo", {}, "<erro><codigo>100</codigo><mensagem>m</mensagem></erro>", [
        "as the answer to an upload: received", "as the answer to a question for a return: "]),
    "reinf, a result": ("reinf", {}, retorno(2, event(0) + event(1, "1", "")), [
        "protocoloEnvio: '2.202611.1' is the receipt of the lote", "received, protocol 2.202611.1",
        "as the result of a lote: 2 events: 1 accepted, 1 refused"]),
    "reinf, a refusal": ("reinf", {}, retorno(7, protocol="", more=ocorrencia("MS0030", "Sem procuração")), [
        "did not take the lote", "MS0030 Sem procuração"]),
}  # fmt: skip


@pytest.fixture
def explained(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in INSTITUTIONS:
        monkeypatch.delenv(f"AIRFLOW_CONN_{name.upper()}_DEFAULT", raising=False)

    def explained(institution: str, answer: str, rules: Any = None, *more: str) -> str:
        (tmp_path / "answer.xml").write_text(answer, "utf-8")
        (tmp_path / "extra.json").write_text(json.dumps({"rules": rules or {}}))
        command = ["explain", institution, str(tmp_path / "answer.xml"), "--extra", str(tmp_path / "extra.json"), *more]
        main(command)
        told = capsys.readouterr()
        return told.out + told.err

    return explained


@pytest.mark.parametrize("case", SAID)
def test_a_rehearsal_says_what_is_read_as_what_and_what_comes_of_it(explained: Any, case: str) -> None:
    institution, rules, answer, wanted = SAID[case]
    said = explained(institution, answer, rules)
    assert [each for each in wanted if each not in said] == [], said


HIDDEN = {
    "a card": CARD, "a card in groups": "4012 0010 3714 1112", "a card with signs": "4012-0010.3714_1112",
    "a card in full-width digits": "４０１２００１０３７１４１１１２", "a CPF": CPF,
    "a CPF with signs": "529.982.247-25",
    "a CPF with blanks": "529 982 247 25", "a CNPJ": CNPJ, "a CNPJ with signs": "33.657.248/0001-89",
    "a CNPJ with letters": ALPHA, "the same with signs": "12.ABC.345/01DE-35", "in a sentence": f"do CPF {CPF}, sim",
}  # fmt: skip
PLACES = {
    "bndes": "<retorno><protocolo>{0}</protocolo><status>{0}</status><cpf>{0}</cpf><mensagem>{0}</mensagem><x>{0}</x>"
    '<y numeroBNDES="{0}"/></retorno>',
    "ccee": CCEE.format("{0}").replace("ADV-1", "{0}"),
    "cielo": LOT.format("{0}", "{0}").replace("T1", "{0}"),
    "reinf": retorno(3, event(0, "1", "{0}", ocorrencia("{0}", "{0}")), protocol="{0}", more=ocorrencia("{0}", "{0}")),
}


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_nobodys_number_is_shown_wherever_it_stands(explained: Any, institution: str, hidden: str) -> None:
    said = explained(institution, PLACES[institution].format(HIDDEN[hidden]))
    assert HIDDEN[hidden] not in said and "Traceback" not in said
    digits = "".join(each for each in said if each.isdigit())
    for number in (CARD, CPF, CNPJ):
        assert number not in digits and number[3:11] not in said


ODD = {
    "no XML": "{}", "cut short": "<retorno><a>", "empty": "", "an entity": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "HTML": "<html><body>Proxy</body></html>", "one element": "<retorno/>",
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_whatever_is_given_is_answered_in_words(explained: Any, institution: str, odd: str) -> None:
    said = explained(institution, ODD[odd])
    assert said.strip() and "Traceback" not in said and "malote itself failed" not in said


def test_a_hundred_thousand_items_are_as_many_lines_as_one(explained: Any) -> None:
    item = LOT.format("6", "00").partition("<lista>")[2].partition("</lista>")[0]
    many = LOT.format("6", "00").replace(item, item * 5000)
    assert len(explained("cielo", many).splitlines()) == len(explained("cielo", LOT.format("6", "00")).splitlines())
    assert "(×5000)" in explained("cielo", many)


def test_rules_are_those_of_the_connection_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = {"conn_type": "bndes", "extra": {"environment": "homologacao", "rules": NAMED}}
    monkeypatch.setenv("AIRFLOW_CONN_BNDES_DEFAULT", json.dumps(connection))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(APA.encode())))
    assert main(["explain", "bndes", "-"]) == 0
    said = capsys.readouterr().out
    assert "by extra of AIRFLOW_CONN_BNDES_DEFAULT" in said and "means yes" in said


@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_a_service_that_there_is_not_is_refused_in_words(explained: Any, institution: str) -> None:
    assert "no service" in explained(institution, APA, None, "--service", "nada")

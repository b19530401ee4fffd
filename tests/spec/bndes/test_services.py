"""BNDES APA manual, sections 5.3 to 5.15: each service, clause by clause, and the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from malote.archive import Archive
from malote.errors import Malformed, Misconfigured, Refused, Unavailable
from malote.institution import Call
from malote.institutions.bndes.codes import ALREADY_THERE, CODES
from malote.institutions.bndes.institution import Bndes
from malote.institutions.bndes.rules import LOG, RECEIVED, RETURN, SEARCH, SERVICES, STATUS, TRAVELLING, BndesRules
from malote.submission import Pending, Ready
from support.bndes import (
    BASE,
    DOCUMENTED,
    NAMES,
    NOON,
    REASON,
    bndes,
    form,
    posted,
    pretended,
    reply,
    retorno,
    submission,
)

# 5.3: pesquisa


def test_5_3_a_search_is_posted_in_the_form_field_xml_and_202_is_complete() -> None:
    call = bndes().pesquisa({"anoProposta": "2026", "numeroProposta": "17"})
    assert (call.request.method, call.request.url) == ("POST", f"{BASE}api/v1/pesquisa") and not call.submits
    assert form(call.request)["xml"] == [
        '<?xml version="1.0" encoding="UTF-8"?><pesquisa_operacao><anoProposta>2026</anoProposta>'
        "<numeroProposta>17</numeroProposta></pesquisa_operacao>"
    ]
    answer = "<pesquisa_operacao_retorno><operacoes/></pesquisa_operacao_retorno>"
    assert call.read(reply(202, answer)) == answer.encode()
    assert call.read(reply(200, answer)) == answer.encode()


@pytest.mark.parametrize("make", [lambda there: there.pesquisa({"evento": "x"}), lambda there: there.subcredito("9")])
def test_5_3_and_5_4_a_search_that_is_refused_says_why(make: Callable[[Bndes], Call[bytes]]) -> None:
    with pytest.raises(Refused, match="Beneficiário sem cadastro") as caught:
        make(bndes()).read(reply(400, f"<retorno>{REASON}</retorno>"))
    assert caught.value.code == "400" and caught.value.reasons[0][3:5] == ("E042", "Beneficiário sem cadastro")
    with pytest.raises(Malformed, match="answers no"):
        make(bndes()).read(reply(202, "<ok/>"))


# 5.4, 5.15, 5.11


def test_5_4_a_subcredito_is_asked_for_by_its_number() -> None:
    call = bndes().subcredito("12.345/6 ç")
    assert call.request.url == f"{BASE}api/v1/consultaSubcredito/12.345%2F6%20%C3%A7"
    assert call.request.method == "GET" and call.request.body is None
    answer = "<subcreditoRetorno/>"
    assert call.read(reply(202, answer)) == call.read(reply(200, answer)) == answer.encode()


def test_5_11_the_status_is_text_for_people_without_v1() -> None:
    call = bndes().status()
    assert call.request.url == f"{BASE}api/status"
    assert call.read(reply(200, "  Sistema operando\n normalmente ", "text/plain")) == "Sistema operando normalmente"
    assert call.read(reply(200, "")) and call.read(reply(200, b"em opera\xe7\xe3o", "text/plain"))
    with pytest.raises(Unavailable) as caught:
        call.read(reply(503, "Em manutenção", "text/plain"))
    assert caught.value.code == "503"
    with pytest.raises(Misconfigured, match="/apa"):
        call.read(reply(404, "<html/>", "text/html"))


def test_5_15_the_criticas_are_asked_for_by_protocol_and_200_is_complete() -> None:
    call = bndes().reasons(submission(receipt="P/1"))
    assert call is not None and call.request.url == f"{BASE}api/v1/logCriticas/P%2F1" and not call.submits
    log = (
        "<consulta_verificacao_retorno><numeroProtocolo>P/1</numeroProtocolo>"
        "<verificacao><codigo>V1</codigo><descricao>CNPJ ativo</descricao><resultado>OK</resultado></verificacao>"
        "<verificacao><codigo>V2</codigo><descricao>Limite excedido</descricao><campo>valorFinanciado</campo>"
        "<resultado>ERRO</resultado></verificacao></consulta_verificacao_retorno>"
    )
    rows = call.read(reply(200, log))
    assert [row[:7] for row in rows] == [
        ("financiamento", "P/1", "log", "V1", "CNPJ ativo", None, "OK"),
        ("financiamento", "P/1", "log", "V2", "Limite excedido", "valorFinanciado", "ERRO"),
    ]
    assert call.read(reply(200, "<consulta_verificacao_retorno/>")) == []


def test_5_15_criticas_that_bndes_refuses_to_show_land_as_that_refusal() -> None:
    call = bndes().reasons(submission())
    assert call is not None
    (row,) = call.read(reply(400, f"<consulta_verificacao_retorno>{REASON}</consulta_verificacao_retorno>"))
    assert row[1:5] == ("P-1", "log recusado", "E042", "Beneficiário sem cadastro")
    with pytest.raises(Malformed):
        call.read(reply(404, ""))
    assert bndes().reasons(submission(receipt=None)) is None


# 5.5, 5.7, 5.9, 5.12: submissions


@pytest.mark.parametrize("service", TRAVELLING)
def test_5_5_to_5_12_202_brings_the_protocol_and_the_local_time_of_reception(archive: Archive, service: str) -> None:
    body = retorno(service, more="<dataHoraRecebimento>2026-11-23T12:00:01</dataHoraRecebimento>")
    receipt = posted(archive, service).read(reply(202, body))
    assert receipt.number == "P-1" and receipt.facts == {"status": "processando"}
    assert receipt.received_at is not None and receipt.received_at.isoformat() == "2026-11-23T12:00:01-03:00"


@pytest.mark.parametrize("service", TRAVELLING)
def test_5_5_to_5_12_400_is_a_rejection_with_its_reasons(archive: Archive, service: str) -> None:
    body = retorno(service, "rejeitado", REASON).replace("<numeroProtocolo>P-1</numeroProtocolo>", "")
    with pytest.raises(Refused) as caught:
        posted(archive, service).read(reply(400, body))
    refused = caught.value
    code = next(code for code in CODES if code.code == refused.code)
    assert (code.kind, code.frees) == ("refused", True)
    assert [row[:5] for row in refused.reasons] == [(service, None, "porta", "E042", "Beneficiário sem cadastro")]
    assert "E042; Beneficiário sem cadastro" in refused.what


@pytest.mark.parametrize(
    "words",
    [
        "Proposta já existe",
        "PROPOSTA JA EXISTE",
        "Operação em duplicidade",
        "Proposta já foi enviada",
        "Já se encontra recebida",
    ],
)
def test_5_5_already_there_after_an_earlier_attempt_proves_that_it_arrived(archive: Archive, words: str) -> None:
    body = f"<financiamento_retorno><mensagem>{words}</mensagem></financiamento_retorno>"
    with pytest.raises(Refused) as caught:
        posted(archive, "financiamento", changes={"attempt": 1}).read(reply(400, body))
    assert caught.value.code == ALREADY_THERE
    code = next(code for code in CODES if code.code == ALREADY_THERE)
    assert (code.kind, code.frees) == ("arrived", False)


@pytest.mark.parametrize(
    ("service", "words", "arrived"),
    [
        ("contratacao", "A operação já está contratada", True),
        ("cancelamento", "Operação já cancelada", True),
        ("cancelamento", "Operação já totalmente liberada", False),  # observation 2: a plain rejection
        ("liberacao", "Operação já liberada", False),  # perhaps by another one
        ("liberacao", "Pedido já recebido", True),
    ],
)
def test_5_7_to_5_12_what_proves_an_arrival_depends_on_the_service(
    archive: Archive, service: str, words: str, arrived: bool
) -> None:
    with pytest.raises(Refused) as caught:
        posted(archive, service, changes={"attempt": 1}).read(reply(400, f"<r><mensagem>{words}</mensagem></r>"))
    assert (caught.value.code == ALREADY_THERE) == arrived


def test_5_5_already_there_at_the_first_attempt_is_a_plain_refusal(archive: Archive) -> None:
    body = "<financiamento_retorno><mensagem>Proposta já existe</mensagem></financiamento_retorno>"
    with pytest.raises(Refused) as caught:
        posted(archive, "financiamento", changes={"attempt": 0}).read(reply(400, body))
    assert caught.value.code == "400"


def test_5_5_a_rejected_financiamento_may_travel_again_only_when_it_has_changed() -> None:
    assert BndesRules().refused_unchanged == ("financiamento",)


# 5.6, 5.8, 5.10, 5.13, 5.14: results


@pytest.mark.parametrize("service", TRAVELLING)
def test_5_6_to_5_14_the_result_is_asked_for_by_protocol(service: str) -> None:
    for call in (bndes().check(submission(service, "P 1/2")), bndes().fetch(submission(service, "P 1/2"))):
        assert call.request.url == f"{BASE}api/v1/{NAMES[service]}/retorno/P%201%2F2"
        assert call.request.method == "GET" and not call.submits


@pytest.mark.parametrize("service", DOCUMENTED)
@pytest.mark.parametrize("status", ["aprovado", "REJEITADA", " Aprovada ", "Indeferido"])
def test_5_6_to_5_14_200_is_final(service: str, status: str) -> None:
    body = retorno(service, status)
    assert bndes().check(submission(service)).read(reply(200, body)) == Ready(body.encode())
    assert bndes().fetch(submission(service)).read(reply(200, body)) is None


@pytest.mark.parametrize("service", DOCUMENTED)
def test_5_6_to_5_14_202_is_still_processing_even_with_a_final_word(service: str) -> None:
    for body in (retorno(service), retorno(service, "aprovado"), ""):
        assert isinstance(bndes().check(submission(service)).read(reply(202, body)), Pending)
        assert isinstance(bndes().fetch(submission(service)).read(reply(202, body)), Pending)


@pytest.mark.parametrize("service", DOCUMENTED)
def test_5_6_to_5_14_404_names_the_protocol_and_is_asked_again(service: str) -> None:
    with pytest.raises(Malformed, match="protocol P-1") as caught:
        bndes().check(submission(service)).read(reply(404, ""))
    assert caught.value.code == "404"


def test_5_6_200_with_processando_is_waited_for() -> None:
    progress = bndes().check(submission()).read(reply(200, retorno()))
    assert isinstance(progress, Pending) and progress.partial is None


def test_a_status_that_nobody_knows_is_waited_for_and_never_final(caplog: pytest.LogCaptureFixture) -> None:
    there = bndes()
    for status in ("em análise de crédito", ""):
        for _ in range(3):
            progress = there.check(submission()).read(reply(200, retorno(status=status)))
            assert isinstance(progress, Pending) and progress.partial is None and "not known" in progress.why
    assert sum("em análise" in record.getMessage() for record in caplog.records) == 1
    taught = bndes(rules={"words": {"yes": ["Em análise de crédito"]}})
    assert isinstance(taught.check(submission()).read(reply(200, retorno(status="em analise  de CREDITO"))), Ready)


def test_a_word_means_yes_only_for_the_service_that_it_belongs_to() -> None:
    cancelled = {
        name: bndes().check(submission(name)).read(reply(200, retorno(name, "cancelado"))) for name in DOCUMENTED
    }
    assert [name for name, progress in cancelled.items() if isinstance(progress, Ready)] == ["cancelamento"]


def test_the_result_of_another_protocol_is_malformed() -> None:
    with pytest.raises(Malformed, match="another protocol"):
        bndes().check(submission(receipt="P-2")).read(reply(200, retorno(status="aprovado")))
    assert isinstance(bndes().check(submission(receipt="00P-1")).read(reply(200, retorno(status="aprovado"))), Ready)


# the catalogue


def test_the_catalogue_is_that_of_the_manual() -> None:
    table = {
        "pesquisa": (
            "sync", "POST", "api/v1/pesquisa", "", "pesquisa_operacao.xsd", "pesquisa_operacao_retorno.xsd", SEARCH
        ),
        "consultaSubcredito": ("sync", "GET", "api/v1/consultaSubcredito/{}", "", "", "subcreditoRetorno.xsd", SEARCH),
        "logCriticas": ("sync", "GET", "api/v1/logCriticas/{}", "", "", "consulta_verificacao_retorno.xsd", LOG),
        "status": ("sync", "GET", "api/status", "", "", "", STATUS),
        **{
            name: (
                "async", "POST", f"api/v1/{path}", f"api/v1/{path}/retorno/{{}}", f"{name}.xsd",
                f"{name}_retorno.xsd", RECEIVED,
            )
            for name, path in NAMES.items()
        },
    }  # fmt: skip
    assert {name: (s.kind, s.method, s.path, s.return_path, s.schema_in, s.schema_out, s.statuses)
            for name, s in SERVICES.items()} == table  # fmt: skip
    assert [name for name, s in SERVICES.items() if not s.documented] == list(TRAVELLING[4:])
    assert TRAVELLING[:4] == DOCUMENTED and len(TRAVELLING) == 10
    assert {name for name, s in SERVICES.items() if s.form_field != "xml"} == set()


def test_202_means_complete_for_the_searches_and_pending_for_the_results() -> None:
    assert (
        SEARCH[202] == "complete" and RETURN[202] == "pending" and RETURN[200] == "final" and RETURN[404] == "unknown"
    )


def test_a_connection_corrects_paths_fields_and_roots_without_code(archive: Archive) -> None:
    corrected = {
        "aditivo": {
            "path": "/api/v2/aditivos",
            "return_path": "api/v2/aditivos/{}/resultado",
            "form_field": "documento",
        },
        "assuncao_divida": {"path": "api/v1/assuncaoDivida"},
        "status": {"path": "api/saude"},
    }
    rules = {"services": corrected}
    call = posted(archive, "aditivo", rules=rules)
    assert call.request.url == f"{BASE}api/v2/aditivos" and list(form(call.request)) == ["documento"]
    there = bndes(rules=rules)
    assert there.check(submission("aditivo")).request.url == f"{BASE}api/v2/aditivos/P-1/resultado"
    assert there.services[-1] == "assuncao_divida" and there.tables["assuncao_divida"].name == "bndes.resultado"
    assert there.check(submission("assuncao_divida")).request.url == f"{BASE}api/v1/assuncaoDivida/retorno/P-1"
    assert there.status().request.url == f"{BASE}api/saude"
    assert "assuncao_divida" not in bndes().services and bndes().status().request.url == f"{BASE}api/status"


@pytest.mark.parametrize(
    "rules",
    [
        {"services": {"aditivo": {"caminho": "x"}}},
        {"services": {"aditivo": {"path": 3}}},
        {"services": {"aditivo": "x"}},
        {"services": {"a b": {}}},
        {"services": {"aditivo": {"identity": "x"}}},
        {"tags": {"protocolo": ["x"]}},
        {"tags": {"status": "situacao"}},
        {"tags": {"status": []}},
        {"words": {"sim": ["x"]}},
        {"words": {"yes": [1]}},
        {"cut_off": "half past four"},
        {"nothing": 1},
    ],
)
def test_a_correction_that_makes_no_sense_is_misconfigured(rules: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        bndes(rules=rules)


def test_an_undocumented_service_that_is_not_at_the_guessed_path_is_misconfigured(archive: Archive) -> None:
    for status in (404, 405):
        with pytest.raises(Misconfigured, match="guessed path"):
            posted(archive, "aditivo").read(reply(status, "<html/>", "text/html"))


def test_without_a_protocol_nothing_is_asked_for() -> None:
    for ask in (bndes().check, bndes().fetch):
        with pytest.raises(Misconfigured, match="numeroProtocolo"):
            ask(submission(receipt=None))


def test_the_probe_is_satisfied_by_any_answer_but_a_denial() -> None:
    call = bndes().probe()
    assert call.request.url == f"{BASE}api/v1/logCriticas/0"
    for status, body in ((200, "<consulta_verificacao_retorno/>"), (400, f"<retorno>{REASON}</retorno>"), (404, ""),
                         (400, "")):  # fmt: skip
        assert "e-CNPJ" in call.read(reply(status, body))
    with pytest.raises(Unavailable):
        call.read(reply(503, ""))


def test_a_simulator_is_reached_at_the_address_of_the_connection() -> None:
    assert pretended().status().request.url == "https://localhost:8443/apa/api/status"


def test_timeouts_and_bounds_are_those_of_the_rules(archive: Archive) -> None:
    rules = {"send_timeout": "PT7S", "ask_timeout": "PT3S", "answer_bytes": 1000}
    assert posted(archive, "financiamento", rules=rules).timeout == 7
    there = bndes(rules=rules)
    assert (there.check(submission()).timeout, there.check(submission()).limit) == (3, 1000)
    assert BndesRules().settle >= timedelta(minutes=5) and NOON.tzinfo

"""BNDES's answers read leniently: prefixes, namespaces, charsets, HTML, empty, huge; what lands of each service."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any

import pytest

from malote.errors import Malformed, Refused
from malote.institutions.bndes.answers import OPERACAO, RESULTADO, SUBCREDITO, instant
from malote.submission import Ready
from support.bndes import FACTS, bndes, reply, submission

NS = 'xmlns:ns2="http://www.bndes.gov.br/apa/financiamento/v7" xmlns="urn:x"'


def receipt(body: str | bytes, status: int = 202, kind: str = "text/xml", **extra: Any) -> Any:
    there = bndes(**extra)
    return there._reading.receipt(there.catalogue["financiamento"], submission(receipt=None), reply(status, body, kind))


def result(body: str | bytes, service: str = "financiamento", **more: Any) -> dict[str, Any]:
    extra = more.pop("extra", {})
    (row,) = bndes(**extra).read(
        submission(service, **more), io.BytesIO(body if isinstance(body, bytes) else body.encode())
    )
    return dict(zip((*RESULTADO.columns, "echo", "outcome", "code", "message"), row, strict=True))


@pytest.mark.parametrize(
    "body",
    [
        "<financiamento_retorno><numeroProtocolo>P-1</numeroProtocolo></financiamento_retorno>",
        f"<ns2:FinanciamentoRetorno {NS}><ns2:numeroProtocolo> P-1\n</ns2:numeroProtocolo></ns2:FinanciamentoRetorno>",
        f"<x {NS}><ns2:dados><numero_protocolo>P-1</numero_protocolo></ns2:dados></x>",
        '<retorno numeroProtocolo="P-1" status="processando"/>',
        "<numeroProtocolo>P-1</numeroProtocolo>",
        "<r><Protocolo>P-1</Protocolo></r>",
        "\n\n  <?XML version='1.0'?><r><numeroProtocolo>P-1</numeroProtocolo></r>",
        b"\xef\xbb\xbf<r><numeroProtocolo>P-1</numeroProtocolo></r>",
        '<?xml version="1.0" encoding="UTF-8"?><r>ação<numeroProtocolo>P-1</numeroProtocolo></r>'.encode("latin-1"),
        "<r><a><numeroProtocolo>P-9</numeroProtocolo></a><numeroProtocolo>P-1</numeroProtocolo></r>",
        "<r><numeroProtocolo>P-1</numeroProtocolo><numeroProtocolo> P-1</numeroProtocolo></r>",
        # no XML any more, and still the number that must not be lost
        "<r><numeroProtocolo>P-1</numeroProtocolo><dataHora",
        "<r><!-- <numeroProtocolo>P-9</numeroProtocolo> --><numeroProtocolo>P-1</numeroProtocolo>&nbsp;",
        '{"status": "processando", "numeroProtocolo": "P-1"}',
        "numeroProtocolo=P-1",
    ],
)
def test_a_protocol_is_found_whatever_surrounds_it(body: str | bytes) -> None:
    assert receipt(body).number == "P-1"


@pytest.mark.parametrize("kind", ["text/xml", "text/html", "application/json", ""])
def test_a_protocol_is_found_whatever_the_reply_says_it_is(kind: str) -> None:
    assert receipt("<r><numeroProtocolo>P-1</numeroProtocolo></r>", 200, kind).number == "P-1"


@pytest.mark.parametrize(
    "body",
    [
        "<r><numeroProtocolo>P-1</numeroProtocolo><numeroProtocolo>P-2</numeroProtocolo></r>",
        '<r><a protocolo="P-1"/><a protocolo="P-2"/></r>',
        "<r><numeroProtocolo/></r>", "<r><numeroProtocolo>não há</numeroProtocolo></r>", "",
        "<html>protocolo=P-1</html>", b"\x00\x01", "<r" + "x" * 500_000,
        "<r><numeroProtocolo>P-1</numeroProtocolo><numeroProtocolo>P-2</numeroProtocolo>",
    ],
)  # fmt: skip
def test_what_is_no_protocol_is_none(body: str | bytes) -> None:
    with pytest.raises(Malformed):
        receipt(body)


def test_the_name_of_the_protocol_is_settable() -> None:
    body = "<r><identificador>P-7</identificador><numeroProtocolo>P-1</numeroProtocolo></r>"
    assert receipt(body, rules={"tags": {"numero_protocolo": ["identificador"]}}).number == "P-7"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-23T12:00:01", "2026-11-23T12:00:01-03:00"),
        ("2026-11-23T12:00:01.1234567", "2026-11-23T12:00:01.123456-03:00"),
        ("2026-11-23T15:00:01Z", "2026-11-23T15:00:01+00:00"),
        ("2026-11-23T12:00:01-0300", "2026-11-23T12:00:01-03:00"),
        ("2018-01-15T12:00:01", "2018-01-15T12:00:01-02:00"),  # daylight saving of the manual's own years
        ("23/11/2026 12:00:01", "2026-11-23T12:00:01-03:00"),
        ("23/11/2026 12:00", "2026-11-23T12:00:00-03:00"),
        ("2026-11-23 12:00:01", "2026-11-23T12:00:01-03:00"),
        ("2026-11-23", None),
        ("agora", None),
        ("0001-01-01T00:00:00", None),
        ("", None),
    ],
)
def test_the_local_time_of_reception_is_brasilias(text: str, wanted: str | None) -> None:
    found = instant(text)
    assert (found.isoformat() if found else None) == wanted


@pytest.mark.parametrize(
    ("valor", "inicio", "landed", "unread"),
    [
        ("1.234,50", "15/01/2027", ("1234.50", "2027-01-15"), {}),
        ("1,234.50", "2027-01-15", (None, "2027-01-15"), {"valor": "1,234.50"}),
        ("1.234", "15/01/27", (None, None), {"valor": "1.234", "data_termino_carencia": "15/01/27"}),
    ],
)
def test_what_can_be_read_in_two_ways_lands_as_it_came_and_is_counted(
    valor: str, inicio: str, landed: tuple[str | None, ...], unread: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = f"""<subcreditoRetorno><numeroBNDES>1</numeroBNDES><liberacao><status>Aprovado</status>
        <valor>{valor}</valor><dataTerminoCarencia>{inicio}</dataTerminoCarencia></liberacao></subcreditoRetorno>"""
    (row,) = bndes().read_subcredito(io.BytesIO(answer.encode()))
    found = dict(zip(SUBCREDITO.columns, row, strict=True))
    assert (found["valor"], found["data_termino_carencia"]) == landed
    assert (json.loads(found["nao_lido"]) if found["nao_lido"] else {}) == unread
    assert ("consultaSubcredito" in caplog.text) is bool(unread)
    assert all(f"{name} 1" in caplog.text for name in unread) and not any(
        text in caplog.text for text in unread.values()
    )


# results


def test_an_approved_financiamento_lands_with_its_number_and_all_that_was_said() -> None:
    body = f"""<?xml version="1.0" encoding="UTF-8"?><ns2:financiamento_retorno {NS}><ns2:status>Aprovado</ns2:status>
        <ns2:numeroProtocolo>P-1</ns2:numeroProtocolo><ns2:anoProposta>2026</ns2:anoProposta>
        <ns2:numeroProposta>0017</ns2:numeroProposta><ns2:numeroBNDES>0012345</ns2:numeroBNDES>
        <ns2:novidade>x</ns2:novidade><ns2:novidade cor="azul">y</ns2:novidade></ns2:financiamento_retorno>"""
    row = result(body)
    assert row["numero_bndes"] == "0012345" and row["situacao"] == "aprovado" and row["status"] == "Aprovado"
    assert (row["echo"], row["outcome"], row["numero_protocolo"]) == ("2026/17", "accepted", "P-1")
    assert row["data_prevista_liberacao"] is None and row["servico"] == "financiamento"
    assert json.loads(row["conteudo"])["novidade"] == ["x", {"@cor": "azul", "#": "y"}]


def test_an_approved_contratacao_lands_with_its_three_dates() -> None:
    body = """<contratacao_retorno><status>aprovada</status><numeroBNDES>77</numeroBNDES>
        <dataTerminoCarencia>2027-12-15</dataTerminoCarencia>
        <dataPrimeiraAmortizacao>15/06/2028</dataPrimeiraAmortizacao>
        <dataUltimaAmortizacao>ainda não</dataUltimaAmortizacao></contratacao_retorno>"""
    row = result(body, "contratacao", facts={"reference": "2026/17", "numeroBNDES": "77"})
    assert (row["data_termino_carencia"], row["data_primeira_amortizacao"]) == ("2027-12-15", "2028-06-15")
    assert row["data_ultima_amortizacao"] is None and row["outcome"] == "accepted" and row["numero_bndes"] == "77"


def test_a_rejection_says_its_first_reason_and_frees_the_item() -> None:
    body = """<financiamento_retorno><status>rejeitado</status><mensagens>
        <mensagem><codigo>E1</codigo><descricao>Prazo  maior que o\n permitido</descricao></mensagem>
        <mensagem><codigo>E2</codigo><descricao>Outra</descricao></mensagem></mensagens></financiamento_retorno>"""
    row = result(body)
    assert (row["outcome"], row["code"], row["message"]) == ("refused", "E1", "Prazo maior que o permitido")
    assert (row["codigo"], row["mensagem"], row["situacao"]) == ("E1", "Prazo maior que o permitido", "rejeitado")
    bare = result("<financiamento_retorno><status>rejeitado</status></financiamento_retorno>")
    assert (bare["outcome"], bare["code"], bare["message"]) == ("refused", "rejeitado", None)


def test_a_status_that_nobody_knows_leaves_its_item_unanswered() -> None:
    row = result("<financiamento_retorno><status>suspenso</status></financiamento_retorno>")
    assert (row["outcome"], row["situacao"], row["status"]) == ("unanswered", "desconhecido", "suspenso")


@pytest.mark.parametrize("said", ["<anoProposta>2026</anoProposta><numeroProposta>18</numeroProposta>",
                                  "<numeroProposta>18</numeroProposta>"])  # fmt: skip
def test_an_answer_about_another_proposal_is_about_nothing_that_was_sent(said: str) -> None:
    row = result(f"<financiamento_retorno><status>aprovado</status>{said}</financiamento_retorno>")
    assert row["echo"] == "numeroProposta 18"
    other = result("<r><status>aprovado</status><numeroBNDES>78</numeroBNDES></r>", "liberacao",
                   facts={"reference": "L-1", "numeroBNDES": "77"})  # fmt: skip
    assert other["echo"] == "numeroBNDES 78"


@pytest.mark.parametrize(
    ("received", "credited"),
    [
        ("2026-11-23T16:30:00-03:00", "2026-11-25"),
        ("2026-11-23T16:30:01-03:00", "2026-11-26"),
        ("2026-11-23T16:30:00.5-03:00", "2026-11-26"),
        ("2026-11-19T10:00:00-03:00", "2026-11-24"),  # 20 November is a holiday
        ("2027-02-05T10:00:00-03:00", "2027-02-11"),  # Carnival: Monday and Tuesday
        ("2026-11-23T19:29:59+00:00", "2026-11-25"),
        ("2018-01-15T18:30:00+00:00", "2018-01-17"),  # 16:30 in daylight saving time
        ("2018-01-15T18:30:01+00:00", "2018-01-18"),
    ],
)
def test_2_5_the_expected_credit_is_d_2_until_16_30_by_their_clock_and_d_3_after(received: str, credited: str) -> None:
    at = datetime.fromisoformat(received.replace(".5-", ".500-"))
    body = "<liberacao_retorno><status>aprovada</status></liberacao_retorno>"
    facts = {"reference": "L-1", "numeroBNDES": "77"}
    assert result(body, "liberacao", received_at=at, facts=facts)["data_prevista_liberacao"] == credited


def test_2_5_no_credit_is_expected_of_what_is_not_an_approved_liberacao() -> None:
    for service, status in (("liberacao", "rejeitada"), ("liberacao", "suspensa"), ("financiamento", "aprovado")):
        body = f"<{service}_retorno><status>{status}</status></{service}_retorno>"
        assert result(body, service)["data_prevista_liberacao"] is None
    late = result(
        "<r><status>aprovada</status></r>", "liberacao", extra={"rules": {"cut_off": "11:59", "days_after": 5}}
    )
    assert late["data_prevista_liberacao"] == "2026-11-30"


@pytest.mark.parametrize(
    "body",
    ["", "<html><body>Erro</body></html>", "OK", "<r><status>aprovado", "<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>",
     '<?xml version="1.0" encoding="EBCDIC-CP-BE"?><r/>'],
)  # fmt: skip
def test_an_answer_that_is_no_xml_is_malformed_and_quotes_nothing(body: str) -> None:
    with pytest.raises(Malformed) as caught:
        bndes().check(submission()).read(reply(200, body))
    assert "aprovado" not in str(caught.value)
    with pytest.raises(Malformed):
        result(body)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("declared", ["", "UTF-8", "ISO-8859-1"])
def test_an_answer_in_the_wrong_charset_is_read(encoding: str, declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = f"{head}<r><status>rejeitado</status><mensagem>Situação</mensagem></r>".encode(encoding)
    assert isinstance(bndes().check(submission()).read(reply(200, body)), Ready)
    row = result(body)
    assert row["outcome"] == "refused"
    assert row["message"] == "Situação" or (encoding, declared) == ("utf-8", "ISO-8859-1")


def test_a_huge_answer_is_read_once_and_its_words_are_cut() -> None:
    body = f"<r><status>rejeitado</status><mensagem>{'x' * 3_000_000}</mensagem></r>"
    row = result(body)
    assert len(row["message"]) == 2000
    assert bndes().check(submission()).limit == 16 << 20  # what is more is cut off by the driver


def test_a_deep_answer_is_malformed() -> None:
    with pytest.raises(Malformed):
        result("<r>" + "<a>" * 5000 + "</a>" * 5000 + "</r>")


def test_reasons_are_found_whatever_their_shape() -> None:
    there = bndes()
    shapes = {
        "<r><erro codigo='7'>Valor inválido</erro></r>": [("7", "Valor inválido")],
        "<r><criticas><critica><codigo>1</codigo><mensagem>A</mensagem></critica><critica><mensagem>B</mensagem>"
        "</critica></criticas></r>": [("1", "A"), (None, "B")],
        "<r><mensagem>Sozinha</mensagem></r>": [(None, "Sozinha")],
        "<n:retorno xmlns:n='urn:n'><n:status>rejeitado</n:status><n:Erro><n:Codigo>9</n:Codigo>"
        "<n:Descrição>C</n:Descrição></n:Erro></n:retorno>": [("9", "C")],
        "<r><status>rejeitado</status><detalhe>Fora do <b>prazo</b></detalhe></r>": [(None, "rejeitado Fora do prazo")],
        "<r>Fora do prazo</r>": [(None, "Fora do prazo")],
        "<r><status>rejeitado</status></r>": [],
    }  # fmt: skip
    for body, wanted in shapes.items():
        with pytest.raises(Refused) as caught:
            there._reading.receipt(there.catalogue["liberacao"], submission(receipt=None), reply(400, body))
        assert [row[3:5] for row in caught.value.reasons] == wanted, body


# searches


def test_5_3_the_operations_of_a_search_become_rows() -> None:
    body = f"""<ns2:pesquisa_operacao_retorno {NS}><ns2:operacoes>
        <ns2:operacao><ns2:anoProposta>2026</ns2:anoProposta><ns2:numeroProposta>17</ns2:numeroProposta>
          <ns2:numeroProtocolo>P-1</ns2:numeroProtocolo><ns2:status>aprovado</ns2:status>
          <ns2:dataHoraRecebimento>2026-11-23T12:00:01</ns2:dataHoraRecebimento>
          <ns2:valorFinanciado>1.500,00</ns2:valorFinanciado></ns2:operacao>
        <ns2:operacao><ns2:numeroBNDES>77</ns2:numeroBNDES></ns2:operacao>
        </ns2:operacoes></ns2:pesquisa_operacao_retorno>"""
    first, second = bndes().read_operacoes(io.BytesIO(body.encode()))
    row = dict(zip(OPERACAO.columns, first, strict=True))
    assert json.loads(row.pop("conteudo"))["numeroProtocolo"] == "P-1"
    assert row == {
        "ano_proposta": "2026", "numero_proposta": "17", "numero_protocolo": "P-1", "status": "aprovado",
        "numero_bndes": None, "numero_contrato_bndes": None, "recebido_em": "2026-11-23T12:00:01-03:00",
        "beneficiario": None, "valor": "1500.00", "nao_lido": None,
    }  # fmt: skip
    assert second[4] == "77"


def test_5_3_operations_under_a_name_that_nobody_knew_are_found_by_their_numbers() -> None:
    lines = ("<numeroProposta>1</numeroProposta><numeroBNDES>5</numeroBNDES>", "<numeroBNDES>6</numeroBNDES>")
    body = f"<r>{''.join(f'<linha>{line}</linha>' for line in lines)}</r>"
    assert [row[4] for row in bndes().read_operacoes(io.BytesIO(body.encode()))] == ["5", "6"]
    assert list(bndes().read_operacoes(io.BytesIO(b"<pesquisa_operacao_retorno/>"))) == []


def test_5_4_the_events_of_a_subcredito_become_rows() -> None:
    body = """<subcreditoRetorno><numeroContratoBNDES>C-9</numeroContratoBNDES><numeroBNDES>77</numeroBNDES>
        <contratacao><numeroProtocolo>P-2</numeroProtocolo><dataTerminoCarencia>2027-12-15</dataTerminoCarencia></contratacao>
        <liberacoes><liberacao><valor>10.00</valor></liberacao><liberacao><valor>10.00</valor></liberacao></liberacoes>
        </subcreditoRetorno>"""
    rows = [
        dict(zip(SUBCREDITO.columns, row, strict=True)) for row in bndes().read_subcredito(io.BytesIO(body.encode()))
    ]
    assert [(row["evento"], row["numero_protocolo"], row["valor"]) for row in rows] == [
        ("contratacao", "P-2", None), ("liberacao", None, "10.00"), ("liberacao", None, "10.00"),
    ]  # fmt: skip
    assert all((row["numero_contrato_bndes"], row["numero_bndes"]) == ("C-9", "77") for row in rows)
    (bare,) = bndes().read_subcredito(io.BytesIO(b"<r><numeroBNDES>77</numeroBNDES></r>"))
    assert bare[:3] == (None, "77", None)


def test_the_facts_fill_what_an_answer_does_not_repeat() -> None:
    row = result("<r><status>aprovado</status></r>", received_at=datetime(2026, 11, 23, 15, tzinfo=timezone.utc))
    assert (row["ano_proposta"], row["numero_proposta"], row["numero_protocolo"]) == ("2026", "17", "P-1")
    assert row["recebido_em"] == "2026-11-23T15:00:00+00:00" and row["echo"] == FACTS["reference"]


TWO = [
    ("<status>aprovado</status><status>rejeitado</status>", "unanswered"),
    ("<status>rejeitado</status><status>aprovado</status>", "unanswered"),
    ("<status>aprovado</status><x/><status>em análise</status>", "unanswered"),
    ("<status>aprovado</status><status> APROVADO</status>", "accepted"),
    ("<status>aprovado</status><status/>", "accepted"),
    ("<status>aprovado</status><evento><status>rejeitado</status></evento>", "accepted"),
    ("<status>aprovado</status><situacao>rejeitado</situacao>", "unanswered"),
    ("<status>sucesso</status><situacao>Rejeitada</situacao>", "unanswered"),  # one of the exchange, one of the thing
    ("<status>sucesso</status><operacao><status>rejeitada</status></operacao>", "unanswered"),
    ("<status>rejeitado</status><situacao>aprovada</situacao>", "unanswered"),
    ("<status>sucesso</status><situacao>aprovada</situacao>", "accepted"),
    ("<status>aprovado<br/></status>", "accepted"),
    ("<status>aprovado</status><status>rejeitado<br/></status>", "unanswered"),
    ("<status>apro<br/>vado</status>", "unanswered"),
    ("<status>aprovado</status><situacao>contratada</situacao>", "accepted"),  # a word that says neither
    ("<status>aprovado</status><criticas><critica><status>rejeitado</status></critica></criticas>", "accepted"),
]


@pytest.mark.parametrize(("inside", "outcome"), TWO)
def test_two_statuses_that_disagree_decide_nothing(inside: str, outcome: str) -> None:
    assert result(f"<retorno>{inside}</retorno>")["outcome"] == outcome

"""A BNDES request whose reply was lost: pesquisa by proposal, then consultaSubcredito, else a person."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from malote.archive import Archive
from malote.errors import Malformed, Misconfigured, ReplyLost, Unavailable
from malote.submission import Absent, CannotTell, Found, Pending, Ready
from support.bndes import CNPJ, MADE, bndes, by_name, form, played, reply, submission

OPERATION = "<anoProposta>2026</anoProposta><numeroProposta>17</numeroProposta>"
AFTER = "<dataHoraRecebimento>2026-11-23T12:00:02</dataHoraRecebimento>"
BEFORE = "<dataHoraRecebimento>2026-11-20T12:00:02</dataHoraRecebimento>"
NUMBERED = {"reference": "2026/17", "numeroBNDES": "77", **MADE}


def shown(*operations: str) -> str:
    return (
        "<pesquisa_operacao_retorno><operacoes>"
        + "".join(f"<operacao>{each}</operacao>" for each in operations)
        + "</operacoes></pesquisa_operacao_retorno>"
    )


def find(archive: Archive, answers: Any, service: str = "financiamento", there: Any = None, **changes: Any) -> Any:
    asked = submission(service, None, **changes)
    finding, calls = played((there or bndes()).find(asked, archive), by_name(answers))
    assert not any(call.submits for call in calls)
    return finding, calls


def test_a_financiamento_is_found_by_its_proposal_with_its_protocol(archive: Archive) -> None:
    body = shown("<numeroProposta>9</numeroProposta>", f"{OPERATION}<numeroProtocolo>P-5</numeroProtocolo>{AFTER}")
    finding, (call,) = find(archive, {"pesquisa": reply(202, body)})
    assert isinstance(finding, Found) and finding.receipt.number == "P-5"
    assert finding.receipt.received_at is not None and finding.receipt.received_at.hour == 12
    assert "<anoProposta>2026</anoProposta><numeroProposta>17</numeroProposta>" in form(call.request)["xml"][0]


@pytest.mark.parametrize("answer", [
    reply(202, shown()), reply(200, "<pesquisa_operacao_retorno/>"),
    reply(400, "<retorno><mensagem>Nenhuma operação encontrada</mensagem></retorno>"),
])  # fmt: skip
def test_a_proposal_that_pesquisa_does_not_show_is_absent(archive: Archive, answer: Any) -> None:
    finding, _ = find(archive, {"pesquisa": answer})
    assert isinstance(finding, Absent)


UNREAD = {
    "a number in elements of another name": shown().replace("s>", "s><registro><numero>17</numero></registro>", 1),
    "with its year": "<retorno><item><id>2026/17</id></item></retorno>",
    "with zeros": "<retorno><item><id>0000017</id></item></retorno>",
    "in an attribute": '<retorno><item numero="17"/></retorno>',
    "in a sentence": "<retorno><texto>Proposta 17 de 2026 em análise</texto></retorno>",
    "another one in words that are not read": "<retorno><item><id>1170</id></item></retorno>",
    "an operation without its number": shown("<anoProposta>2026</anoProposta><proposta>17</proposta>"),
    "a failure": "<retorno><mensagem>Falha ao consultar a base. Tente mais tarde.</mensagem></retorno>",
    "a failure with a code": "<retorno><erro><codigo>999</codigo><mensagem>Indisponível</mensagem></erro></retorno>",
    "a status that is not over": "<retorno><status>processando</status></retorno>",
    "a count of one": "<retorno><quantidade>1</quantidade><operacoes/></retorno>",
    "a count in a sentence": "<retorno><mensagem>Foram encontradas 3 operações; refine</mensagem></retorno>",
    "something else that is not found": "<retorno><mensagem>CNPJ não encontrado no cadastro</mensagem></retorno>",
    "a table": "<retorno><mensagem>Erro: tabela de operações não encontrada</mensagem></retorno>",
    "beside an element": "<retorno><operacoes/>uma</retorno>",
}


@pytest.mark.parametrize("unread", UNREAD)
def test_what_says_something_and_is_not_read_is_no_absence(archive: Archive, unread: str) -> None:
    with pytest.raises(Malformed, match="no operation is read there") as caught:
        find(archive, {"pesquisa": reply(202, UNREAD[unread])})
    assert "extra.rules.tags" in (caught.value.todo or "") and "malote explain bndes" in (caught.value.todo or "")


@pytest.mark.parametrize(
    "body",
    [
        "<retorno><quantidade>0</quantidade></retorno>",
        "<retorno><criterio>proposta 2026/17</criterio><mensagem>Nenhuma operação encontrada</mensagem></retorno>",
        "<retorno><dataHora>2026-11-23T12:00:02</dataHora></retorno>",
        "<retorno><status>sucesso</status><operacoes/></retorno>",
        '<retorno versao="1.0"><total>0</total></retorno>',
        "<retorno><mensagem>A proposta nº 2026/17 não foi encontrada.</mensagem><codigo>3002</codigo></retorno>",
    ],
)
def test_an_answer_that_is_empty_or_says_that_there_is_none_is_an_absence(archive: Archive, body: str) -> None:
    finding, _ = find(archive, {"pesquisa": reply(202, body)})
    assert isinstance(finding, Absent)


def test_a_rejected_one_of_the_same_proposal_from_before_is_not_this_one(archive: Archive) -> None:
    old = f"{OPERATION}<numeroProtocolo>P-1</numeroProtocolo><status>rejeitado</status>{BEFORE}"
    finding, _ = find(archive, {"pesquisa": reply(202, shown(old))})
    assert isinstance(finding, Absent) and "before this was made" in finding.evidence
    finding, _ = find(archive, {"pesquisa": reply(202, shown(old))}, attempt=2)
    assert isinstance(finding, Found), "by a clock that is late it may be the first attempt: its receipt will tell"
    new = f"{OPERATION}<numeroProtocolo>P-2</numeroProtocolo>{AFTER}"
    finding, _ = find(archive, {"pesquisa": reply(202, shown(old, new))})
    assert isinstance(finding, Found) and finding.receipt.number == "P-2"


def test_an_operation_that_shows_its_requests_is_judged_by_the_last_financiamento(archive: Archive) -> None:
    event = "<evento><tipo>{}</tipo><numeroProtocolo>P-{}</numeroProtocolo><status>{}</status>{}</evento>"
    old = event.format("financiamento", 1, "rejeitado", BEFORE)
    new = event.format("financiamento", 2, "aprovado", AFTER)
    later = event.format("contratacao", 3, "aprovado", AFTER.replace("12:00:02", "12:30:00"))
    whole = "<situacao>contratado</situacao><eventos>{}</eventos>"
    finding, _ = find(archive, {"pesquisa": reply(202, shown(OPERATION + whole.format(old)))})
    assert isinstance(finding, Absent)
    body = shown(OPERATION + whole.format(old + new + later))
    finding, _ = find(archive, {"pesquisa": reply(202, body)})
    assert isinstance(finding, Found) and finding.receipt.number == "P-2"
    named = body.replace("<evento><tipo>financiamento</tipo>", "<financiamento>")
    named = named.replace("</evento>", "</financiamento>", 2)
    finding, _ = find(archive, {"pesquisa": reply(202, named)})
    assert isinstance(finding, Found) and finding.receipt.number == "P-2"
    (row,) = bndes().read_operacoes(io.BytesIO(body.encode()))
    assert row[2:4] == ("P-2", "contratado")
    inside = shown(f"<financiamento>{OPERATION}<numeroProtocolo>P-2</numeroProtocolo>{AFTER}</financiamento>")
    finding, _ = find(archive, {"pesquisa": reply(202, inside)})
    assert isinstance(finding, Found) and finding.receipt.number == "P-2"


@pytest.mark.parametrize(
    "body",
    [
        shown("<numeroProposta>9</numeroProposta>"),
        shown(
            f"{OPERATION}<numeroProtocolo>P-1</numeroProtocolo>", f"{OPERATION}<numeroProtocolo>P-2</numeroProtocolo>"
        ),
        shown(OPERATION),
    ],
    ids=["another one", "two", "neither protocol nor number"],
)
def test_what_does_not_settle_it_is_for_a_person(archive: Archive, body: str) -> None:
    finding, _ = find(archive, {"pesquisa": reply(202, body)})
    assert isinstance(finding, CannotTell)
    assert "2026/17" in finding.search and CNPJ in finding.search and "malote story bndes-1" in finding.search


@pytest.mark.parametrize(
    "why", ["Campo X obrigatório", "Erro interno: tabela não encontrada", "CNPJ não encontrado no cadastro de agentes"]
)
def test_a_search_that_is_refused_for_another_reason_settles_nothing(archive: Archive, why: str) -> None:
    finding, _ = find(archive, {"pesquisa": reply(400, f"<retorno><mensagem>{why}</mensagem></retorno>")})
    assert isinstance(finding, CannotTell) and why in finding.evidence


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ReplyLost("x"), ReplyLost), (reply(503, ""), Unavailable), (reply(500, ""), Unavailable),
        (reply(202, "<html/>"), Malformed), (reply(202, "<ok/>"), Malformed), (reply(202, ""), Malformed),
        (reply(403, ""), Misconfigured),
    ],
)  # fmt: skip
def test_a_search_that_fails_says_nothing_about_the_request(archive: Archive, answer: Any, kind: type) -> None:
    with pytest.raises(kind):
        find(archive, {"pesquisa": answer})


def test_without_a_protocol_the_number_is_the_receipt_and_pesquisa_brings_the_result(archive: Archive) -> None:
    there = bndes()
    body = shown(f"{OPERATION}<numeroBNDES>77</numeroBNDES><status>STATUS</status>")
    finding, _ = find(archive, {"pesquisa": reply(202, body)})
    assert isinstance(finding, Found) and finding.receipt.number == "BNDES:77"
    kept = submission(receipt="BNDES:77")
    call = there.check(kept)
    assert call.name == "pesquisa" and not call.submits
    assert isinstance(call.read(reply(202, body)), Pending)
    approved = body.replace("STATUS", "aprovado")
    assert call.read(reply(202, approved)) == Ready(approved.encode())
    with pytest.raises(Malformed):
        call.read(reply(202, shown("<numeroProposta>9</numeroProposta>")))
    (row,) = there.read(kept, io.BytesIO(approved.encode()))
    assert row[6] == "77" and row[-4:-2] == ("2026/17", "accepted")
    assert there.reasons(kept) is None


def test_a_layout_of_pesquisa_without_a_place_for_the_proposal_is_for_a_person(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "pesquisa.xsd").write_text(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='busca'><xs:complexType><xs:sequence>"
        "<xs:element name='cnpj' type='xs:string'/></xs:sequence></xs:complexType></xs:element></xs:schema>"
    )
    finding, calls = find(archive, {}, there=bndes(schemas=str(tmp_path)))
    assert isinstance(finding, CannotTell) and "no place" in finding.evidence and not calls


def detail(*events: str) -> Any:
    return reply(202, f"<subcreditoRetorno><numeroBNDES>77</numeroBNDES>{''.join(events)}</subcreditoRetorno>")


PESQUISA = reply(202, shown("<numeroBNDES>77</numeroBNDES><numeroContratoBNDES>C-9</numeroContratoBNDES>"))
CONTRATADA = f"<contratacao><numeroProtocolo>P-7</numeroProtocolo><status>aprovada</status>{AFTER}</contratacao>"


def test_a_contratacao_is_found_where_the_subcredito_shows_it_with_its_protocol(archive: Archive) -> None:
    answers = {"pesquisa": PESQUISA, "consultaSubcredito": detail(CONTRATADA)}
    finding, calls = find(archive, answers, "contratacao", facts=NUMBERED)
    assert isinstance(finding, Found) and finding.receipt.number == "P-7"
    assert [call.name for call in calls] == ["pesquisa", "consultaSubcredito"]
    assert calls[1].request.url.endswith("/consultaSubcredito/C-9")
    assert "<numeroBNDES>77</numeroBNDES>" in form(calls[0].request)["xml"][0]


@pytest.mark.parametrize("events", [(), ("<contratacao><status>aprovada</status></contratacao>",),
                                    (CONTRATADA.replace(AFTER, BEFORE),)])  # fmt: skip
def test_a_contratacao_that_is_not_shown_with_a_protocol_of_now_is_for_a_person(
    archive: Archive, events: tuple[str, ...]
) -> None:
    answers = {"pesquisa": PESQUISA, "consultaSubcredito": detail(*events)}
    finding, _ = find(archive, answers, "contratacao", facts=NUMBERED)
    assert isinstance(finding, CannotTell) and f"shows {len(events)} of contratacao" in finding.evidence
    assert "numeroBNDES 77" in finding.search


def test_a_cancelamento_is_found_only_where_the_time_speaks_for_it(archive: Archive) -> None:
    one = "<cancelamento><numeroProtocolo>P-{}</numeroProtocolo>{}</cancelamento>"
    for events, found in (
        ((one.format(1, BEFORE), one.format(2, AFTER)), "P-2"),
        ((one.format(1, ""),), None),
        ((one.format(1, AFTER), one.format(2, AFTER)), None),
    ):
        answers = {"pesquisa": PESQUISA, "consultaSubcredito": detail(*events)}
        finding, _ = find(archive, answers, "cancelamento", facts=NUMBERED)
        assert (finding.receipt.number if isinstance(finding, Found) else None) == found


def test_one_liberacao_cannot_be_told_from_another_and_the_evidence_names_them(archive: Archive) -> None:
    events = [
        f"<liberacao><numeroProtocolo>P-{n}</numeroProtocolo><valor>10.00</valor>{AFTER}</liberacao>" for n in (1, 2)
    ]
    answers = {"pesquisa": PESQUISA, "consultaSubcredito": detail(*events)}
    for shown_events in (events, events[:1], []):
        answers["consultaSubcredito"] = detail(*shown_events)
        finding, _ = find(archive, answers, "liberacao", facts={"reference": "L-1", "numeroBNDES": "77"})
        assert isinstance(finding, CannotTell) and f"shows {len(shown_events)} of liberacao" in finding.evidence
    answers["consultaSubcredito"] = reply(400, "<retorno><mensagem>Sem acesso</mensagem></retorno>")
    finding, _ = find(archive, answers, "liberacao", facts=NUMBERED)
    assert isinstance(finding, CannotTell) and "Sem acesso" in finding.evidence


def test_what_is_not_documented_is_for_a_person_at_once(archive: Archive) -> None:
    finding, calls = find(archive, {}, "aditivo")
    assert isinstance(finding, CannotTell) and not calls

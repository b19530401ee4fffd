"""The life cycle of the simulated BNDES, from financiamento to liberação and cancelamento."""

from __future__ import annotations

from datetime import date

import pytest
import requests

from malote_sim.bndes.services import ASYNCHRONOUS
from support.sim.bndes import CAN, CON, FIN, GOOD, LIB, document, root, text


def test_an_operation_goes_from_financiamento_through_contratacao_to_liberacao(caller):
    numero = caller.approved()
    contract = caller.run(CON, numeroBNDES=numero)
    dates = [text(contract, f"data{each}") for each in ("TerminoCarencia", "PrimeiraAmortizacao", "UltimaAmortizacao")]
    assert [date.fromisoformat(each) for each in dates] == [date(2027, 11, 15), date(2027, 12, 15), date(2032, 11, 15)]
    for _ in range(2):  # equal values are legitimate
        release = caller.run(LIB, numeroBNDES=numero, valorLiberacao="400.00")
        assert (text(release, "status"), text(release, "valorLiberado")) == ("aprovado", "400.00")
        assert text(release, "dataPrevistaLiberacao") == "2026-11-25"
    beyond = caller.run(LIB, numeroBNDES=numero, valorLiberacao="200.01")
    assert (text(beyond, "status"), text(beyond, "codigo")) == ("rejeitado", "2102")
    shown = caller.sim.bndes.described()["operacoes"]["2026/1"]
    assert shown == {
        "situacao": "contratado",
        "numeroBNDES": numero,
        "total": "1000.00",
        "released": "800.00",
        "balance": "200.00",
    }


def test_what_the_life_cycle_forbids_is_400_at_the_door(caller):
    def code(service: str, **leaves: object) -> str:
        reply = caller.post(service, document(service, **leaves))
        assert reply.status_code == 400
        return text(reply, "codigo")

    assert code(CON, numeroBNDES="1") == "2003"
    assert code(CON, anoProposta=2026, numeroProposta=1) == "1004"  # 5.7: it must have the numeroBNDES
    caller.take(FIN, anoProposta=2026, numeroProposta=1, valor="10.00")
    assert code(LIB, anoProposta=2026, numeroProposta=1, valor="1.00") == "2004"
    caller.sim.clock.advance(3)
    numero = caller.sim.bndes.described()["operacoes"]["2026/1"]["numeroBNDES"]
    assert code(LIB, numeroBNDES=numero, valor="1.00") == "2005"
    assert code(CON, numeroBNDES=numero, anoProposta=2026, numeroProposta=2) == "2003"
    caller.take(CON, numeroBNDES=numero)
    assert code(LIB, numeroBNDES=numero, valor="1.00") == "2005"
    assert code(CON, numeroBNDES=numero) == "2001"


def test_what_the_life_cycle_forbids_can_be_rejected_after_processing(caller):
    caller.sim.bndes.set(life_cycle="result")
    assert text(caller.run(CON, numeroBNDES="20260"), "codigo") == "2003"
    numero = caller.approved()
    reply = caller.run(LIB, numeroBNDES=numero, valor="1.00")
    assert (text(reply, "status"), text(reply, "codigo")) == ("rejeitado", "2005")
    assert "contratacao BNDES 20260" in caller.sim.bndes.accepted


def test_a_cancelamento_is_total_partial_or_refused(caller):
    total = caller.run(CAN, numeroBNDES=caller.contracted(1))
    assert (text(total, "tipoCancelamento"), text(total, "valorCancelado")) == ("total", "1000.00")
    part = caller.contracted(2)
    caller.run(LIB, numeroBNDES=part, valor="300.00")
    partial = caller.run(CAN, numeroBNDES=part)
    assert (text(partial, "tipoCancelamento"), text(partial, "valorCancelado")) == ("parcial", "700.00")
    assert text(caller.run(LIB, numeroBNDES=part, valor="1.00"), "codigo") == "2101"
    whole = caller.contracted(3)
    caller.run(LIB, numeroBNDES=whole, valor="1000.00")
    refused = caller.run(CAN, numeroBNDES=whole)
    assert (text(refused, "status"), text(refused, "codigo")) == ("rejeitado", "2101")
    situations = {name: each["situacao"] for name, each in caller.sim.bndes.described()["operacoes"].items()}
    assert situations == {"2026/1": "cancelado", "2026/2": "contratado", "2026/3": "contratado"}
    again = caller.post(CAN, document(CAN, numeroBNDES=part))
    assert (again.status_code, text(again, "codigo")) == (400, "2001")


def test_the_same_proposal_again_is_400_unless_it_was_rejected_and_is_changed(caller):
    first = caller.take(FIN, anoProposta=2026, numeroProposta=1, valor="1666.66")

    def again(valor: str) -> requests.Response:
        return caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta=1, valor=valor))

    assert [text(again(valor), "codigo") for valor in ("1666.66", "9.00")] == ["2001", "2001"]
    caller.sim.clock.advance(3)
    assert text(caller.retorno(FIN, first), "status") == "rejeitado"
    assert text(again("1666.66"), "codigo") == "2002"
    changed = again("1600.00")
    assert changed.status_code == 202 and text(changed, "numeroProtocolo") != first
    caller.sim.clock.advance(3)
    assert text(again("1.00"), "codigo") == "2001"
    assert caller.sim.bndes.accepted == {"financiamento 2026/1": 1, "financiamento 2026/1 #2": 1}
    assert caller.sim.bndes.accepted_more_than_once == 0
    assert caller.sim.bndes.approved == {"financiamento 2026/1 #2": 1}


def test_a_duplicate_refusal_can_tell_the_first_protocol(caller):
    caller.sim.bndes.set(duplicate_protocol=True, messages={"already_there": ["405", "Já está aqui"]})
    first = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    reply = caller.post(FIN, GOOD)
    assert [text(reply, name) for name in ("numeroProtocolo", "codigo", "descricao")] == [first, "405", "Já está aqui"]


def test_duplicates_that_are_accepted_are_counted(caller):
    caller.sim.bndes.set(duplicates="accept")
    for _ in range(2):
        caller.take(FIN, anoProposta=2026, numeroProposta=1)
    caller.sim.clock.advance(3)
    described = caller.sim.bndes.described()
    assert described["accepted"] == described["approved"] == {"financiamento 2026/1": 2}
    assert (described["items_accepted"], described["accepted_more_than_once"]) == (2, 1)
    assert described["approved_more_than_once"] == 1


def test_a_rejection_that_nobody_was_told_does_not_excuse_a_second_sending(caller):
    caller.sim.bndes.set(duplicates="accept")
    for _ in range(2):
        protocol = caller.take(FIN, anoProposta=2026, numeroProposta=99991)
        caller.sim.clock.advance(3)
        caller.sim.bndes.play("lost_reply", on="financiamento_retorno")
        with pytest.raises(requests.ConnectionError):
            caller.retorno(FIN, protocol)
    assert caller.sim.bndes.accepted == {"financiamento 2026/99991": 2}


def test_liberacoes_are_told_apart_by_their_bytes_or_not_at_all(caller):
    numero = caller.contracted()
    for valor in ("1.00", "2.00", "2.00"):
        caller.take(LIB, numeroBNDES=numero, valor=valor)
    times = sorted(count for name, count in caller.sim.bndes.accepted.items() if name.startswith("liberacao 2026/1 "))
    assert times == [1, 2] and caller.sim.bndes.accepted_more_than_once == 1
    assert list(caller.sim.bndes.described()["same_bytes"].values()) == [2]
    caller.sim.bndes.reset()
    caller.sim.bndes.set(equal_documents="apart")
    numero = caller.contracted()
    for _ in range(3):
        caller.take(LIB, numeroBNDES=numero, valor="2.00")
    assert caller.sim.bndes.accepted_more_than_once == 0
    assert [name.partition(" #")[2] for name in caller.sim.bndes.accepted if name.startswith(LIB)] == ["", "2", "3"]


def test_the_services_without_an_endpoint_follow_the_pattern_or_a_path_that_is_set(caller):
    numero = caller.contracted()
    caller.sim.bndes.set(paths={"aditivo": "api/v2/termo-aditivo"})
    protocol = text(
        caller.session.post(caller.url("api/v2/termo-aditivo"), data={"xml": document("aditivo", numeroBNDES=numero)}),
        "numeroProtocolo",
    )
    caller.sim.clock.advance(3)
    assert text(caller.get(f"api/v2/termo-aditivo/retorno/{protocol}"), "status") == "aprovado"
    assert caller.get(f"api/v1/aditivo/retorno/{protocol}").headers["Content-Type"] == "text/html"
    extended = caller.run("prorrogacaoPrazo", numeroBNDES=numero)
    assert text(extended, "dataLimitePrimeiroPL") == "2027-01-22"
    simulated = caller.run("simularLiberacao", numeroBNDES=numero, valor="10.00")
    assert (root(simulated).tag, text(simulated, "dataPrevistaLiberacao")) == ("simularLiberacao_retorno", "2026-11-25")
    assert text(caller.run("simularContratacao", numeroBNDES=numero), "dataTerminoCarencia")
    preview = caller.run("previaFinanciamento", anoProposta=2026, numeroProposta=7, valor="5666.66")
    assert (text(preview, "status"), text(preview, "numeroBNDES")) == ("rejeitado", "")
    assert caller.sim.bndes.described()["operacoes"]["2026/1"]["balance"] == "1000.00"
    cancelled = caller.run("cancelamentoSaldo", numeroBNDES=numero)
    assert text(cancelled, "valorCancelado") == "1000.00"
    caller.approved(7)  # a prévia leaves no operation behind
    undocumented = [name for name, each in ASYNCHRONOUS.items() if not each.documented]
    assert len(undocumented) == 6

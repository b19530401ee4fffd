"""The simulated BNDES as nobody wants it: unknown names, faults, restarts; and its control page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import requests

import malote_sim
from malote_sim.certificates import CNPJ
from support.sim.bndes import FIN, GOOD, LIB, MONDAY, Caller, document, root, text, texts

# Names that nobody knows, and answers that surprise


def test_names_values_and_forms_that_the_manual_does_not_give_can_be_others(caller):
    caller.sim.bndes.set(
        names={"numeroProtocolo": "protocolo", "financiamento_retorno": "retornoFinanciamento", "codigo": "cod"},
        values={"aprovado": "APROVADA", "processando": "processando"},
        protocol="APA-{number}.{year}",
        timestamps="br",
        content_type="text/html;charset=utf-8",
        namespace="urn:apa",
        prefix="a",
        extras=True,
    )
    received = caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta="999951"))
    assert received.headers["Content-Type"] == "text/html;charset=utf-8"
    protocol = text(received, "protocolo")
    assert protocol.startswith("APA-") and protocol.endswith(".2026")
    assert text(received, "dataHoraRecebimento") == "23/11/2026 10:00:00"
    caller.sim.clock.advance(3)
    final = caller.retorno(FIN, protocol)
    assert final.content.split(b"\n")[1] == b'<a:retornoFinanciamento xmlns:a="urn:apa">'
    assert (text(final, "status"), text(final, "cod"), text(final, "versaoSistema")) == ("APROVADA", "4101", "9.9")
    caller.sim.bndes.set(prefix="", timestamps="offset")
    assert root(caller.retorno(FIN, protocol)).nsmap == {None: "urn:apa"}
    assert text(caller.retorno(FIN, protocol), "dataHoraRecebimento") == MONDAY


def test_a_status_can_be_one_that_nobody_knows(caller):
    caller.sim.bndes.set(status={FIN: "emAnalise", "2026/2": {"status": "AGUARDANDO", "http": 202}})
    assert text(caller.run(FIN, anoProposta=2026, numeroProposta=1), "status") == "emAnalise"
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=2)
    caller.sim.clock.advance(3)
    reply = caller.retorno(FIN, protocol)
    assert (reply.status_code, text(reply, "status")) == (202, "AGUARDANDO")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": "8"},
        {"days": "weekdays"},
        {"bound": ["nada"]},
        {"closed_as": "200"},
        {"agents": {CNPJ: ["nada"]}},
        {"names": {"status": "a b"}},
        {"values": {"approved": "x"}},
        {"protocol": "always"},
        {"paths": {"nada": "x"}},
        {"form_fields": {FIN: "x"}},
        {"result_after": -1},
        {"extras": "yes"},
        {"colour": "blue"},
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(sim, wrong):
    before = dict(sim.bndes.settings)
    with pytest.raises(ValueError):
        sim.bndes.set(status_text="changed", **wrong)
    assert sim.bndes.settings == before


# Faults


@pytest.mark.parametrize(
    ("fault", "options", "accepted"),
    [("lost_reply", {}, 1), ("reset_before", {}, 0), ("timeout", {}, 1), ("timeout", {"accept": False}, 0)],
)
def test_a_broken_connection_leaves_accepted_what_it_should(caller, fault, options, accepted):
    caller.sim.bndes.play(fault, on=FIN, **options)
    with pytest.raises(requests.RequestException):
        caller.session.post(caller.url("api/v1/financiamento"), data={"xml": GOOD}, timeout=0.5)
    assert sum(caller.sim.bndes.accepted.values()) == accepted
    assert len(texts(caller.search(anoProposta=2026, numeroProposta=1), "operacao")) == accepted


@pytest.mark.parametrize(
    ("fault", "options", "status", "kind", "accepted"),
    [
        ("own_500", {}, 500, "text/xml", 0),
        ("500", {}, 500, "text/html", 0),
        ("500", {"accept": True}, 500, "text/html", 1),
        ("gateway", {}, 502, "text/html", 1),
        ("gateway", {"status": 504, "accept": False}, 504, "text/html", 0),
        ("503", {"retry_after": 60}, 503, "text/html", 0),
        ("throttle", {}, 429, "text/html", 0),
        ("throttle", {"as": "fault"}, 503, "text/html", 0),
        ("closed", {}, 503, "text/html", 0),
        ("denied", {}, 403, "text/html", 0),
        ("denied", {"status": 401}, 401, "text/html", 0),
        ("reject", {"codigo": "77"}, 400, "text/xml", 0),
        ("reject", {"accept": True}, 400, "text/xml", 1),
        ("html", {}, 200, "text/html", 1),
        ("malformed", {}, 202, "text/xml", 1),
        ("huge", {"mb": 1}, 202, "text/xml", 1),
        ("laughs", {}, 202, "text/xml", 1),
        ("empty", {}, 202, "text/xml", 1),
        ("iso", {}, 202, "text/xml", 1),
    ],
)
def test_a_reply_that_is_no_receipt_leaves_accepted_what_it_should(caller, fault, options, status, kind, accepted):
    caller.sim.bndes.play(fault, on=FIN, **options)
    reply = caller.post(FIN, GOOD)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, kind)
    assert sum(caller.sim.bndes.accepted.values()) == accepted
    if fault == "own_500":
        assert "Nenhuma ação foi realizada" in text(reply, "descricao")
    if fault == "iso":
        assert b'encoding="ISO-8859-1"' in reply.content
    assert caller.sim.bndes.faults.played == [{"on": FIN, "fault": fault}]
    assert caller.post("previaFinanciamento", GOOD).status_code == 202


def test_results_can_be_late_partial_or_somebody_elses(caller):
    caller.sim.bndes.play("late", on=FIN, seconds=100)
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    caller.sim.clock.advance(100)
    assert caller.retorno(FIN, protocol).status_code == 202
    caller.sim.clock.advance(3)
    caller.sim.bndes.play("late", on="financiamento_retorno", times=2, seconds=20)
    assert [caller.retorno(FIN, protocol).status_code for _ in range(3)] == [202] * 3
    caller.sim.clock.advance(40)
    caller.sim.bndes.play("partial", on="financiamento_retorno")
    assert [text(caller.retorno(FIN, protocol), "numeroBNDES") != "" for _ in range(2)] == [False, True]
    caller.sim.bndes.play("wrong_protocol", on="financiamento_retorno")
    assert text(caller.retorno(FIN, protocol), "numeroProtocolo") != protocol
    caller.approved(2)
    caller.sim.bndes.play("wrong_protocol", on="financiamento_retorno")
    assert text(caller.retorno(FIN, protocol), "numeroProposta") == "2"
    caller.sim.bndes.play("partial", on="pesquisa")
    assert texts(caller.search(anoProposta=2026), "numeroProposta") == ["1"]


def test_a_fault_on_everything_leaves_the_status_alone(caller):
    caller.sim.bndes.play("503")
    assert caller.get("api/status").status_code == 200
    assert caller.post(FIN, GOOD).status_code == 503
    caller.sim.bndes.play("503", on="status")
    assert caller.get("api/status").status_code == 503


# The control page, and restarts


def test_the_control_page_shows_what_was_accepted_and_takes_faults(caller, sim):
    caller.run(FIN, anoProposta=2026, numeroProposta=1, nome="MARIA")
    page = requests.get(f"{sim.control}/_sim/bndes/", timeout=5)
    shown = page.json()
    assert (shown["items_accepted"], shown["accepted_more_than_once"]) == (1, 0)
    assert shown["accepted"] == shown["approved"] == {"financiamento 2026/1": 1}
    (filed,) = shown["solicitacoes"].values()
    assert (filed["status"], filed["asks"], filed["cnpj"]) == ("aprovado", 1, CNPJ)
    assert "MARIA" not in page.text
    reply = requests.post(f"{sim.control}/_sim/bndes/faults", json=[{"on": LIB, "fault": "own_500"}], timeout=5)
    assert reply.json()["faults"]["queued"] == [{"on": LIB, "fault": "own_500", "times": 1, "skip": 0}]
    wrong = requests.post(f"{sim.control}/_sim/bndes/faults", json=[{"on": LIB, "fault": "partial"}], timeout=5)
    assert wrong.status_code == 400


def test_what_was_accepted_survives_a_restart_by_the_journal(tmp_path, sim, session):
    journal = tmp_path / "journal.jsonl"
    start = datetime.fromisoformat(MONDAY)
    with malote_sim.running("bndes", folder=sim.certificates.folder, journal=journal) as first:
        first.clock.set(start)
        caller = Caller(first, session)
        numero = caller.contracted()
        waiting = caller.take(LIB, numeroBNDES=numero, valor="10.00")
        before = first.bndes.accepted
    with malote_sim.running("bndes", folder=sim.certificates.folder, journal=journal) as again:
        again.clock.set(start + timedelta(minutes=1))
        caller = Caller(again, session)
        assert again.bndes.accepted == before
        assert text(caller.retorno(LIB, waiting), "status") == "aprovado"
        assert text(caller.search(anoProposta=2026, numeroProposta=1), "numeroBNDES") == numero
        assert caller.take(LIB, numeroBNDES=numero, valor="11.00") != waiting

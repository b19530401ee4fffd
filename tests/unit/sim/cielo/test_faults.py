"""Returns that are other than expected, faults, and what the simulated Cielo shows, keeps and can hold."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta

import pytest
import requests
from lxml import etree

import malote_sim
from support.sim.cielo import (
    CHAVE,
    EC,
    GOOD,
    MASTER,
    NS,
    PENDING,
    TID,
    VISA,
    Caller,
    by_tid,
    codigo,
    kinds,
    lista,
    lot,
    sale,
    texts,
)

# How a return can be other than expected


def ready(caller: Caller, *items: str) -> int:
    numero = caller.send("02", *(items or (sale("A"), sale("B"), sale("C"))))
    caller.sim.clock.advance(13 * 3600)
    return numero


def test_a_return_may_come_inside_arquivo(caller):
    numero = ready(caller)
    attached = caller.ask(numero).content
    caller.sim.cielo.set(return_in="arquivo")
    reply = caller.ask(numero)
    assert "Content-Disposition" not in reply.headers
    root = etree.fromstring(reply.content)
    assert root.tag == f"{{{NS}}}retorno-download-lote" and kinds(root) == ["arquivo"]
    assert root[0].text.encode("latin-1") == attached


@pytest.mark.parametrize(("kind", "said"), [("082", "codigo"), ("mensagem", "mensagem")])
def test_a_cleaned_storage_makes_one_come_again_for_a_second_copy(caller, kind, said):
    caller.sim.cielo.set(second_copy=kind, second_copy_after=7200)
    numero = ready(caller)
    for _ in range(2):
        reply = caller.ask(numero)
        assert f"<{said}>" in reply.text and "Content-Disposition" not in reply.headers
        caller.sim.clock.advance(3600)
    assert len(lista(caller.ask(numero))) == len(lista(caller.ask(numero))) == 3


def test_items_can_be_left_out_answered_twice_never_sent_or_without_id_and_pan(caller):
    numero, cielo = ready(caller), caller.sim.cielo
    orders = lambda: texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero")  # noqa: E731
    cielo.set(unanswered=["B"], answered_twice=["A"], strangers=["Z"])
    assert orders() == ["A", "C", "A", "Z"]
    cielo.set(unanswered=2, answered_twice=[], strangers=[])
    assert orders() == ["A"]
    cielo.set(unanswered=0, echo_id=False, pan=False, status={"A": "7"}, extras=True)
    returned = lista(caller.ask(numero))
    assert [each.get("id") for each in returned] == [None] * 3 and texts(returned, "transacao/pan") == []
    assert texts(returned, "transacao/status") == ["7", "6", "6"]
    assert len(texts(returned, "transacao/autorizacao/par")) == len(texts(returned, "transacao/novidade")) == 3


def test_an_item_against_the_schema_may_come_back_with_an_empty_id(caller):
    caller.sim.cielo.set(echo_id="semantic")
    returned = caller.run("02", sale("A-1"), sale("B", produto="A"))
    assert [each.get("id") for each in returned] == ["", "i-B"]


def test_a_whole_lot_can_be_refused_after_processing_and_charges_nothing(caller):
    caller.sim.cielo.set(lots_refused={"1": "071"})
    numero = ready(caller)
    assert codigo(caller.ask(numero)) == "71" and caller.sim.cielo.charged == {}
    assert caller.sim.cielo.accepted == {"A": 1, "B": 1, "C": 1}


def test_codes_come_as_recorded_or_all_padded_or_all_bare(caller):
    numero = ready(caller, sale("A", produto="A"))
    for digits, lot_code, item_code in (("recorded", "74", "011"), ("padded", "074", "011"), ("bare", "74", "11")):
        caller.sim.cielo.set(codigo=digits)
        assert codigo(caller.ask(99)) == lot_code
        assert texts(lista(caller.ask(numero)), "erro/codigo") == [item_code]


# Faults


def test_a_reply_lost_after_acceptance_leaves_an_accepted_lot_that_100_then_proves(caller):
    caller.sim.cielo.play("lost_reply", on="upload")
    content = lot("02", sale("A"))
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.upload(content, GOOD)
    assert caller.sim.cielo.accepted == {"A": 1}
    assert codigo(caller.upload(content, GOOD)) == "100" and codigo(caller.ask(1)) == "81"
    assert caller.sim.cielo.accepted == {"A": 1}


def test_a_connection_reset_before_the_body_accepts_nothing(caller):
    caller.sim.cielo.play("reset_before", on="upload")
    with pytest.raises(requests.exceptions.RequestException):
        caller.upload(lot("02", sale("A")), GOOD)
    assert caller.sim.cielo.accepted == {} and "data-envio" in caller.upload(lot("02", sale("A")), GOOD).text


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        ("500", 500, 0),
        ("503", 503, 0),
        ("throttle", 429, 0),
        ("closed", 503, 0),
        ("html", 200, 1),
        ("malformed", 200, 1),
    ],
)
def test_every_gateways_fault_can_be_played_on_an_upload(caller, fault, status, accepted):
    caller.sim.cielo.play(fault, on="upload")
    reply = caller.upload(lot("02", sale("A")), GOOD)
    assert reply.status_code == status and "</retorno-upload-lote>" not in reply.text
    assert sum(caller.sim.cielo.accepted.values()) == accepted


def test_an_erro_can_be_played_with_and_without_acceptance(caller):
    caller.sim.cielo.play("erro", on="upload")
    assert codigo(caller.upload(lot("02", sale("A")), GOOD)) == "79" and caller.sim.cielo.accepted == {}
    caller.sim.cielo.play("erro", on="upload", accept=True)
    assert codigo(caller.upload(lot("02", sale("A")), GOOD)) == "79" and caller.sim.cielo.accepted == {"A": 1}
    caller.sim.cielo.play("erro", on="download", codigo=82, mensagem="Volte")
    reply = caller.ask(1)
    assert codigo(reply) == "82" and "Volte" in reply.text


def test_a_return_can_be_late_by_asks_and_by_seconds(caller):
    numero = ready(caller)
    caller.sim.cielo.play("late", on="download", times=2)
    assert [caller.ask(numero).text == PENDING for _ in range(3)] == [True, True, False]
    caller.sim.cielo.play("late", on="upload", seconds=7200)
    numero = ready(caller, sale("D"))
    assert caller.ask(numero).text == PENDING
    caller.sim.clock.advance(7200)
    assert len(lista(caller.ask(numero))) == 1


def test_faults_of_a_return_wait_until_there_is_one(caller):
    other, numero = ready(caller, sale("X")), caller.send("02", sale("A"), sale("B"))
    for fault in ("partial", "stranger", "wrong_lot"):
        caller.sim.cielo.play(fault)
    assert caller.ask(numero).text == PENDING and caller.sim.cielo.faults.played == []
    caller.sim.clock.advance(13 * 3600)
    returned = [texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero") for _ in range(2)]
    assert returned == [["A"], ["A", "B", "ESTRANHO1"]]
    assert texts(etree.fromstring(caller.ask(numero).content), "numero-lote") == [str(other)]
    assert [each["fault"] for each in caller.sim.cielo.faults.played] == ["partial", "stranger", "wrong_lot"]
    assert texts(lista(caller.ask(numero)), "transacao/dados-pedido/numero") == ["A", "B"]


def test_half_a_return_file_breaks_off(caller):
    numero = ready(caller)
    caller.sim.cielo.play("truncated", on="download")
    with pytest.raises(requests.exceptions.RequestException):
        caller.ask(numero)
    assert len(lista(caller.ask(numero))) == 3


# What is shown, kept, and how much it can hold


def test_the_control_page_counts_what_was_accepted_and_charged_and_shows_no_card_and_no_chave(caller):
    ready(caller, sale("A"), sale("B", 1050), sale("C", gerar="yes", card=MASTER))
    shown = requests.get(caller.sim.control + "/_sim/cielo/", timeout=5)
    page = shown.json()
    assert page["accepted"] == {"A": 1, "B": 1, "C": 1} and page["charged"] == {"A": 1, "C": 1}
    assert (page["items_accepted"], page["accepted_more_than_once"], page["charged_more_than_once"]) == (3, 0, 0)
    assert page["transactions_by_status"] == {"6": 2, "5": 1} and page["lots"][f"{EC}/1"]["items"] == 3
    assert not re.search(rf"{VISA}|{MASTER}|{CHAVE}", shown.text)


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("settings", {"reused": 73}),
        ("settings", {"online": {TID: {"pedido": "A"}}}),
        ("settings", {"pan": "no"}),
        ("settings", {"fail": {"A": "x"}}),
        ("faults", {"fault": "partial", "on": "upload"}),
        ("faults", {"fault": "wrong_code"}),
    ],
)
def test_the_control_page_says_what_is_wrong_and_changes_nothing(caller, what, given):
    reply = requests.post(f"{caller.sim.control}/_sim/cielo/{what}", json=given, timeout=5)
    assert reply.status_code == 400 and reply.json()["error"] and caller.sim.cielo.faults.queued == []


def test_a_restart_keeps_lots_transactions_and_tokens_but_no_card(tmp_path, sim, session):
    folder, journal = sim.certificates.folder, tmp_path / "journal.jsonl"
    with malote_sim.running("cielo", folder=folder, journal=journal) as first:
        caller = Caller(first, session)
        (before,) = caller.run("02", sale("A", gerar="yes"))
        caller.send("04", by_tid("04", TID))
    kept = journal.read_text()
    assert VISA not in kept and CHAVE not in kept and len([json.loads(line) for line in kept.splitlines()]) == 2
    with malote_sim.running("cielo", folder=folder, journal=journal) as second:
        caller = Caller(second, session)
        assert second.cielo.accepted == {"A": 1, f"04:{TID}": 1}
        assert etree.tostring(lista(caller.ask(1))[0]) == etree.tostring(before)
        assert codigo(caller.upload(lot("02", sale("B")), GOOD)) == "100"
        caller.last = 2
        token = texts(before, "token/dados-token/codigo-token")[0]
        assert texts(caller.run("02", sale("B", token=token)), "transacao/status") == ["6"]


def test_a_lot_of_27000_items_goes_in_and_comes_back_whole(caller):
    caller.send("02", *(sale(f"P{place}", card=VISA if place % 2 else MASTER) for place in range(27_000)))
    caller.sim.clock.advance(13 * 3600)
    returned = lista(caller.ask(1))
    assert len(set(texts(returned, "transacao/tid"))) == 27_000
    assert texts(returned, "transacao/dados-pedido/numero") == [f"P{place}" for place in range(27_000)]
    assert len(caller.sim.cielo.charged) == 27_000


def test_a_fast_clock_makes_half_a_day_pass_in_a_moment(caller):
    numero = caller.send("02", sale("A"))
    caller.sim.clock.speed = 1_000_000
    until = time.monotonic() + 5
    while (reply := caller.ask(numero)).text == PENDING and time.monotonic() < until:
        time.sleep(0.01)
    caller.sim.clock.speed = 0
    assert len(lista(reply)) == 1
    assert caller.sim.cielo.lots[f"{EC}/1"].ready_at - caller.sim.cielo.lots[f"{EC}/1"].accepted_at < timedelta(
        hours=13
    )

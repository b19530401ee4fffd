"""Faults of the simulated CCEE."""

from __future__ import annotations

import pytest
import requests
from lxml import etree

from support.sim.ccee import IMPORT, PATHS, RESULT, contract_file, import_envelope, texts

GONE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@pytest.mark.parametrize(
    ("name", "options", "accepted"),
    [
        ("lost_reply", {}, True),
        ("reset_before", {}, False),
        ("timeout", {"accept": True}, True),
        ("timeout", {"accept": False}, False),
        ("truncated", {}, True),
        ("truncated", {"chunked": True}, True),
        ("truncated", {"accept": False}, False),
        ("slow", {"seconds": 60}, True),
    ],
)
def test_a_broken_connection_leaves_accepted_what_it_should(caller, name, options, accepted):
    caller.sim.ccee.play(name, on=IMPORT, **options)
    envelope, headers = import_envelope(contract_file("A")), {"SOAPAction": IMPORT, "Content-Type": "text/xml"}
    with pytest.raises(GONE):
        caller.session.post(caller.sim.url("ccee") + PATHS[IMPORT], envelope.encode(), headers=headers, timeout=0.4)
    assert caller.sim.ccee.accepted == ({"A": 1} if accepted else {})
    assert caller.send("B").status_code == 200 and caller.sim.ccee.accepted["B"] == 1
    assert caller.sim.ccee.faults.played == [{"on": IMPORT, "fault": name}]


@pytest.mark.parametrize(
    ("name", "options", "status", "inside", "accepted"),
    [
        ("500", {}, 500, b"<html>", False),
        ("500", {"accept": True}, 500, b"<html>", True),
        ("503", {"retry_after": 7}, 503, b"<html>", False),
        ("throttle", {}, 429, b"<html>", False),
        ("throttle", {"as": "fault"}, 500, b"Rejected by SLM Monitor", False),
        ("html", {}, 200, b"<html>", True),
        ("html", {"accept": False}, 200, b"<html>", False),
        ("closed", {}, 500, b"Failed to establish a backside connection", False),
        ("malformed", {}, 200, b"codigoProcessamento", True),
        ("slow", {"seconds": 0.01}, 200, b"codigoProcessamento>", True),
        ("fault", {"errorCode": "3001", "prefix": "zz"}, 500, b"<zz:noDataFoundFault", False),
        ("fault", {"errorCode": "2001", "form": "unbound"}, 500, b"<detail><flt:securityFault><flt:errorCode>", False),
        ("fault", {"errorCode": "2001", "form": "1.2", "message": "<não>"}, 500, b">Server.2001</env:Value>", False),
        ("fault", {"accept": True, "element": "unexpectedSchemaFault", "status": 200}, 200, b"SchemaFault", True),
    ],
)
def test_a_reply_that_is_no_receipt_leaves_accepted_what_it_should(caller, name, options, status, inside, accepted):
    caller.sim.ccee.play(name, on=IMPORT, **options)
    reply = caller.send("A")
    assert reply.status_code == status and inside in reply.content
    assert caller.sim.ccee.accepted == ({"A": 1} if accepted else {})
    if name == "throttle" and not options:
        assert reply.headers["Retry-After"] == "30"
    if name == "503":
        assert reply.headers["Retry-After"] == "7"
    if name == "malformed":
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(reply.content)


def test_a_huge_reply_is_the_right_one_blown_up(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("huge", mb=3)
    reply = caller.ask(codigo)
    assert len(reply.content) > 3_000_000 and texts(reply, "codigoOrigem") == ["A"]


def test_laughs_are_a_dtd_whose_entities_grow_a_billion_times(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("laughs")
    content = caller.ask(codigo).content
    assert content.count(b"<!ENTITY") == 10 and b"&lol9;</soap-env:Envelope>" in content and len(content) < 5000
    with pytest.raises(etree.XMLSyntaxError, match="amplification"):
        etree.fromstring(content)


def test_an_answer_in_iso_8859_1_says_so_and_keeps_its_accents(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.play("iso")
    reply = caller.ask(codigo)
    assert b'encoding="ISO-8859-1"' in reply.content and "Operação".encode("latin-1") in reply.content
    assert texts(reply, "descricao") == ["Operação Realizada com Sucesso."]


def test_results_can_be_late_partial_strange_or_somebody_elses(caller):
    other, codigo = caller.sent("X"), caller.sent("A", "B", "C")
    play, asked = caller.sim.ccee.play, lambda: texts(caller.ask(codigo), "codigoOrigem")
    play("late", on=RESULT, times=2)
    assert [asked(), asked(), asked()] == [[], [], ["A", "B", "C"]]
    play("partial", missing=2)
    assert [asked(), asked()] == [["A"], ["A", "B", "C"]]
    play("stranger", reference="Z")
    assert asked() == ["A", "B", "C", "Z"]
    play("wrong_code")
    reply = caller.ask(codigo)
    assert texts(reply, "codigoProcessamento") == [other] and texts(reply, "codigoOrigem") == ["X"]


def test_late_can_add_simulated_seconds_to_one_file(caller):
    caller.sim.clock.speed = 0
    caller.sim.ccee.play("late", on=IMPORT, seconds=300)
    late, prompt = caller.sent("A"), caller.sent("B")
    assert texts(caller.ask(late), "codigoOrigem") == [] and texts(caller.ask(prompt), "codigoOrigem") == ["B"]
    caller.sim.clock.advance(300)
    assert texts(caller.ask(late), "codigoOrigem") == ["A"]


def test_a_fault_waits_for_its_operation_and_its_turn(caller):
    caller.sim.ccee.play("500", on=RESULT, skip=1, times=2)
    codigo = caller.sent("A")
    assert [caller.ask(codigo).status_code for _ in range(4)] == [200, 500, 500, 200]
    caller.sim.ccee.play("500")
    wsdl = caller.session.get(caller.sim.url("ccee") + PATHS[RESULT] + "?wsdl", timeout=5)
    assert wsdl.status_code == 200 and caller.ask(codigo).status_code == 500

"""The simulated EFD-Reinf as nobody wants it: faults, settings, restarts; and its control page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import requests
from lxml import etree

import malote_sim
from malote_sim import server
from malote_sim.certificates import CNPJ
from malote_sim.reinf import signature
from support.sim.reinf import (
    MONTH,
    NOW,
    ROOT_OF_CNPJ,
    SUPPLIER,
    Caller,
    Signer,
    codes,
    events,
    id_of,
    lote,
    outcomes,
    r1000,
    r4010,
    r4020,
    r4099,
    receipts,
    root,
    text,
)

# Faults


@pytest.mark.parametrize(
    ("fault", "options", "accepted"),
    [("lost_reply", {}, 1), ("reset_before", {}, 0), ("timeout", {}, 1), ("timeout", {"accept": False}, 0)],
)
def test_a_broken_connection_leaves_accepted_what_it_should(caller, fault, options, accepted):
    caller.sim.reinf.play(fault, on="recepcao", **options)
    with pytest.raises(requests.RequestException):
        caller.session.post(
            f"{caller.sim.url('reinf')}/recepcao/lotes", data=lote(caller.sign(r1000())),
            headers={"Content-Type": "application/xml"}, timeout=0.5,
        )  # fmt: skip
    assert sum(caller.sim.reinf.accepted.values()) == len(caller.sim.reinf.lotes) == accepted
    caller.sim.clock.advance(10)
    assert caller.recibo(f"R1000/1/{ROOT_OF_CNPJ}").status_code == (200 if accepted else 404)


@pytest.mark.parametrize(
    ("fault", "options", "status", "kind", "accepted"),
    [
        ("own_500", {}, 500, "application/xml", 0),
        ("own_500", {"accept": True}, 500, "application/xml", 1),
        ("500", {}, 500, "text/html", 0),
        ("500", {"accept": True}, 500, "text/html", 1),
        ("503", {"retry_after": 60}, 503, "text/html", 0),
        ("503", {"accept": True}, 503, "text/html", 1),
        ("gateway", {}, 502, "text/html", 1),
        ("gateway", {"status": 504, "accept": False}, 504, "text/html", 0),
        ("json", {}, 503, "application/json", 0),
        ("json", {"status": 500, "accept": True}, 500, "application/json", 1),
        ("throttle", {}, 429, "text/html", 0),
        ("throttle", {"as": "fault"}, 503, "text/html", 0),
        ("closed", {}, 503, "text/html", 0),
        ("certificate", {}, 495, "text/html", 0),
        ("certificate", {"status": 496}, 496, "text/html", 0),
        ("unsupported", {}, 415, "text/html", 0),
        ("refuse", {"codigo": "77"}, 422, "application/xml", 0),
        ("refuse", {"accept": True}, 422, "application/xml", 1),
        ("html", {}, 200, "text/html", 1),
        ("malformed", {}, 201, "application/xml", 1),
        ("huge", {"mb": 1}, 201, "application/xml", 1),
        ("laughs", {}, 201, "application/xml", 1),
        ("empty", {}, 201, None, 1),
        ("iso", {}, 201, "application/xml", 1),
        ("code", {"cdResposta": 42}, 201, "application/xml", 1),
        ("no_protocol", {}, 201, "application/xml", 1),
        ("wrong_protocol", {}, 201, "application/xml", 1),
        ("wrong_echo", {}, 201, "application/xml", 1),
        ("in_error", {}, 201, "application/xml", 1),
    ],
)
def test_a_reply_that_is_no_receipt_leaves_accepted_what_it_should(caller, fault, options, status, kind, accepted):
    caller.sim.reinf.play(fault, on="recepcao", **options)
    reply = caller.send(r1000())
    assert (reply.status_code, reply.headers.get("Content-Type")) == (status, kind)
    assert sum(caller.sim.reinf.accepted.values()) == accepted
    assert caller.sim.reinf.faults.played == [{"on": "recepcao", "fault": fault}]
    assert caller.send(r1000()).status_code == 201


@pytest.mark.parametrize(
    ("fault", "options", "shown"),
    [
        ("own_500", {}, {"cdResposta": "99", "codigo": ""}),
        ("refuse", {"codigo": "A1", "descricao": "não"}, {"cdResposta": "7", "codigo": "A1", "descricao": "não"}),
        ("code", {"cdResposta": 42}, {"cdResposta": "42"}),
        ("no_protocol", {}, {"cdResposta": "1", "protocoloEnvio": ""}),
        ("wrong_echo", {}, {"cdResposta": "1", "nrInsc": "99999999"}),
    ],
)
def test_a_reply_says_what_the_fault_wants(caller, fault, options, shown):
    caller.sim.reinf.play(fault, on="recepcao", **options)
    reply = caller.send(r1000())
    assert {name: text(reply, name) for name in shown} == shown


def test_a_protocol_of_nobody_is_told_and_leads_nowhere(caller):
    caller.sim.reinf.play("wrong_protocol", on="recepcao")
    protocol = text(caller.send(r1000()), "protocoloEnvio")
    assert protocol not in caller.sim.reinf.lotes and caller.ask(protocol).status_code == 404


def test_results_can_be_late_and_slow(caller):
    protocol = text(caller.send(r1000()), "protocoloEnvio")
    caller.sim.clock.advance(10)
    caller.sim.reinf.play("late", on="consulta", seconds=60, times=2)
    assert [text(caller.ask(protocol), "cdResposta") for _ in range(3)] == ["1", "1", "1"]
    caller.sim.clock.advance(120)
    assert text(caller.ask(protocol), "cdResposta") == "2"


@pytest.mark.parametrize(
    ("fault", "options", "told"),
    [
        ("partial", {}, [0, 1]),
        ("partial", {"missing": 5}, []),
        ("twice", {}, [0, 0, 1, 2]),
        ("stranger", {}, [0, 1, 2, None]),
        ("no_receipts", {}, [0, 1, 2]),
        ("wrong_echo", {}, [0, 1, 2]),
    ],
)
def test_a_result_can_lack_events_or_have_some_too_many(caller, fault, options, told):
    sent = [r1000(), r4020(), r4099()]
    protocol = text(caller.send(*sent), "protocoloEnvio")
    caller.sim.clock.advance(10)
    caller.sim.reinf.play(fault, on="consulta", **options)
    result = caller.ask(protocol)
    ids = [id_of(event) for event in sent]
    assert [ids.index(each.get("Id")) if each.get("Id") in ids else None for each in events(result)] == told
    assert (set(receipts(result)) <= {""}) == (fault == "no_receipts" or not told)
    assert set(outcomes(result)) <= {"0"}
    assert all(receipts(caller.ask(protocol)))


@pytest.mark.parametrize("others", [True, False])
def test_a_result_can_be_another_lotes(caller, others):
    if others:
        caller.registered()
    protocol = text(caller.send(r4020()), "protocoloEnvio")
    caller.sim.clock.advance(10)
    caller.sim.reinf.play("wrong_protocol", on="consulta")
    result = caller.ask(protocol)
    assert text(result, "protocoloEnvio") != protocol and text(result, "tpEv") == ("R-1000" if others else "R-4020")


def test_events_can_be_refused_for_no_reason(caller):
    caller.registered()
    caller.sim.reinf.play("in_error", on="recepcao", events=2, codigo="MS7777")
    result = caller.run(r4020(), r4020(supplier="60746948000112"), r4020(supplier="00000000000191"))
    assert codes(result) == [["MS7777"], ["MS7777"], []] and outcomes(result) == ["1", "1", "0"]


def test_receipts_by_key_can_be_missing(caller):
    caller.registered()
    caller.sim.reinf.play("partial", on="recibo")
    assert [caller.recibo(f"R1000/1/{ROOT_OF_CNPJ}").status_code for _ in range(2)] == [404, 200]


def test_the_reply_can_be_in_another_encoding(caller):
    caller.sim.reinf.play("iso", on="recepcao")
    reply = caller.send(r1000())
    assert b"encoding='ISO-8859-1'" in reply.content and "está" in text(reply, "descResposta")


def test_many_may_call_at_once(caller):
    bodies = [lote(*(caller.sign(r4020()) for _ in range(5))) for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        protocols = list(pool.map(lambda body: text(caller.post(body), "protocoloEnvio"), bodies))
        caller.sim.clock.advance(10)
        results = list(pool.map(caller.ask, protocols))
    assert len(set(protocols)) == 24 and {len(events(each)) for each in results} == {5}


# Rhythm


@pytest.mark.parametrize("too_soon_as", ["429", "422", "403"])
def test_who_asks_too_soon_is_told_so_where_that_is_set(caller, too_soon_as):
    caller.sim.reinf.set(too_soon=30, too_soon_as=too_soon_as)
    protocol = text(caller.send(r1000()), "protocoloEnvio")
    statuses = []
    for wait in (0, 29, 30, 31):
        caller.sim.clock.advance(wait)
        statuses.append(caller.ask(protocol).status_code)
    assert statuses == [200, int(too_soon_as), 200, 200]
    shown = caller.sim.reinf.described()["lotes"][protocol]
    assert (shown["asks"], shown["fewest_seconds_between_asks"]) == (4, 29)


def test_what_is_beyond_a_limit_is_429_where_that_is_enforced(caller):
    protocol = text(caller.send(r1000()), "protocoloEnvio")
    caller.sim.reinf.set(limit=2, window=3600, enforce=True)
    assert [caller.ask(protocol).status_code for _ in range(3)] == [200, 200, 429]
    assert caller.sim.reinf.described()["violations"] == 1


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"environment": "teste"},
        {"events_checked": "never"},
        {"powers": {CNPJ: 1}},
        {"schemas": "/nowhere"},
        {"most_events": 0},
        {"reject": {"*": "excess"}},
        {"protocol": "always"},
        {"prefix": "1x"},
        {"too_soon": -1},
        {"too_soon_as": 429},
        {"absent": "no"},
        {"colour": "blue"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(sim, wrong):
    before = dict(sim.reinf.settings)
    with pytest.raises(ValueError):
        sim.reinf.set(search_lag=7, **wrong)
    assert sim.reinf.settings == before


def test_forms_that_nobody_knows_can_be_others(caller):
    caller.sim.reinf.set(prefix="n", extras=True, content_type="text/xml;charset=utf-8", protocol="L{number}-{mes}")
    reply = caller.send(r1000())
    assert reply.headers["Content-Type"] == "text/xml;charset=utf-8" and b"<n:Reinf " in reply.content
    assert text(reply, "elementoNovo") == "1" and text(reply, "protocoloEnvio").endswith("-202611")
    assert text(caller.later(text(reply, "protocoloEnvio")), "cdResposta") == "2"


@pytest.mark.parametrize(
    ("timestamps", "written"),
    [
        ("offset", "2026-11-03T10:00:00-03:00"),
        ("local", "2026-11-03T10:00:00"),
        ("fraction", "2026-11-03T10:00:00.000"),
    ],
)
def test_instants_are_written_as_it_is_set(caller, timestamps, written):
    caller.sim.reinf.set(timestamps=timestamps)
    assert text(caller.send(r1000()), "dhRecepcao") == written


@pytest.mark.parametrize("signed", [True, False])
def test_what_comes_back_is_signed_by_the_institution_unless_it_is_set_not_to_be(caller, sim, signed):
    sim.reinf.set(signed=signed)
    (told,) = root(caller.run(r1000())).iter("{*}retornoEvento")
    alone = etree.fromstring(etree.tostring(told[0]))
    if signed:
        assert signature.verify(alone, sim.certificates.ca.read_bytes()).cnpj == ""
    else:
        assert [each.tag.rpartition("}")[2] for each in alone] == ["evtTotal"]


# The control page, and a restart


def test_the_control_page_plays_faults_and_shows_what_was_done(sim, caller):
    page = f"{sim.control}/_sim/reinf/"
    played = requests.post(f"{page}faults", json={"fault": "json", "on": "consulta"}, timeout=5).json()
    assert played["faults"]["queued"] == [{"on": "consulta", "fault": "json", "times": 1, "skip": 0}]
    caller.send(r1000())
    shown = requests.post(f"{page}settings", json={"search_lag": 60}, timeout=5).json()
    assert shown["settings"]["search_lag"] == 60 and shown["accepted"] == {"R-1000 inclusao 2020-01": 1}
    assert requests.get(page, headers={"Accept": "text/html"}, timeout=5).status_code == 200


def test_what_was_taken_survives_a_restart_by_the_journal(tmp_path, sim):
    folder, journal = sim.certificates.folder, tmp_path / "journal.jsonl"
    sign = Signer(sim.certificates.client)
    body = lote(*map(sign, [r1000(), r4020(), r4020("16,00")]))
    large = lote(*(sign(r4010()) for _ in range(51)))
    for number in range(3):
        with malote_sim.running("reinf", folder=folder, journal=journal) as run, requests.Session() as session:
            session.verify, session.cert = str(sim.certificates.ca), str(sim.certificates.client_pem)
            caller = Caller(run, session, Signer(sim.certificates.client))
            if number == 0:
                run.reinf.set(most_events=51)
                assert caller.post(large).status_code == 201
                run.clock.set(datetime.fromisoformat(NOW) + timedelta(days=1000))
                protocol = text(caller.post(body), "protocoloEnvio")
                first = receipts(caller.later(protocol))
            result = caller.later(protocol)
            assert receipts(result) == first and codes(result) == [[], [], ["MS0036"]]
            assert text(caller.post(body), "protocoloEnvio") != protocol
            assert run.reinf.accepted[f"R-4020 {MONTH} 1 {CNPJ} {SUPPLIER}"] == 2
            assert run.reinf.declared[f"R-4020 {MONTH} 1 {CNPJ} {SUPPLIER}"] == 1


def test_without_xmlsec_it_says_how_to_have_it_and_the_others_are_served(monkeypatch, tmp_path, sim):
    monkeypatch.setitem(__import__("sys").modules, "xmlsec", None)
    with pytest.raises(ValueError, match=r"airflow-provider-malote\[simulators\]"):
        server.SIMULATORS["reinf"](sim.clock)
    with malote_sim.running("bndes", folder=sim.certificates.folder) as run:
        assert run.bndes.described()["requests"] == 0

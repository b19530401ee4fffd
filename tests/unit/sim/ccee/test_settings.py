"""Settings and windows of the simulated CCEE."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from malote_sim.arrivals import Arrivals
from support.sim.ccee import BM, BO, IMPORT, RESULT, fault, outline, texts

# Settings


@pytest.mark.parametrize(("name", "namespace"), [("BM", BM), ("BO", BO)])
def test_the_receipt_comes_in_either_namespace(caller, name, namespace):
    caller.sim.ccee.set(codigo_namespace=name)
    assert etree.fromstring(caller.send("A").content).find(f".//{BM}importarArquivoResponse/{namespace}codigoProcessamento") is not None  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("style", ["manual", "soapenv", "env", "NS1", "io2", "v21", "none", {"bm": "zz", "bo": ""}])
def test_prefixes_change_and_names_do_not(caller, style):
    codigo = caller.sent("A")
    plain = etree.fromstring(caller.ask(codigo).content)
    caller.sim.ccee.set(prefixes=style)
    answer = caller.ask(codigo)
    assert outline(etree.fromstring(answer.content)) == outline(plain)
    if style == "none":
        assert b"<obterResultadoProcessamentoResponse " in answer.content
    if isinstance(style, dict):
        assert b"<zz:resultadoProcessamento>" in answer.content and b"<detalhe>" in answer.content
    assert fault(caller.ask("999"))[1] == "3001"


@pytest.mark.parametrize("reading", ["no_detalhe", "empty_result", "fault_3001", "fault_1-3001"])
def test_a_result_is_pending_in_the_reading_that_is_set_until_simulated_time_has_passed(caller, reading):
    caller.sim.clock.speed = 0
    caller.sim.ccee.set(result_after=600, pending=reading)
    codigo = caller.sent("A")
    pending = caller.ask(codigo)
    if reading.startswith("fault_"):
        assert fault(pending) == ("Server.3006", reading.removeprefix("fault_"), "noDataFoundFault")
    else:
        assert pending.status_code == 200 and texts(pending, "detalhe") == []
        assert texts(pending, "codigoProcessamento") == ([codigo] if reading == "no_detalhe" else [])
    caller.sim.clock.advance(599)
    assert caller.ask(codigo).content.count(b"detalhe>") == 0
    caller.sim.clock.advance(1)
    assert texts(caller.ask(codigo), "codigoOrigem") == ["A"]


def test_details_come_as_many_and_in_the_order_that_is_set(caller):
    codigo = caller.sent("A", "B", "C", "D", "E")
    caller.sim.ccee.set(details_per_record=2)
    assert texts(caller.ask(codigo), "codigoOrigem") == list("AABBCCDDEE")
    caller.sim.ccee.set(details_per_record={"A": 0, "C": 2}, order="reversed")
    assert texts(caller.ask(codigo), "codigoOrigem") == list("EDCCB")
    caller.sim.ccee.set(details_per_record=1, order="shuffled")
    shuffled = texts(caller.ask(codigo), "codigoOrigem")
    assert sorted(shuffled) == list("ABCDE") and shuffled != list("ABCDE")
    assert texts(caller.ask(codigo), "codigoOrigem") == shuffled


def test_statuses_follow_the_reference_or_what_is_set(caller):
    caller.sim.ccee.set(status={"C": "ERRO", "D": {"status": "EM_ANALISE", "descricao": "Aguarde."}})
    answer = caller.ask(caller.sent("ERRO-1", "AVISO-1", "B", "C", "D"))
    assert texts(answer, "status") == ["ERRO", "AVISO", "SUCESSO", "ERRO", "EM_ANALISE"]
    assert texts(answer, "descricao")[0].startswith("Consumidores especiais somente podem comprar")
    assert texts(answer, "descricao")[4] == "Aguarde."
    contracts = etree.fromstring(answer.content).findall(f".//{BO}contrato")
    assert [each.find(f"{BO}codigo") is not None for each in contracts] == [False, True, True, False, False]


def test_a_setting_that_does_not_exist_or_cannot_be_is_refused_and_changes_nothing(sim):
    for wrong in ({"pendng": 1}, {"pending": "maybe"}, {"details_per_record": 3}, {"window": 0}, {"prefixes": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            sim.ccee.set(order="reversed", **wrong)
    assert sim.ccee.settings["order"] == "as_sent"


# Windows


def test_the_most_in_any_sliding_window_is_counted():
    arrivals = Arrivals(limit=3, window=60)
    assert [arrivals.note(at) for at in (0, 1, 2, 59.9, 60, 61.5)] == [1, 2, 3, 4, 4, 4]
    assert (arrivals.most, arrivals.violations) == (4, 3)
    arrivals.measure(limit=3, window=10)
    assert (arrivals.most, arrivals.violations) == (3, 0)


def test_requests_beyond_the_limit_are_only_counted_unless_it_is_enforced(caller):
    codigo = caller.sent("A")
    caller.sim.ccee.set(limit=3, window=3600)
    with ThreadPoolExecutor(3) as pool:
        assert {reply.status_code for reply in pool.map(lambda _: caller.ask(codigo), range(5))} == {200}
    shown = caller.sim.ccee.described()
    assert shown["max_in_window_by_operation"] == {IMPORT: 1, RESULT: 5} and shown["max_in_window"] == 6
    assert shown["violations"] == 2
    caller.sim.ccee.set(enforce=True)
    throttled = caller.ask(codigo)
    assert throttled.status_code == 429 and throttled.headers["Retry-After"] == "3600"
    assert caller.send("B").status_code == 200

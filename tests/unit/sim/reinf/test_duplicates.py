"""What the simulated EFD-Reinf makes of the same bytes, Id or key again; and receipts found by key."""

from __future__ import annotations

import pytest

from malote_sim.certificates import CNPJ
from support.sim.reinf import (
    MONTH,
    PERSON,
    ROOT_OF_CNPJ,
    SUPPLIER,
    codes,
    events,
    id_of,
    lote,
    outcomes,
    r1000,
    r1070,
    r2010,
    r4010,
    r4020,
    r4099,
    r9000,
    receipts,
    text,
    texts,
)

KEY = f"R-4020 {MONTH} 1 {CNPJ} {SUPPLIER}"
PATH = f"R4020/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/{SUPPLIER}"


# The same bytes


@pytest.mark.parametrize(
    ("duplicates", "outcome", "dupl", "said", "accepted"),
    [
        ("told", "0", "true", ["MS0022"], 1),
        ("silent", "0", None, [], 1),
        ("refused", "1", None, ["MS0022"], 1),
        ("accepted", "0", None, [], 2),
    ],
)
def test_the_same_lote_again_is_told_apart_by_the_ids_of_its_events(caller, duplicates, outcome, dupl, said, accepted):
    caller.registered()
    caller.sim.reinf.set(duplicates=duplicates)
    body = lote(caller.sign(r4020()))
    first, second = (text(caller.post(body), "protocoloEnvio") for _ in range(2))
    assert first != second
    one, again = caller.later(first), caller.later(second)
    assert (outcomes(again), events(again)[0].get("evtDupl"), codes(again)) == ([outcome], dupl, [said])
    if duplicates in ("told", "silent"):
        assert receipts(again) == receipts(one) and texts(again, "vlrCRMenInf") == ["15,00"]
    assert caller.sim.reinf.accepted[KEY] == caller.sim.reinf.declared[KEY] == accepted
    assert list(caller.sim.reinf.described()["same_bytes"].values()) == [2]


@pytest.mark.parametrize(("same_lote", "status"), [("new_protocol", 201), ("same_protocol", 201), ("refused", 422)])
def test_the_same_lote_again_has_a_protocol_as_it_is_set(caller, same_lote, status):
    caller.sim.reinf.set(same_lote=same_lote)
    body = lote(caller.sign(r1000()))
    first = text(caller.post(body), "protocoloEnvio")
    again = caller.post(body)
    assert again.status_code == status and (text(again, "protocoloEnvio") == first) == (same_lote == "same_protocol")
    if same_lote == "refused":
        assert first in text(again, "descricao")
        caller.sim.reinf.set(same_lote_protocol=False)
        assert first not in text(caller.post(body), "descricao")
    assert caller.sim.reinf.accepted == {"R-1000 inclusao 2020-01": 1}


# The same Id


def test_an_id_is_unique_for_ever(caller):
    caller.registered()
    mine = id_of(r4020())
    caller.declare(r4020(id_=mine))
    caller.sim.clock.advance(10 * 365 * 86400)
    assert codes(caller.run(r4020("16,00", id_=mine))) == [["MS0035"]]


@pytest.mark.parametrize(("refused_ids", "said"), [("taken", ["MS0035"]), ("free", [])])
def test_an_id_that_was_refused_is_taken_unless_it_is_set_free(caller, refused_ids, said):
    caller.sim.reinf.set(refused_ids=refused_ids)
    event = caller.sign(r4020())
    protocol = text(caller.post(lote(event)), "protocoloEnvio")
    assert codes(caller.later(protocol)) == [["MS0040"]]
    caller.registered()
    assert codes(caller.later(text(caller.post(lote(event)), "protocoloEnvio"))) == [said]
    third = codes(caller.later(text(caller.post(lote(event)), "protocoloEnvio")))
    assert third == [["MS0035" if refused_ids == "taken" else "MS0022"]]


# The same key


@pytest.mark.parametrize(
    ("same_key", "outcome", "dupl", "declared"),
    [("refused", "1", None, 1), ("told", "0", "true", 1), ("accepted", "0", None, 2)],
)
def test_the_same_key_under_another_id_is_a_second_document(caller, same_key, outcome, dupl, declared):
    _, first = caller.declare(r1000(), r4020())
    caller.sim.reinf.set(same_key=same_key)
    result = caller.run(r4020())
    assert (outcomes(result), events(result)[0].get("evtDupl")) == ([outcome], dupl)
    assert (receipts(result) == [first]) == (same_key == "told")
    assert caller.sim.reinf.accepted[KEY] == 2 and caller.sim.reinf.accepted_more_than_once == 1
    assert caller.sim.reinf.declared[KEY] == declared


@pytest.mark.parametrize("told", [True, False])
def test_what_was_refused_may_come_again_once_that_has_been_told(caller, told):
    protocol = text(caller.send(r4020()), "protocoloEnvio")
    caller.sim.clock.advance(10)
    if told:
        caller.ask(protocol)
    caller.registered()
    caller.declare(r4020())
    assert caller.sim.reinf.accepted_more_than_once == (not told)
    assert (caller.sim.reinf.accepted[f"{KEY} #2"] == 1) == told


def test_alterations_are_one_only_when_they_say_the_same_in_a_row(caller):
    caller.declare(r1000(), r1000("alteracao", regime="01"), r1000("alteracao", regime="02"))
    caller.declare(r1000("alteracao", regime="01"))
    assert caller.sim.reinf.accepted_more_than_once == 0
    caller.declare(r1000("alteracao", regime="01"))
    assert caller.sim.reinf.accepted_more_than_once == 1


def test_no_person_is_shown_by_number_or_name(caller):
    caller.declare(r1000(), r4010(), r4020(name="FULANO DE TAL"))
    shown = str(caller.sim.reinf.described())
    assert PERSON not in shown and "FULANO" not in shown and f"***{PERSON[3:9]}**" in shown


# Receipts by key


def test_a_receipt_is_found_by_the_key_of_its_event_and_told_with_its_situation(caller):
    _, first = caller.declare(r1000(), r4020())
    reply = caller.recibo(PATH)
    assert (reply.status_code, texts(reply, "nrRecibo"), texts(reply, "situacaoEvento")) == (200, [first], ["ATIVO"])
    (second,) = caller.declare(r4020("16,00", retif=first))
    caller.declare(r9000(second))
    reply = caller.recibo(PATH)
    assert texts(reply, "nrRecibo") == [first, second]
    assert texts(reply, "situacaoEvento") == ["RETIFICADO", "EXCLUIDO"]
    caller.sim.reinf.set(ended="hidden")
    assert caller.recibo(PATH).status_code == 404


def test_receipts_are_found_as_late_as_it_is_set(caller):
    caller.sim.reinf.set(search_lag=900)
    caller.declare(r1000(), r4020())
    caller.sim.clock.advance(880)
    assert caller.recibo(PATH).status_code == 404
    caller.sim.clock.advance(20)
    assert caller.recibo(PATH).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"R1000/1/{ROOT_OF_CNPJ}", 200),
        (f"R1000/1/{CNPJ}", 200),
        (f"R1070/1/{ROOT_OF_CNPJ}/2/123", 200),
        (f"R1070/1/{ROOT_OF_CNPJ}/2/124", 404),
        (f"R2010/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/{SUPPLIER}", 200),
        (f"R2010/1/{ROOT_OF_CNPJ}/2026-09/1/{CNPJ}/{SUPPLIER}", 404),
        (f"R4010/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/{PERSON}", 200),
        (f"R4020/semCnpjBeneficiario/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/FULANO DE TAL", 200),
        (f"R4020/semCnpjBeneficiario/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/OUTRO", 404),
        (f"R4010/semCpfBeneficiario/1/{ROOT_OF_CNPJ}/{MONTH}/1/{CNPJ}/OUTRO", 404),
        (PATH, 404),
        (f"R4099/1/{ROOT_OF_CNPJ}/{MONTH}", 200),
        (f"R2099/1/{ROOT_OF_CNPJ}/{MONTH}", 404),
        (f"R4020/1/{ROOT_OF_CNPJ}/{MONTH}", 422),
        (f"R4099/1/{ROOT_OF_CNPJ}/{MONTH}/1", 422),
        (f"R9000/1/{ROOT_OF_CNPJ}/1", 422),
        (f"R7777/1/{ROOT_OF_CNPJ}", 422),
        ("R1000/1", 422),
        (f"R1000/3/{ROOT_OF_CNPJ}", 422),
    ],
)
def test_each_kind_is_asked_for_by_its_own_key(caller, path, status):
    caller.declare(r1000(), r1070(), r2010(), r4010(), r4020(name="FULANO DE TAL"), r4099())
    reply = caller.recibo(path)
    assert reply.status_code == status
    if status == 422:
        assert text(reply, "cdResposta") == "8"


@pytest.mark.parametrize(
    ("absent", "status", "kind"),
    [
        ("404", 404, "application/xml"),
        ("200", 200, "application/xml"),
        ("404 empty", 404, None),
        ("404 html", 404, "text/html"),
    ],
)
def test_what_has_no_receipt_is_said_as_it_is_set(caller, absent, status, kind):
    caller.sim.reinf.set(absent=absent)
    reply = caller.recibo(PATH)
    assert (reply.status_code, reply.headers.get("Content-Type")) == (status, kind)
    if kind == "application/xml":
        assert text(reply, "cdRetorno") == "1" and not texts(reply, "nrRecibo")

"""Versions of one event: none is sent while it is unknown what became of the one before, and none is named like one."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest

from malote.submission import Standing
from support.reinf import CNPJ, CONTRIBUTOR, MONTH, Desk, pay, pay_person

FIRST = "dag/first/submit"
WAITS = "a versão anterior ainda não tem resposta"


@pytest.fixture
def known(desk: Desk) -> Desk:
    desk.sql(CONTRIBUTOR)
    assert desk.run("r1000") == (1, 1)
    pay(desk, 1)
    pay_person(desk, 1)
    return desk


def rectify(desk: Desk, service: str, version: int) -> None:
    desk.sql(f"update outgoing.reinf_{service} set vlr_ir = vlr_ir + 1, retificacao = {version}")


def held(desk: Desk, service: str) -> int:
    """How many lotes a run sends of it."""
    return desk.run(service)[0]


@pytest.mark.parametrize("service", ["r4010", "r4020"])
@pytest.mark.parametrize("before", ["prepared", "received", "in_doubt", "overdue"])
def test_a_rectification_waits_while_the_fate_of_the_version_before_is_unknown(
    known: Desk, caplog: pytest.LogCaptureFixture, service: str, before: str
) -> None:
    with known.trip(service, FIRST) as trip:
        trip.prepare(known.rows(service))
        if before != "prepared":
            trip.send()
            known.sql("update malote.submission set standing = %s where service = %s", before, service)
    rectify(known, service, 1)
    with caplog.at_level(logging.WARNING, "malote.institutions.reinf"):
        assert held(known, service) == 0
    assert WAITS in caplog.text
    if before != "prepared":
        known.sql("update malote.submission set standing = %s where service = %s", Standing.RECEIVED.value, service)
    with known.trip(service, FIRST) as trip:  # the run before goes on
        trip.send()
        known.sim.clock.advance(60)
        trip.wait()
        trip.land()
    assert held(known, service) == 1
    (newest,) = known.sql("select ind_retif, situacao from reinf.evento where reference like %s", "%/r1")
    assert newest == ("2", "aceito")
    assert known.sim.reinf.declared_more_than_once == 0


def test_a_second_rectification_waits_for_the_first(known: Desk) -> None:
    held(known, "r4020")
    rectify(known, "r4020", 1)
    with known.trip("r4020", FIRST) as trip:
        trip.prepare(known.rows("r4020"))
        trip.send()
    rectify(known, "r4020", 2)
    assert held(known, "r4020") == 0
    with known.trip("r4020", FIRST) as trip:
        known.sim.clock.advance(60)
        trip.wait()
        trip.land()
    assert held(known, "r4020") == 1
    found = known.sql("select reference, situacao, nr_recibo_base from reinf.evento where evento = 'R-4020' order by 1")
    receipts = known.sql("select nr_recibo from reinf.evento where evento = 'R-4020' order by reference")
    assert [each[1] for each in found] == ["aceito"] * 3
    assert [each[2] for each in found] == [None, receipts[0][0], receipts[1][0]]


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_it_waits_for_nothing_that_is_over(known: Desk, end: str) -> None:
    if end == "refused":
        known.sim.reinf.set(reject={"R-4020": ["excess"]})
        known.run("r4020")
        known.sim.reinf.set(reject={})
    else:
        with known.trip("r4020") as trip:
            trip.prepare(known.rows("r4020"))
        known.sql("update malote.submission set standing = 'withdrawn' where service = 'r4020'")
        known.sql("update malote.item_row set outcome = 'refused' where submission like 'reinf-%%'")
    rectify(known, "r4020", 1)
    assert held(known, "r4020") == 1
    (newest,) = known.sql("select ind_retif, situacao from reinf.evento where reference like %s", "%/r1")
    assert newest == ("1", "aceito"), "of what never stood it is the original"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("reinf_r4010", {"beneficiario": "r12"}),
        ("reinf_r4010", {"beneficiario": "x/r1"}),
        ("reinf_r4010", {"ide_evt_adic": "r1"}),
        ("reinf_r4020", {"ide_evt_adic": "r1"}),
    ],
)
def test_no_part_of_a_name_looks_like_a_version(known: Desk, table: str, values: dict[str, Any]) -> None:
    column, value = next(iter(values.items()))
    with pytest.raises(psycopg.errors.CheckViolation, match="no_version"):
        known.sql(f"update outgoing.{table} set {column} = %s", value)


@pytest.mark.parametrize("name", ["R1", "r", "1r", "r1x", "br1", "func-r1"])
def test_what_only_resembles_one_is_a_name(known: Desk, name: str) -> None:
    known.sql("update outgoing.reinf_r4010 set beneficiario = %s", name)
    assert held(known, "r4010") == 1
    (stands,) = known.sql("select declarado, reference from reinf.vigente where evento = 'R-4010'")
    assert stands == (f"{MONTH}/{CNPJ}/{name}",) * 2

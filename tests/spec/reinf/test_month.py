"""A month of the EFD-Reinf against the simulator: tables, payments, a refusal, a rectification, the closing, totals."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from malote.errors import Invalid
from support.reinf import CNPJ, CONTRIBUTOR, MONTH, Desk, cnpj_number, cpf_number, pay, pay_person

MONTHS = "select aceitos, recusados, abertos, fechada, falta from report.reinf_competencia where per_apur = '2026-10'"


@pytest.fixture
def known(desk: Desk) -> Desk:
    """The contributor has been declared."""
    desk.sql(CONTRIBUTOR)
    assert desk.run("r1000") == (1, 1)
    return desk


def events(desk: Desk) -> list[tuple[object, ...]]:
    return desk.sql(
        "select reference, situacao, ind_retif, codigo from reinf.evento where evento <> 'R-1000' order by 1"
    )


def test_many_payments_of_one_company_and_month_are_one_event(known: Desk) -> None:
    for n, nature in enumerate(("15001", "15001", "17001")):
        pay(known, n, nature=nature)
    assert known.run("r4020") == (1, 1)
    (totals,) = known.sql("select totais from reinf.evento where evento = 'R-4020'")
    assert {each["natRend"] for each in totals[0]} == {"15001", "17001"}
    assert known.sim.reinf.declared_more_than_once == 0


APART: list[tuple[str, str, int]] = [
    # a change to the second of two payments, and of how many events they are then
    ("reinf_r4020", "vlr_ir = 1", 1),
    ("reinf_r4020", "nat_rend = '17001'", 1),
    ("reinf_r4020", f"nr_insc_estab = '{cnpj_number(9)}'", 2),
    ("reinf_r4020", "ide_evt_adic = 'B'", 2),
    ("reinf_r4020", "per_apur = '2026-09', dt_fg = '2026-09-30'", 2),
    ("reinf_r4010", f"nr_insc_estab = '{cnpj_number(9)}'", 2),
    ("reinf_r4010", "beneficiario = 'func-9'", 2),
    ("reinf_r4010", "cpf_benef = null, nm_benef = null", 1),
    # of whom a payment is must be said alike in all of an event
    ("reinf_r4010", f"cpf_benef = '{cpf_number(9)}'", 0),
    ("reinf_r4010", "nm_benef = 'OUTRA DE MENTIRA'", 1),
    ("reinf_r4020", "isen_imun = '2'", 1),
    ("reinf_r4020", "nm_benef = 'ACME'", 1),
]


@pytest.mark.parametrize(("table", "change", "n"), APART)
def test_payments_are_one_event_by_establishment_beneficiary_and_month(
    known: Desk, caplog: pytest.LogCaptureFixture, table: str, change: str, n: int
) -> None:
    for each in (1, 2):
        pay(known, each)
        pay_person(known, each)
    known.sql(f"update outgoing.{table} set {change} where referencia in ('P2', 'F2')")
    with caplog.at_level(logging.WARNING, "malote.institutions.reinf"):
        known.run(table.removeprefix("reinf_"))
    assert known.sql("select count(*) from malote.item_row where scope like %s", f"%/{table[6:]}/%") == [(n,)]
    assert ("não são todos da mesma pessoa" in caplog.text) == (not n) and "MENTIRA" not in caplog.text


@pytest.mark.parametrize(
    ("change", "n"),
    [
        ("'X', isen_imun = '2'", 1),
        ("'ACME ' || referencia", 0),
        ("'X', isen_imun = case referencia when 'P1' then '2' else '3' end", 0),
    ],
)
def test_companies_without_a_cnpj_are_told_apart_by_name_and_never_made_one(known: Desk, change: str, n: int) -> None:
    for each in (1, 2):
        pay(known, each)
    known.sql(f"update outgoing.reinf_r4020 set cnpj_benef = '', nm_benef = {change}")
    assert known.run("r4020") == (n, n)
    known.sql("update outgoing.reinf_r4020 set ide_evt_adic = referencia")
    assert known.run("r4020")[1] == 2, "a number of its own makes each an event"


def test_a_month_from_tables_to_closing(known: Desk, caplog: pytest.LogCaptureFixture) -> None:
    pay(known, 1, 1)
    pay(known, 2, 2, ir="2000.00")  # a tax above its base is refused
    pay_person(known, 1)
    known.sql("insert into outgoing.reinf_r4099 (per_apur) values ('2026-10')")
    with caplog.at_level(logging.WARNING, "malote.institutions.reinf"):
        assert known.run("r4099") == (0, 0), "nothing of the month has landed"
    assert "R-4020 a enviar: 2" in caplog.text and "R-4010 a enviar: 1" in caplog.text
    assert (known.run("r4010"), known.run("r4020")) == ((1, 1), (1, 2))
    wrong = f"{MONTH}/{CNPJ}/{cnpj_number(2)}"
    assert [each[:2] for each in events(known)] == [
        (f"{MONTH}/{CNPJ}/{cnpj_number(1)}", "aceito"), (wrong, "recusado"), (f"{MONTH}/{CNPJ}/func-0", "aceito"),
    ]  # fmt: skip
    (told,) = known.sql("select origem, tipo, id_evento is not null from reinf.ocorrencia")
    assert told == ("evento", "1", True)
    assert known.sql(MONTHS) == [(2, 1, 0, False, "R-4020 recusado: 1")]
    caplog.clear()
    with caplog.at_level(logging.WARNING, "malote.institutions.reinf"):
        assert known.run("r4099") == (0, 0)
    assert f"R-4020 recusado: 1 ({wrong})" in caplog.text
    known.sql("update outgoing.reinf_r4020 set vlr_ir = 15 where referencia = 'P2'")
    assert known.run("r4020") == (0, 0), "nobody asked for it to travel again"
    assert known.run("r4020", again=True) == (1, 1)
    assert known.run("r4099") == (1, 1)
    assert known.sql(MONTHS) == [(4, 1, 0, True, None)]
    (totals,) = known.sql("select totais from report.reinf_competencia where per_apur = '2026-10'")
    assert sum(Decimal(str(each)) for each in totals[0].values()) == Decimal("37.50")
    assert known.run("r4099") == (0, 0), "a month is closed once"
    assert known.sim.reinf.declared_more_than_once == 0


def test_a_rectification_travels_with_the_receipt_that_landed(known: Desk) -> None:
    pay(known, 1)
    known.run("r4020")
    known.sql("update outgoing.reinf_r4020 set vlr_ir = 20, retificacao = 1")
    assert known.run("r4020") == (1, 1)
    first, second = known.sql(
        "select reference, ind_retif, nr_recibo, nr_recibo_base from reinf.evento where evento = 'R-4020' order by 1"
    )
    assert second[0] == f"{first[0]}/r1" and (first[1], second[1]) == ("1", "2") and second[3] == first[2]
    known.sql("update outgoing.reinf_r4020 set vlr_ir = 25, retificacao = 2")
    assert known.run("r4020") == (1, 1)
    (third,) = known.sql("select nr_recibo_base from reinf.evento where reference like '%%/r2'")
    assert third[0] == second[2], "the second rectification replaces the first one"
    (totals,) = known.sql("select totais from report.reinf_competencia where per_apur = '2026-10'")
    assert [Decimal(str(each)) for each in totals[0].values()] == [25], "totals are those of what stands"


def test_an_exclusion_is_a_row_with_a_landed_receipt_and_the_event_may_be_declared_anew(known: Desk) -> None:
    pay(known, 1)
    known.run("r4020")
    known.sql(
        """insert into outgoing.reinf_r9000
           select nr_recibo, evento, per_apur from reinf.vigente where evento = 'R-4020'"""
    )
    assert known.run("r9000") == (1, 1)
    assert known.sql("select excluido from reinf.vigente where evento = 'R-4020'") == [(True,)]
    assert known.sql("select totais from report.reinf_competencia where per_apur = '2026-10'") == [(None,)]
    known.sql("update outgoing.reinf_r4020 set retificacao = 1")
    assert known.run("r4020") == (1, 1)
    (anew,) = known.sql("select ind_retif, situacao from reinf.evento where reference like '%%/r1'")
    assert anew == ("1", "aceito"), "what was excluded is declared as an original"


def test_a_closing_waits_for_an_exclusion_of_its_month(known: Desk, caplog: pytest.LogCaptureFixture) -> None:
    pay(known, 1)
    pay(known, 2, 2)
    known.run("r4020")
    known.sql(
        """insert into outgoing.reinf_r9000
           select nr_recibo, evento, per_apur from reinf.vigente where reference like %s""",
        f"%/{cnpj_number(2)}",
    )
    known.sql("insert into outgoing.reinf_r4099 (per_apur) values ('2026-10')")
    with caplog.at_level(logging.WARNING, "malote.institutions.reinf"):
        assert known.run("r4099") == (0, 0)
    assert "R-9000 a enviar: 1" in caplog.text
    assert known.sql(MONTHS)[0][3:] == (False, "R-9000 a enviar: 1")
    known.sim.reinf.set(reject={"R-9000": ["not_active"]})
    assert known.run("r9000") == (1, 1) and known.run("r4099") == (0, 0)
    assert known.sql(MONTHS)[0][3:] == (False, "R-9000 recusado: 1")
    known.sim.reinf.set(reject={})
    assert known.run("r9000", again=True) == (1, 1) and known.run("r4099") == (1, 1)
    assert known.sql(MONTHS)[0][3:] == (True, None)


@pytest.mark.parametrize("column", ["environment", "account"])
def test_an_exclusion_stays_where_its_receipt_is_not_from_and_keeps_nothing_waiting_there(
    known: Desk, column: str
) -> None:
    pay(known, 1)
    known.run("r4020")
    known.sql("insert into outgoing.reinf_r9000 select nr_recibo, evento, per_apur from reinf.vigente "
              "where evento = 'R-4020'")  # fmt: skip
    known.sql(f"update malote.submission set {column} = 'elsewhere' where service = 'r4020'")
    assert known.run("r9000") == (0, 0)
    assert known.sql("select * from reinf.pendencia where evento = 'R-9000' and ambiente = 'simulator' "
                     "and conta <> 'elsewhere'") == []  # fmt: skip


@pytest.mark.parametrize("unread", ["fech_ret = '0'", "fech_ret = '1'", "true"])
def test_a_month_is_as_the_last_closing_that_was_sent_says_whatever_its_instant(known: Desk, unread: str) -> None:
    pay(known, 1)
    known.run("r4020")
    for vez, way in ((1, "0"), (2, "1")):
        known.sql("insert into outgoing.reinf_r4099 (per_apur, vez, fech_ret) values (%s, %s, %s)", MONTH, vez, way)
        assert known.run("r4099") == (1, 1)
    known.sql(f"update reinf.evento set recebido_em = null where evento = 'R-4099' and {unread}")
    assert known.sql(MONTHS)[0][3] is False


def test_the_desk_shows_no_name_that_a_refusal_quotes(known: Desk) -> None:
    from malote.desk import items, seen

    said = ["MS0070", "O nome 'FULANA DE MENTIRA' não é o do CPF 529.982.247-25"]
    known.sim.reinf.set(reject={"R-4010": ["inscription"]}, messages={"inscription": said})
    pay_person(known, 1)
    with known.trip("r4010") as trip:
        trip.prepare(known.rows("r4010"))
        trip.send()
        known.sim.clock.advance(60)
        trip.wait()
        trip.land()
        (sent,) = trip.journal.submissions(trip.scope)
        shown = items(trip.journal, sent.id)
        found = seen(trip.journal, shown[0].reference, [sent.pouch.partition("/")[0]])
    for each in (shown, found):
        assert "MS0070" in repr(each) and "FULANA" not in repr(each) and "982.247" not in repr(each)


def test_a_month_is_opened_again_and_closed_again(known: Desk) -> None:
    pay(known, 1)
    known.run("r4020")
    known.sql("insert into outgoing.reinf_r4099 (per_apur, vez, fech_ret) values ('2026-10', 1, '0')")
    assert known.run("r4099") == (1, 1)
    pay(known, 2, 2)
    known.run("r4020")
    assert known.sql(MONTHS)[0][3:] == (True, "R-4020 recusado: 1"), "nothing is taken for a closed month"
    known.sql("insert into outgoing.reinf_r4099 (per_apur, vez, fech_ret) values ('2026-10', 2, '1')")
    assert known.run("r4099") == (1, 1), "a reopening waits for nothing"
    assert known.run("r4020", again=True) == (1, 1)
    known.sql("insert into outgoing.reinf_r4099 (per_apur, vez, fech_ret) values ('2026-10', 3, '0')")
    assert known.run("r4099") == (1, 1)
    assert known.sql(MONTHS)[0][3:] == (True, None)


def test_a_rectification_of_what_never_landed_is_a_problem_and_nothing_is_sent(known: Desk) -> None:
    pay(known, 1)
    changes = {"reference": "x", "ideEvento.indRetif": "2", "ideEvento.nrRecibo": None}
    rows = [{**row, **changes} for row in known.rows("r4020")]
    with known.trip("r4020") as trip, pytest.raises(Invalid) as wrong:
        trip.prepare(rows)
    assert "receipt of what it replaces" in str(wrong.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [("ideEstab.ideBenef.cpfBenef", "5299822472X"), ("ideEstab.ideBenef.nmBenef", "FULANA DE MENTIRA " * 9)],
)
def test_no_problem_quotes_a_cpf_or_a_name(known: Desk, column: str, value: str) -> None:
    pay_person(known, 1)
    with known.trip("r4010") as trip, pytest.raises(Invalid) as wrong:
        trip.prepare([{**row, column: value} for row in known.rows("r4010")])
    said = str(wrong.value)
    assert column in said and "FULANA" not in said and value not in said and "52998224" not in said


def test_a_reference_holds_no_cpf(known: Desk) -> None:
    pay_person(known, 1)
    cpf = cpf_number(3)
    known.sql("update outgoing.reinf_r4010 set beneficiario = %s", f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}")
    with known.trip("r4010") as trip, pytest.raises(Invalid) as wrong:
        trip.prepare(known.rows("r4010"))
    assert "holds a CPF" in str(wrong.value) and cpf[:3] not in str(wrong.value).replace(CNPJ, "")


def test_a_wrong_row_may_be_left_out(known: Desk) -> None:
    for n in range(3):
        pay(known, n, n)
    known.sql("update outgoing.reinf_r4020 set nat_rend = 'x' where referencia = 'P1'")
    assert known.run("r4020", valid_rest=True) == (1, 2)

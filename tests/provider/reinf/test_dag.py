"""Whole runs of the DAG ``reinf_eventos`` against the simulated EFD-Reinf: a month in one run, no CPF left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.errors import Misconfigured
from malote.institutions.reinf.rules import EVENTS
from malote_provider.reinf import EVENTOS, MES, chosen, due
from malote_provider.version_compat import ParamValidationError
from malote_sim.certificates import CNPJ
from support.reinf import CONTRIBUTOR, cnpj_number, cpf_number
from support.runs import parsed, rows, runs

DAG = "reinf_eventos"
NAME = "FULANA PLANTADA"
PAYMENTS = f"""
    insert into outgoing.reinf_r4020
        (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
    select 'P' || n, '2026-10', '{CNPJ}', case n % 2 when 0 then '{cnpj_number(1)}' else '{cnpj_number(2)}' end,
        '15001', '2026-10-05', 1000, 1000, 15 from generate_series(1, 4) as n;
    insert into outgoing.reinf_r4010 (referencia, per_apur, nr_insc_estab, beneficiario, cpf_benef, nm_benef, nat_rend,
        dt_fg, vlr_rend_bruto, vlr_rend_trib, vlr_ir)
    values ('F1', '2026-10', '{CNPJ}', 'func-1', '{cpf_number(1)}', '{NAME}', '10001', '2026-10-05', 500, 500, 7.5);
    insert into outgoing.reinf_r4099 (per_apur) values ('2026-10');
"""


@pytest.fixture
def run(airflow_db: None, reinf: SimpleNamespace, said_since: Callable[[], str]) -> Iterator[Any]:
    """``run(param=…)``: the finished run; nothing that it leaves may hold a person or the certificate's password."""
    with psycopg.connect(reinf.dsn) as connection:
        connection.execute(CONTRIBUTOR)
    planted = (NAME, "MARIA DE MENTIRA", cpf_number(1), "52998224725")
    yield from runs(DAG, said_since, (*planted, reinf.connection["extra"]["client_certificate_password"]))


def test_a_month_goes_in_one_run_tables_first_and_the_closing_last(run: Any, reinf: SimpleNamespace) -> None:
    with psycopg.connect(reinf.dsn) as connection:
        connection.execute(PAYMENTS)
    assert run().state == "success"
    landed = rows(reinf.dsn, "select evento, situacao, count(*) from reinf.evento group by 1, 2 order by 1")
    assert landed == [
        ("R-1000", "aceito", 1),
        ("R-4010", "aceito", 1),
        ("R-4020", "aceito", 2),
        ("R-4099", "aceito", 1),
    ]
    stands = rows(reinf.dsn, "select aceitos, abertos, fechada, falta from report.reinf_competencia")
    assert stands == [(4, 0, True, None)]
    again = run()
    assert again.state == "success" and reinf.office.declared_more_than_once == 0
    assert rows(reinf.dsn, "select count(*) from reinf.evento") == [(5,)]


def test_a_closing_waits_says_what_is_missing_and_fails_nothing(run: Any, reinf: SimpleNamespace) -> None:
    reinf.office.set(reject={"R-4010": ["excess"]})
    with psycopg.connect(reinf.dsn) as connection:
        connection.execute(PAYMENTS)
    done = run()
    assert done.state == "success"
    assert "R-4010 recusado: 1" in done.log
    assert rows(reinf.dsn, "select fechada, falta from report.reinf_competencia") == [(False, "R-4010 recusado: 1")]


def test_one_event_alone_is_one_trip(run: Any, reinf: SimpleNamespace) -> None:
    assert run(servico="r1000").state == "success"
    assert rows(reinf.dsn, "select evento from reinf.evento") == [("R-1000",)]


def test_the_form_offers_every_event_by_name(airflow_db: None) -> None:
    servico = parsed().dags[DAG].params.get_param("servico")
    assert set(servico.schema["enum"]) == {"mes", *EVENTS} == set(EVENTOS)
    with pytest.raises(ParamValidationError):
        servico.resolve("r5001")


def test_every_event_belongs_to_one_step(airflow_db: None) -> None:
    assert [chosen("mes", step) for step in range(3)] == [list(each) for each in MES]
    for name in EVENTS:
        assert sorted(len(chosen(name, step)) for step in range(3)) == [0, 0, 1]
    with pytest.raises(Misconfigured, match="of several"):
        chosen("mes", 0, "x.sql")


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-10-02", "2026-10-15"),
        ("2026-11-02", "2026-11-13"),
        ("2026-02-27", "2026-02-13"),
        ("2027-05-20", "2027-05-14"),
        ("2026-12-31", "2026-12-15"),
        ("2027-01-01", "2027-01-15"),
        ("2021-02-01", "2021-02-12"),  # Carnival's Monday
        ("2018-02-28", "2018-02-15"),  # the day after Ash Wednesday
    ],
)
def test_a_month_is_due_on_the_fifteenth_or_the_bank_day_before(day: str, until: str) -> None:
    assert due(date.fromisoformat(day)) == date.fromisoformat(until)

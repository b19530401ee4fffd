"""Whole runs of the DAG ``bndes_operacoes`` against the simulated BNDES: a proposal's life, each step by the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote_provider.bndes import RESULTADO, SERVICOS
from malote_provider.version_compat import ParamValidationError
from support.runs import parsed, rows, runs, xcom

DAG = "bndes_operacoes"
HOLDER = "FULANA PLANTADA"


@pytest.fixture
def run(airflow_db: None, bndes: SimpleNamespace, said_since: Callable[[], str]) -> Iterator[Any]:
    """``run(param=…)``: the finished run; nothing that it leaves may hold what a document or the certificate holds."""
    planted = (HOLDER, "52998224725", bndes.connection["extra"]["client_certificate_password"])
    yield from runs(DAG, said_since, planted)


def proposal(dsn: str, *numbers: str) -> None:
    with psycopg.connect(dsn) as connection:
        for number in numbers:
            connection.execute(
                """insert into outgoing.bndes_financiamento
                   (ano_proposta, numero_proposta, beneficiario_cpf_cnpj, beneficiario_nome, valor_financiado)
                   values ('2026', %s, '52998224725', %s, 1000)""",
                (number, HOLDER),
            )
            connection.execute("insert into outgoing.bndes_contratacao values ('2026', %s)", (number,))
            connection.execute(
                "insert into outgoing.bndes_liberacao values (%s, '2026', %s, 400), (%s, '2026', %s, 400)",
                (f"L-{number}-1", number, f"L-{number}-2", number),
            )


def pushed(run: Any, task_id: str) -> list[Any]:
    """What the task of each service returned, by map index."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    where = {"dag_id": DAG, "run_id": run.id, "task_id": task_id, "key": "return_value"}
    with create_session() as session:
        found = session.scalars(select(XComModel).filter_by(**where).order_by(XComModel.map_index))
        return [XComModel.deserialize_value(each) for each in found]


def events() -> list[dict[str, Any]]:
    """The extra of every event of the Asset, in order."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return list(session.scalars(query.where(AssetModel.uri == RESULTADO.uri).order_by(AssetEvent.id)))


def test_a_proposal_is_released_run_by_run_while_a_rejected_one_stops_with_its_reasons(
    run: Any, bndes: SimpleNamespace
) -> None:
    proposal(bndes.dsn, "17", "18")
    bndes.office.set(reject={"2026/17": ["cadin"]}, equal_documents="apart")
    before = len(events())
    sent = []
    for _ in range(4):
        done = run()
        assert done.state == "success", "a rejection is an answer, not a failure"
        sent.append([each["submissions"] for each in pushed(done, "submit")])
    assert sent == [[2, 0, 0], [0, 1, 0], [0, 0, 2], [0, 0, 0]]
    assert [each["landed"] for each in events()[before:]] == [2, 1, 2], "a run that lands nothing starts no other"
    stands = rows(bndes.dsn, "select numero_proposta, etapa, liberacoes_aprovadas from report.bndes_esteira order by 1")
    assert stands == [("17", "rejeitado", 0), ("18", "liberado", 2)]
    assert rows(bndes.dsn, "select distinct origem from bndes.critica") == [("log",)]
    assert bndes.office.approved_more_than_once == 0
    assert next(each["held"] for each in pushed(run(resend_refused=True), "submit")) == 1, "it has not changed"
    bndes.office.set(reject={})
    rows(
        bndes.dsn,
        "update outgoing.bndes_financiamento set valor_financiado = 900 where numero_proposta = '17' returning 1",
    )
    assert next(each["submissions"] for each in pushed(run(resend_refused=True), "submit")) == 1


def test_one_service_is_one_trip_and_a_cancelamento_is_never_sent_by_the_life_cycle(
    run: Any, bndes: SimpleNamespace
) -> None:
    proposal(bndes.dsn, "17")
    done = run(servico="financiamento")
    assert [each["pouch"] for each in pushed(done, "submit")] == [f"{DAG}/{done.id}/submit/0"]
    assert (xcom(DAG, done.id, "servicos"), bndes.office.requests["contratacao"]) == (["financiamento"], 0)
    rows(bndes.dsn, "insert into outgoing.bndes_cancelamento values ('C-1', '2026', '17', 'desistiu') returning 1")
    run()
    assert not bndes.office.requests["cancelamento"]
    assert run(servico="cancelamento").state == "success"
    assert rows(bndes.dsn, "select etapa from report.bndes_esteira") == [("cancelado",)]


def test_one_sql_for_several_services_sends_nothing(run: Any, bndes: SimpleNamespace) -> None:
    done = run(outgoing_sql="select 1 as reference")
    assert done.state == "failed"
    assert "of one service" in done.log
    assert not bndes.office.requests["financiamento"]


def test_a_refusal_at_the_door_fails_its_own_service_only(run: Any, bndes: SimpleNamespace) -> None:
    proposal(bndes.dsn, "17")
    run()
    proposal(bndes.dsn, "999901")
    done = run()
    assert done.state == "failed"
    assert "BNDES refused the request" in done.log
    assert rows(bndes.dsn, "select etapa from report.bndes_esteira where numero_proposta = '17'") == [("contratado",)]


def test_a_service_without_an_endpoint_travels_where_the_connection_gives_its_path(
    run: Any, bndes: SimpleNamespace, set_connection: Any
) -> None:
    extra = bndes.connection["extra"]
    services = {
        "prorrogacao_prazo": {"path": "api/v1/prorrogacaoPrazo", "return_path": "api/v1/prorrogacaoPrazo/retorno/{}"}
    }
    set_connection(
        "bndes_default", **bndes.connection | {"extra": extra | {"rules": extra["rules"] | {"services": services}}}
    )
    proposal(bndes.dsn, "17")
    run(servico="financiamento")
    rows(
        bndes.dsn,
        "insert into outgoing.bndes_solicitacao (servico, referencia, ano_proposta, numero_proposta, data) "
        "values ('prorrogacao_prazo', 'P-1', '2026', '17', '2027-01-29') returning 1",
    )
    assert run(servico="prorrogacao_prazo").state == "success"
    landed = rows(bndes.dsn, "select reference, situacao from bndes.resultado where servico = 'prorrogacao_prazo'")
    assert landed == [("P-1", "aprovado")]


def test_the_report_checks_bndess_results_and_notices_one_that_went_missing(run: Any, bndes: SimpleNamespace) -> None:
    proposal(bndes.dsn, "17")
    run()
    assert run("relatorio_diario").state == "success"
    day = rows(bndes.dsn, "select instituicao, submissoes, itens_aceitos from report.resumo_diario")
    assert day == [("bndes", 1, 1)]
    rows(bndes.dsn, "delete from bndes.resultado returning 1")
    assert run("relatorio_diario").state == "failed"


# ---- the file


def test_the_flow_is_the_chosen_services_each_with_its_trip(airflow_db: None) -> None:
    dag = parsed().dags[DAG]
    assert [task.task_id for task in dag.topological_sort()] == ["servicos", "submit", "wait", "land", "doubt"]
    assert dag.get_task("wait").deferrable
    assert dag.timetable.asset_condition == RESULTADO
    assert dag.get_task("submit").map_index_template


def test_the_form_offers_every_service_by_name(airflow_db: None) -> None:
    servico = parsed().dags[DAG].params.get_param("servico")
    assert servico.value == "esteira"
    assert set(servico.schema["enum"]) == set(servico.schema["values_display"]) == set(SERVICOS)
    with pytest.raises(ParamValidationError):
        servico.resolve("estorno")


def test_the_schedule_keeps_the_hours_of_the_counter(airflow_db: None) -> None:
    from malote.institutions.bndes.rules import BndesRules

    schedule = parsed().dags[DAG].timetable.timetable
    assert (schedule.opening_hours, schedule.days) == (BndesRules().opening_hours, BndesRules().opening_days)

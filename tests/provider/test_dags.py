"""The DAG files: their rules, and whole trips with dag.test() against the simulated CCEE, leaving no payload behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
TAGS = {"malote", "ccee", "cielo", "bndes", "envio", "relatorio"}
HEAVY = {"zeep", "lxml", "xmlschema", "psycopg", "alembic", "requests", "aiohttp"}

# 5412,25 stands in no SQL text, so that finding it in a log or an XCom means that a payload leaked.
ROWS = """
    select 'PLANTED-' || n as "reference", 'PLANTED-' || n as "Contrato.@referencia",
           'C' as "Contrato.@tipoGravacao", '01/01/2027 00' as "Contrato.@dataDeInicio",
           '31/12/2027 23' as "Contrato.@dataDeFim", '1234' as "Contrato.@idComprador",
           '5678' as "Contrato.@idVendedor", '1' as "Contrato.@idSubMerEntrega",
           '01/01/2027 00' as "Contrato.MontanteMedio.@dataDeInicio",
           '31/12/2027 23' as "Contrato.MontanteMedio.@dataDeFim",
           (5000 + 412)::text || ',' || 25 as "Contrato.MontanteMedio..@montanteMedio",
           'F' as "Contrato.MontanteMedio..@tipoModulacao"
    from generate_series(1, 3) as n
"""
PAYLOAD = ("5412,25", "<Contrato", "Envelope")


@pytest.fixture
def bag(airflow_db: None) -> Any:
    """Parsed afresh: dag.test() leaves the conf of a run in the params of its DAG object."""
    return parsed()


def parsed() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(ROOT / "dags")
    assert not found.import_errors
    return found


@pytest.fixture
def run(airflow_db: None, ccee: SimpleNamespace, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """``run("ccee_contratos", param=…)``: the finished run; nothing that it leaves may hold what must not leak."""
    said: list[str] = []

    def test(dag_id: str = "ccee_contratos", **params: Any) -> Any:
        dag = parsed().dags[dag_id]
        for task in dag.tasks:
            task.retry_delay = timedelta()
        finished = dag.test(run_conf=params or None)
        said.append("".join(capfd.readouterr()))
        return SimpleNamespace(state=str(finished.state), log=said[-1], id=finished.run_id)

    yield test
    left = "".join(said) + "".join(str(value) for value in pushed())
    left += "".join(path.read_text(errors="replace") for path in Path(os.environ["AIRFLOW_HOME"]).glob("logs/**/*.log"))
    extra = ccee.connection["extra"]
    for secret in (*PAYLOAD, ccee.connection["password"], extra["client_certificate_password"]):
        assert secret not in left


def pushed() -> list[Any]:
    """Every XCom value and every rendered template that Airflow holds."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return [
            *session.scalars(select(XComModel.value)),
            *session.scalars(select(RenderedTaskInstanceFields.rendered_fields)),
        ]


def xcom(dag_id: str, run_id: str, task_id: str) -> Any:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    where = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "key": "return_value"}
    with create_session() as session:
        value = session.scalar(select(XComModel).filter_by(**where))
        return None if value is None else XComModel.deserialize_value(value)


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


# ---- the rules of every DAG file


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_dag_file_is_short_documented_and_tagged_from_the_closed_set(file: Path, bag: Any) -> None:
    assert len(file.read_text().splitlines()) < 60
    dag = bag.dags[file.stem]
    assert dag.doc_md and dag.description
    assert dag.tags and dag.tags <= TAGS
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert dag.start_date.tzinfo is not None and dag.timezone.name == "America/Sao_Paulo"
    for task in dag.tasks:
        assert task.owner == "malote"
        assert task.retries and task.retry_policy is not None


def test_parsing_the_dag_files_does_nothing_and_imports_nothing_heavy() -> None:
    code = f"""
import runpy, socket, sys
from airflow.sdk import BaseHook
def never(*_, **__): raise AssertionError("a DAG file does work when it is parsed")
socket.socket.connect = BaseHook.get_connection = never
for file in {[str(file) for file in FILES]!r}:
    runpy.run_path(file)
sys.exit(", ".join({HEAVY!r} & set(sys.modules)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_dag_survives_its_serialisation(bag: Any) -> None:
    from airflow.serialization.encoders import encode_timetable
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in bag.dags.values():
        encoded = DagSerialization.to_dict(dag)
        again = DagSerialization.from_dict(encoded)
        assert encode_timetable(again.timetable) == encoded["dag"]["timetable"]


def test_contracts_are_three_tasks_and_their_wait_holds_no_worker(bag: Any) -> None:
    dag = bag.dags["ccee_contratos"]
    assert [task.task_id for task in dag.topological_sort()] == ["submit", "wait", "land"]
    wait = dag.get_task("wait")
    assert wait.deferrable
    assert wait.patience < timedelta(hours=1), "the next hourly run must not queue behind it"
    assert [asset.uri for asset in dag.get_task("land").outlets] == ["malote://ccee/resultado_processamento"]


# ---- whole trips


def test_contracts_make_the_whole_trip(run: Any, ccee: SimpleNamespace) -> None:
    done = run(outgoing_sql=ROWS)
    assert done.state == "success"
    assert ccee.office.accepted == {f"PLANTED-{n}": 1 for n in (1, 2, 3)}
    landed = rows(ccee.dsn, "select reference, status from ccee.resultado_processamento order by 1")
    assert landed == [(f"PLANTED-{n}", "SUCESSO") for n in (1, 2, 3)]
    pouch = f"ccee_contratos/{done.id}/submit"
    assert xcom("ccee_contratos", done.id, "submit") == {
        "pouch": pouch,
        "submissions": 1,
        "items": 3,
        "held": 0,
        "received": 1,
        "refused": 0,
        "in_doubt": 0,
    }
    assert xcom("ccee_contratos", done.id, "land")["rows"] == 3


def test_another_run_over_the_same_rows_sends_nothing(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    again = run(outgoing_sql=ROWS)
    assert again.state == "success"
    assert ccee.office.accepted_more_than_once == 0
    assert xcom("ccee_contratos", again.id, "submit")["held"] == 3
    assert "nothing to send" in again.log


def test_a_lost_reply_stops_at_land_with_the_way_out_and_is_not_sent_again(run: Any, ccee: SimpleNamespace) -> None:
    ccee.office.play("lost_reply", on="importarArquivo")
    done = run(outgoing_sql=ROWS)
    assert done.state == "failed"
    assert xcom("ccee_contratos", done.id, "submit")["in_doubt"] == 1
    assert "malote resolve ccee-1" in done.log
    again = run(outgoing_sql=ROWS)
    assert again.state == "success", "a doubt is the alarm of its own run, not of every later one of the service"
    assert xcom("ccee_contratos", again.id, "submit")["held"] == 3
    assert ccee.office.accepted_more_than_once == 0


def test_a_file_of_ones_own_travels_as_it_is(run: Any, ccee: SimpleNamespace, tmp_path: Path) -> None:
    file = tmp_path / "mine.xml"
    file.write_bytes(
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<ContratosCCEAL tipoGeracao="1" tipoCCEAL="1">\n'
        b'<Contrato referencia="MINE-1"/>\n<Contrato referencia="MINE-2"/>\n</ContratosCCEAL>\n'
    )
    assert run(arquivo=str(file)).state == "success"
    assert ccee.office.accepted == {"MINE-1": 1, "MINE-2": 1}


def test_rows_that_break_the_treaty_fail_submit_with_all_problems_and_send_nothing(
    run: Any, ccee: SimpleNamespace
) -> None:
    done = run(outgoing_sql=ROWS.replace("'F' as", "'Q' as"))
    assert done.state == "failed"
    assert done.log.count("item PLANTED-") >= 3
    assert not ccee.office.accepted


def test_the_report_checks_what_has_landed_and_writes_the_day(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    assert run("relatorio_diario").state == "success"
    day = "select institution, submissions, items_accepted, items_refused, in_doubt, overdue from report.resumo_diario"
    assert rows(ccee.dsn, day) == [("ccee", 1, 3, 0, 0, 0)]
    written = rows(ccee.dsn, "select written_at from report.resumo_diario")
    assert run("relatorio_diario").state == "success"
    assert rows(ccee.dsn, "select written_at from report.resumo_diario") == written


def test_the_report_notices_a_landed_row_that_went_missing(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    rows(ccee.dsn, "delete from ccee.resultado_processamento where reference = 'PLANTED-2' returning 1")
    assert run("relatorio_diario").state == "failed"

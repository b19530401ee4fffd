"""The DAG files: their rules, and whole trips with dag.test() against the simulated CCEE, leaving no payload behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from malote.desk import Decision, Way, decide
from malote.errors import Terminal
from malote.institutions.cielo.rules import PROMISED, CieloRules
from malote.journal import Journal
from malote.rules import duration
from malote_provider.declaration import DECLARED
from malote_provider.version_compat import BaseOperator, ParamValidationError
from support import ROOT
from support.airflow_names import HEAVY, DagSerialization, encode_timetable, ended_plainly
from support.runs import parsed, rows, runs, xcom

FILES = sorted((ROOT / "dags").glob("*.py"))
TAGS = {"malote", "ccee", "cielo", "bndes", "reinf", "envio", "relatorio", "vigia"}
ACTIVE_RUNS = {"cielo_lote": 16, "bndes_operacoes": 16}  # a run may wait for long, and holds nothing back meanwhile

# 5412,25 stands in no SQL text, so that finding it in a log or an XCom means that a payload leaked.
ROWS = """
    select 'PLANTED-' || n as "reference", 'PLANTED-' || n as "Contrato.@referencia",
           'C' as "Contrato.@tipoGravacao", '01/01/2027 00' as "Contrato.@dataDeInicio",
           '31/12/2027 23' as "Contrato.@dataDeFim", '1234' as "Contrato.@idComprador",
           '5678' as "Contrato.@idVendedor", '1' as "Contrato.@idSubMerEntrega",
           '01/01/2027 00' as "Contrato.MontanteMedio.@dataDeInicio",
           '31/12/2027 23' as "Contrato.MontanteMedio.@dataDeFim",
           (5000 + 412)::text || ',' || 25 as "Contrato.MontanteMedio..@montanteMedio",
           'F' as "Contrato.MontanteMedio.TipoModulacao.@tipoModulacao"
    from generate_series(1, 3) as n
"""
PAYLOAD = ("5412,25", "<Contrato", "Envelope")


@pytest.fixture
def bag(airflow_db: None) -> Any:
    return parsed()


@pytest.fixture
def run(airflow_db: None, ccee: SimpleNamespace, said_since: Callable[[], str]) -> Iterator[Any]:
    """``run("ccee_contratos", param=…)``: the finished run; nothing that it leaves may hold what must not leak."""
    extra = ccee.connection["extra"]
    secrets = (*PAYLOAD, ccee.connection["password"], extra["client_certificate_password"])
    yield from runs("ccee_contratos", said_since, secrets)


# ---- the rules of every DAG file


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_dag_file_is_short_documented_and_tagged_from_the_closed_set(file: Path, bag: Any) -> None:
    assert len(file.read_text().splitlines()) < 60
    dag = bag.dags[file.stem]
    assert dag.doc_md and dag.description
    assert dag.tags and dag.tags <= TAGS
    assert (dag.catchup, dag.max_active_runs, dag.dagrun_timeout) == (False, ACTIVE_RUNS.get(file.stem, 1), None)
    assert dag.start_date.tzinfo is not None and dag.timezone.name == "America/Sao_Paulo"
    for task in dag.tasks:
        assert task.owner == "malote"
        assert task.retries and (not isinstance(task, BaseOperator) or task.retry_policy is not None)


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
    for dag in bag.dags.values():
        encoded = DagSerialization.to_dict(dag)
        again = DagSerialization.from_dict(encoded)
        assert encode_timetable(again.timetable) == encoded["dag"]["timetable"]


def test_contracts_are_four_tasks_and_their_wait_holds_no_worker(bag: Any) -> None:
    dag = bag.dags["ccee_contratos"]
    assert [task.task_id for task in dag.topological_sort()] == ["submit", "wait", "land", "doubt"]
    wait = dag.get_task("wait")
    assert wait.deferrable
    assert wait.patience < timedelta(hours=1), "the next hourly run must not queue behind it"
    assert [asset.uri for asset in dag.get_task("land").outlets] == ["malote://ccee/resultado_processamento"]


def test_a_lot_is_four_tasks_whose_wait_outlasts_cielos_deadline(bag: Any) -> None:
    dag = bag.dags["cielo_lote"]
    assert [task.task_id for task in dag.topological_sort()] == ["submit", "wait", "land", "doubt"]
    assert dag.get_task("wait").deferrable
    patience = duration(dag.params["patience"])
    assert patience > CieloRules().patience + PROMISED + CieloRules().overdue_every, "overdue is said, not passed over"
    assert dag.get_task("wait").timeout > patience.total_seconds()
    assert dag.params["scope"] == "pouch", "whoever waits for the whole service waits for every later lot"
    assert [asset.uri for asset in dag.get_task("land").outlets] == ["malote://cielo/transacao"]


def test_the_form_of_a_lot_offers_the_seven_operations_by_name(bag: Any) -> None:
    operacao = bag.dags["cielo_lote"].params.get_param("operacao")
    assert len(operacao.schema["enum"]) == 7
    assert set(operacao.schema["enum"]) == set(operacao.schema["values_display"])
    with pytest.raises(ParamValidationError):
        operacao.resolve("estorno")


@pytest.mark.parametrize("value", [None, "cielo__captura.sql", "lote_10069930690864271001.sql"])
def test_the_sql_of_a_lot_may_be_a_file(bag: Any, value: str | None) -> None:
    assert bag.dags["cielo_lote"].params.get_param("outgoing_sql").resolve(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "select '4012001038443335'",
        "select\n '5078601912345600019'",
        "4012001038443",
        "'4012 0010 3844 3335'",
        "3764_490473_33005",
    ],
)
def test_a_card_number_in_the_sql_of_a_lot_is_refused_before_airflow_keeps_it(bag: Any, value: str) -> None:
    with pytest.raises(ParamValidationError):
        bag.dags["cielo_lote"].params.get_param("outgoing_sql").resolve(value)


def test_the_report_runs_when_any_institution_has_landed(bag: Any) -> None:
    condition = bag.dags["relatorio_diario"].timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    landed = {asset.uri for asset in condition.objects}
    assert landed == {each.asset for each in DECLARED}


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
        "held_because": {},
        "invalid": 0,
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
    assert ended_plainly(done.log)
    again = run(outgoing_sql=ROWS)
    assert again.state == "success", "a doubt is the alarm of its own run, not of every later one of the service"
    assert xcom("ccee_contratos", again.id, "submit")["held"] == 3
    assert ccee.office.accepted_more_than_once == 0


def test_a_selection_that_fails_holds_back_no_older_answer_and_is_said(run: Any, ccee: SimpleNamespace) -> None:
    ccee.office.play("lost_reply", on="importarArquivo")
    run(outgoing_sql=ROWS)
    (receipt,) = ccee.office.submissions
    with Journal(ccee.dsn) as journal:
        decide(journal, Decision("ccee-1", Way.RECEIPT, "found in CliqCCEE", receipt, who="ana"))
    done = run(outgoing_sql=ROWS.replace("'F' as", "'Q' as").replace("PLANTED", "OTHER"))
    assert rows(ccee.dsn, "select count(*) from ccee.resultado_processamento") == [(3,)]
    assert done.state == "failed" and "of this run, submit failed before" in done.log


def test_what_a_submit_sent_before_it_failed_is_collected_by_its_own_run(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    with patch("malote_provider.operators.submit.SubmitOperator._result", side_effect=Terminal("it ends here")):
        done = run(outgoing_sql=ROWS.replace("PLANTED", "OTHER"), scope="pouch")
    assert rows(ccee.dsn, "select count(*) from ccee.resultado_processamento where reference ^@ 'OTHER'") == [(3,)]
    assert done.state == "failed" and "of this run, submit failed before" in done.log


def test_a_file_of_ones_own_travels_as_it_is(run: Any, ccee: SimpleNamespace, own_folder: Path) -> None:
    file = own_folder / "mine.xml"
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
    day = """select instituicao, submissoes, itens_aceitos, itens_recusados, em_duvida, atrasadas
             from report.resumo_diario"""
    assert rows(ccee.dsn, day) == [("ccee", 1, 3, 0, 0, 0)]
    written = rows(ccee.dsn, "select escrito_em from report.resumo_diario")
    assert run("relatorio_diario").state == "success"
    assert rows(ccee.dsn, "select escrito_em from report.resumo_diario") == written


def test_the_report_notices_a_landed_row_that_went_missing(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    rows(ccee.dsn, "delete from ccee.resultado_processamento where reference = 'PLANTED-2' returning 1")
    assert run("relatorio_diario").state == "failed"


def test_what_went_missing_long_ago_is_noticed_when_all_of_it_is_checked(run: Any, ccee: SimpleNamespace) -> None:
    run(outgoing_sql=ROWS)
    rows(ccee.dsn, "update report.conferencia set desde = (select max(id) from malote.event) returning 1")
    rows(ccee.dsn, "delete from ccee.resultado_processamento where reference = 'PLANTED-2' returning 1")
    assert run("relatorio_diario").state == "success"
    assert run("relatorio_diario", tudo=True).state == "failed"


def test_where_a_demo_or_a_test_starts_every_run_no_timetable_does(bag: Any) -> None:
    from malote_local.unscheduled import dag_policy
    from malote_provider.version_compat import AssetTriggeredTimetable, NullTimetable

    for dag in bag.dags.values():
        on_assets = isinstance(dag.timetable, AssetTriggeredTimetable)
        dag_policy(dag)
        assert type(dag.timetable) is (AssetTriggeredTimetable if on_assets else NullTimetable), dag.dag_id

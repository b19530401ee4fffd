"""The flows that DAG files of three lines call: what may be changed about them, and what stays."""

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Param
from airflow.sdk.execution_time import task_runner

from malote_provider import flows
from malote_provider.bndes import ESTEIRA
from malote_provider.reinf import MES
from malote_provider.version_compat import AIRFLOW_V_3_2_PLUS, BaseOperator
from support import ROOT
from support.runs import finished, parsed

FLOWS = {name: getattr(flows, name) for name in flows.__all__}
every_flow = pytest.mark.parametrize("name", FLOWS)
MAPPED = {"bndes_operacoes": set(ESTEIRA), "reinf_eventos": {service for step in MES for service in step}}
"""Flows whose trips are mapped, each over these services."""


@every_flow
def test_a_shipped_dag_file_is_a_call_of_its_flow_and_nothing_else(name: str) -> None:
    lines = (ROOT / "dags" / f"{name}.py").read_text("utf-8").strip().splitlines()
    assert [line for line in lines[1:] if line] == [f"from malote_provider.flows import {name}", f"dag = {name}()"]


@every_flow
def test_a_flow_under_another_name_is_another_dag_of_the_same_tasks(name: str, airflow_db: None) -> None:
    mine, shipped = FLOWS[name]("mine", schedule=None), parsed().dags[name]
    assert mine.dag_id == "mine" and mine.task_ids == shipped.task_ids
    assert (mine.doc_md, mine.tags, mine.catchup) == (shipped.doc_md, shipped.tags, False)
    assert mine.schedule is None


@every_flow
def test_ones_own_defaults_and_params_are_added_to_the_flows(name: str) -> None:
    mine = FLOWS[name]("mine", default_args={"retries": 1, "queue": "mine"}, params={"mine": Param("x")}, tags=["mine"])
    for task in mine.tasks:
        assert (task.retries, task.queue, task.owner) == (1, "mine", "malote")
        assert task.retry_delay == timedelta(minutes=1)
        assert not isinstance(task, BaseOperator) or task.retry_policy is not None
    assert mine.params["mine"] == "x" and set(FLOWS[name]("usual").params) < set(mine.params)
    assert mine.tags == {"mine"}


@every_flow
def test_another_connection_reaches_every_task(name: str) -> None:
    wanted = {"warehouse_conn_id": "dw"}
    if "conn_id" in inspect.signature(FLOWS[name]).parameters:
        wanted["conn_id"] = "loja_2"
    mine = FLOWS[name]("mine", **wanted)
    for task in mine.tasks:
        if task.task_id.startswith("servicos"):
            continue
        given: dict[str, Any] = getattr(task, "partial_kwargs", {}) | vars(task)
        if "conn_id" in wanted:
            assert (given["conn_id"], given["warehouse_conn_id"]) == ("loja_2", "dw"), task.task_id
        else:
            assert "dw" in (given.get("conn_id"), given.get("warehouse_conn_id")), task.task_id


SENDING = [each for each in FLOWS if each not in ("malote_expurgo", "malote_vigia", "relatorio_diario", "retencao")]


@pytest.mark.parametrize("name", SENDING)
def test_sql_of_ones_own_is_what_submit_selects_by(name: str) -> None:
    tasks = FLOWS[name]("mine", outgoing_sql="select 'A' as reference").tasks
    submits = [task for task in tasks if task.task_id.endswith("submit")]
    assert submits
    for submit in submits:
        given = getattr(submit, "partial_kwargs", {}) | vars(submit)
        assert given["outgoing_sql"] == "select 'A' as reference"


def test_a_call_is_documented_by_every_parameter_that_it_takes() -> None:
    for name, flow in FLOWS.items():
        said = inspect.getdoc(flow) or ""
        for parameter in list(inspect.signature(flow).parameters)[1:]:
            assert f":param {parameter}:" in said, f"{name}({parameter})"


def test_airflow_finds_a_dag_file_of_three_lines_where_it_looks_at_what_may_hold_a_dag(
    tmp_path: Path, airflow_db: None
) -> None:
    from support.airflow_names import DagBag

    (tmp_path / "mine.py").write_text(
        '# an Airflow DAG\nfrom malote_provider.flows import cielo_lote\ndag = cielo_lote("loja_2", conn_id="loja_2")\n'
    )
    found = DagBag(tmp_path, safe_mode=True)
    assert not found.import_errors and list(found.dags) == ["loja_2"]
    assert found.dags["loja_2"].fileloc == str(tmp_path / "mine.py")


@pytest.mark.skipif(not AIRFLOW_V_3_2_PLUS, reason="Airflow 3.1 names a mapped task when it has ended")
@pytest.mark.parametrize("name", MAPPED)
def test_a_mapped_task_has_its_name_before_it_runs(
    name: str, airflow_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, named = task_runner._execute_task, {}

    def instead(context: Any, ti: Any, log: Any) -> Any:
        if ti.map_index is None or ti.map_index < 0:
            return real(context, ti, log)
        named[ti.task_id.rpartition(".")[2], ti.rendered_map_index] = True
        return {"pouch": "a/b/c"}

    monkeypatch.setattr(task_runner, "_execute_task", instead)
    assert str(finished(parsed(name).dags[name]).state) == "success"
    assert set(named) == {(task, service) for service in MAPPED[name] for task in ("submit", "wait", "land", "doubt")}


@every_flow
def test_the_flows_with_a_mapped_trip_are_those_whose_names_are_looked_at(name: str, airflow_db: None) -> None:
    mapped = any(task.get_closest_mapped_task_group() for task in parsed().dags[name].tasks)
    assert mapped == (name in MAPPED)

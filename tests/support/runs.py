"""Whole runs of the DAG files with dag.test(), and what they leave behind in Airflow's own tables and logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from support import ROOT


def parsed(dag_id: str = "") -> Any:
    """The DAG files, or one's own, parsed afresh: dag.test() leaves a run's conf in the params of its DAG object."""
    from support.airflow_names import DagBag

    found = DagBag(ROOT / "dags" / (f"{dag_id}.py" if dag_id else ""))
    assert not found.import_errors
    return found


def finished(dag: Any, conf: dict[str, Any] | None = None) -> Any:
    """``dag.test()``; since Airflow 3.3 it parses and writes every DAG file before each run, here before the first."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.models.dag_version import DagVersion

    with pytest.MonkeyPatch.context() as patch:
        if DagVersion.get_version(dag.dag_id):
            patch.setattr(DagBundlesManager, "get_all_dag_bundles", lambda _: iter(()))
        return dag.test(run_conf=conf)


def runs(default: str, said_since: Callable[[], str], planted: Iterable[str]) -> Iterator[Any]:
    """Yields ``run(dag_id, param=…)``: the finished run. Afterwards nothing that a run left may hold what is planted.

    :param said_since: what was printed since it was called last
    """
    said: list[str] = []
    folder = Path(os.environ["AIRFLOW__MALOTE__OUTGOING_SQL_FOLDERS"])

    def test(dag_id: str = default, **params: Any) -> Any:
        dag = parsed(dag_id).dags[dag_id]
        if " " in params.get("outgoing_sql", ""):  # a run names a file
            file = folder / f"selection_{len(said)}.sql"
            file.write_text(params["outgoing_sql"], encoding="utf-8")
            params["outgoing_sql"] = file.name
        for task in dag.tasks:
            task.retry_delay = timedelta()
        done = finished(dag, params or None)
        said.append(said_since())
        return SimpleNamespace(state=str(done.state), log=said[-1], id=done.run_id)

    yield test
    left = "".join(said) + "".join(str(value) for value in pushed())
    left += "".join(path.read_text(errors="replace") for path in Path(os.environ["AIRFLOW_HOME"]).glob("logs/**/*.log"))
    for secret in planted:
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
    """What a task of a run returned."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    where = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "key": "return_value"}
    with create_session() as session:
        value = session.scalar(select(XComModel).filter_by(**where))
        return None if value is None else XComModel.deserialize_value(value)


def rows(dsn: str, query: str) -> list[Any]:
    """The rows of a query in the warehouse."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()

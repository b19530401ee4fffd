"""Whole runs of the DAG files with dag.test(), and what they leave behind in Airflow's own tables and logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg

from support import ROOT


def parsed() -> Any:
    """The DAG files, parsed afresh: dag.test() leaves the conf of a run in the params of its DAG object."""
    from support.airflow_names import DagBag

    found = DagBag(ROOT / "dags")
    assert not found.import_errors
    return found


def runs(default: str, said_since: Callable[[], str], planted: Iterable[str]) -> Iterator[Any]:
    """Yields ``run(dag_id, param=…)``: the finished run. Afterwards nothing that a run left may hold what is planted.

    :param said_since: what was printed since it was called last
    """
    said: list[str] = []
    folder = Path(os.environ["AIRFLOW__MALOTE__OUTGOING_SQL_FOLDERS"])

    def test(dag_id: str = default, **params: Any) -> Any:
        dag = parsed().dags[dag_id]
        if " " in params.get("outgoing_sql", ""):  # a run names a file
            file = folder / f"selection_{len(said)}.sql"
            file.write_text(params["outgoing_sql"], encoding="utf-8")
            params["outgoing_sql"] = file.name
        for task in dag.tasks:
            task.retry_delay = timedelta()
        finished = dag.test(run_conf=params or None)
        said.append(said_since())
        return SimpleNamespace(state=str(finished.state), log=said[-1], id=finished.run_id)

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

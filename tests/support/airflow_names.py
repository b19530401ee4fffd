"""What the tests, beside what the provider itself needs, import of Airflow 3.1, 3.2 and 3.3 by the names of 3.3."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.exceptions import ParamValidationError
from airflow.sdk.execution_time import supervisor, task_runner
from fastapi.dependencies import utils as dependencies

from malote_provider.version_compat import AIRFLOW_V_3_2_PLUS, AIRFLOW_V_3_3_PLUS

if TYPE_CHECKING or AIRFLOW_V_3_2_PLUS:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
    from airflow.sdk.serde import deserialize, serialize
    from airflow.sdk.types import TaskInstanceKey
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.serialization.serialized_objects import DagSerialization
else:
    from airflow.models import dagbag
    from airflow.models.dagbag import DagBag
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.providers_manager import ProvidersManager as ProvidersManagerTaskRuntime
    from airflow.serialization.serde import deserialize, serialize
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization
    from airflow.serialization.serialized_objects import decode_timetable, encode_timetable

    sys.modules["airflow.dag_processing.dagbag"] = dagbag  # an example of a test shows where it is since 3.2

if not AIRFLOW_V_3_3_PLUS:  # dag.test() builds Airflow's API anew for each task, which takes seconds
    supervisor.in_process_api_server = functools.lru_cache(maxsize=1)(supervisor.in_process_api_server)


def _remembering(inspect: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which inspects one thing once."""
    known: dict[Any, Any] = {}

    def remembered(**asked: Any) -> Any:
        key = tuple((name, tuple(given) if isinstance(given, list) else given) for name, given in asked.items())
        if key not in known:
            known[key] = inspect(**asked)
        return known[key]

    return remembered


# In dag.test() Airflow's API has other dependencies, which FastAPI inspects anew at each of a task's ten requests.
dependencies.get_dependant = _remembering(dependencies.get_dependant)


ASKED = ("awaiting_input",) if AIRFLOW_V_3_3_PLUS else ("deferred",)
"""The state of a task that waits for a person."""

SERVER_SAYS = (ParamValidationError, ValueError)
"""What the server raises where a run's params are wrong; 3.2 knows no name for it."""

TOLD_WHY = AIRFLOW_V_3_3_PLUS
"""Whether ``dag.test()`` tells a callback what its task has raised; a worker does so in all of them."""

HEAVY = {"zeep", "lxml", "xmlschema", "psycopg", "alembic", "requests", "aiohttp"} - (
    set() if AIRFLOW_V_3_2_PLUS else {"alembic"}  # Airflow itself imports it
)
"""What the scheduler, the dag-processor and the triggerer do without."""


def ended_plainly(log: str) -> bool:
    """Whether a task has ended without a traceback. Below 3.3 Airflow writes one of what is not to be tried again."""
    plain = "Task exited" in log and not any(sign in log for sign in ("Traceback", "error_detail"))
    return plain or (not AIRFLOW_V_3_3_PLUS and "Task failed with exception" in log)


class OutletEvents(dict[Any, Any]):
    """What a task writes for its outlets. By name: an Asset of 3.1 is no key of a dictionary."""

    def __getitem__(self, outlet: Any) -> Any:
        return self.setdefault(outlet.name, SimpleNamespace(extra=None))


def merged(params: Any, conf: dict[str, Any]) -> Any:
    """The params of a run that is triggered with ``conf``, as the server makes them."""
    if AIRFLOW_V_3_2_PLUS:
        return params.deep_merge(conf)
    found = copy.deepcopy(params)
    found.update(conf)
    return found


def plugins() -> tuple[list[Any], dict[str, str]]:
    """The plugins that Airflow has loaded, and what it could not."""
    from airflow import plugins_manager

    if AIRFLOW_V_3_2_PLUS:
        return plugins_manager._get_plugins()
    plugins_manager.ensure_plugins_loaded()  # type: ignore[attr-defined]
    return plugins_manager.plugins, plugins_manager.import_errors  # type: ignore[attr-defined]


def outcome(ti: Any, log: Any) -> tuple[Any, BaseException | None]:
    """What Airflow makes of a task that runs: its state, and what it has raised."""
    if AIRFLOW_V_3_3_PLUS:
        state, _, error = task_runner._run_task_and_map_outcome(ti, {}, log)  # type: ignore[typeddict-item]
    else:
        state, _, error = task_runner.run(ti, {}, log)  # type: ignore[typeddict-item]
    return state, error


def unready_stats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's stats as a process finds them in which nobody has made them ready; they read ``[metrics]`` anew."""
    if AIRFLOW_V_3_3_PLUS:
        from airflow.sdk.observability.stats import initialize

        for name in ("_factory", "_backend"):
            monkeypatch.setattr(sys.modules[initialize.__module__], name, None)
        return
    from malote_provider.version_compat import Stats  # type: ignore[attr-defined]

    monkeypatch.setattr(Stats, "instance", None)
    if AIRFLOW_V_3_2_PLUS:
        monkeypatch.setattr(Stats, "factory", None)
    else:
        from airflow.metrics.statsd_logger import get_statsd_logger

        monkeypatch.setattr(type(Stats), "factory", get_statsd_logger)


__all__ = [
    "ASKED",
    "HEAVY",
    "SERVER_SAYS",
    "DagBag",
    "DagSerialization",
    "ProvidersManagerTaskRuntime",
    "TaskInstanceKey",
    "decode_timetable",
    "deserialize",
    "encode_timetable",
    "ended_plainly",
    "outcome",
    "plugins",
    "serialize",
    "unready_stats",
]

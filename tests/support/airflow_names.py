"""What the tests, beside what the provider itself needs, import of Airflow 3.1, 3.2 and 3.3 by the names of 3.3."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from malote_provider.version_compat import AIRFLOW_V_3_2_PLUS, AIRFLOW_V_3_3_PLUS

if TYPE_CHECKING or AIRFLOW_V_3_2_PLUS:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.exceptions import TaskDeferred
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
    from airflow.sdk.serde import deserialize, serialize
    from airflow.sdk.types import TaskInstanceKey
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.serialization.serialized_objects import DagSerialization
else:
    from airflow.exceptions import TaskDeferred
    from airflow.models import dagbag
    from airflow.models.dagbag import DagBag
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.providers_manager import ProvidersManager as ProvidersManagerTaskRuntime
    from airflow.serialization.serde import deserialize, serialize
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization
    from airflow.serialization.serialized_objects import decode_timetable, encode_timetable

    sys.modules["airflow.dag_processing.dagbag"] = dagbag  # an example of a test shows where it is since 3.2


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
    "DagBag", "DagSerialization", "ProvidersManagerTaskRuntime", "TaskDeferred", "TaskInstanceKey",
    "decode_timetable", "deserialize", "encode_timetable", "serialize", "unready_stats",
]  # fmt: skip

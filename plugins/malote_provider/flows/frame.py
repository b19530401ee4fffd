"""What all shipped flows have in common: the options of their DAGs, and how one's own replace them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, TriggerRule

from malote.clock import ZONE
from malote_provider.retries import retry_policy
from malote_provider.version_compat import BACKING_OFF

START = datetime(2026, 1, 1, tzinfo=ZONE)

ALWAYS: dict[str, Any] = {"trigger_rule": TriggerRule.ALL_DONE}
"""Of wait and land: a submit that failed holds back no older answer."""


def flow(usual: Mapping[str, Any], own: Mapping[str, Any], *, retries: int = 6) -> DAG:
    """A DAG with the usual options, of which one's own replace some.

    :param usual: the flow's options of :class:`airflow.sdk.DAG`
    :param own: those that whoever calls the flow gives; of ``default_args`` and ``params`` each name counts on its own
    """
    tries = {"retries": retries, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy(), **BACKING_OFF}
    options: dict[str, Any] = {"start_date": START, "catchup": False, "max_active_runs": 1, **usual, **own}
    options["default_args"] = {"owner": "malote", **tries, **own.get("default_args", {})}
    options["params"] = {**usual.get("params", {}), **own.get("params", {})}
    return DAG(schedule=options.pop("schedule"), **options)


def given(**options: Any) -> dict[str, Any]:
    """Those that are not None: what is left out falls back to the operator's own."""
    return {name: value for name, value in options.items() if value is not None}

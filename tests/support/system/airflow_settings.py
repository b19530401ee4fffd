"""Airflow's local settings in the system suite: nothing starts by the clock, and what is tried again is tried soon."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG

from malote_provider.version_compat import AssetOrTimeSchedule

SOON = timedelta(seconds=5)


def dag_policy(dag: DAG) -> None:
    """Keep the timetable, which a backfill needs, and let it end in the past: no run starts but by a button.

    As many runs at once as there are buttons pressed, also where the shipped DAG has one after the other.
    """
    dag.max_active_runs = 16
    if isinstance(dag.timetable, AssetOrTimeSchedule):
        dag.timetable = dag.timetable.timetable
    dag.end_date = datetime(2026, 1, 31, tzinfo=timezone.utc)


def task_policy(task: Any) -> None:
    """Shorten every pause between two tries; which error is tried again stays as it is."""
    task.retry_delay = SOON
    policy = getattr(task, "retry_policy", None)
    if policy is not None:
        policy.rules = [dataclasses.replace(rule, retry_delay=rule.retry_delay and SOON) for rule in policy.rules]

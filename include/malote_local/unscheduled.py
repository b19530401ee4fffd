"""An Airflow policy: no run starts by the clock, so that demo and tests start each themselves, on any day and hour."""

from __future__ import annotations

from airflow.sdk import DAG

from malote_provider.version_compat import AssetOrTimeSchedule, AssetTriggeredTimetable, NullTimetable


def dag_policy(dag: DAG) -> None:
    """Keep of a schedule the Assets only; Airflow calls it for each DAG that it parses."""
    schedule = dag.timetable
    if isinstance(schedule, AssetOrTimeSchedule):
        dag.timetable = AssetTriggeredTimetable(assets=schedule.asset_condition)
    elif not isinstance(schedule, AssetTriggeredTimetable):
        dag.timetable = NullTimetable()

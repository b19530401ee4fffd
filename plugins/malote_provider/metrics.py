"""Hands figures to Airflow's own stats: StatsD, Datadog or OpenTelemetry, as ``[metrics]`` says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from airflow.configuration import conf
from airflow.sdk.observability.metrics import stats_utils
from airflow.sdk.observability.stats import gauge, incr, initialize, normalize_name_for_stats

if TYPE_CHECKING:
    from malote.desk import Measure
    from malote.institution import Access

COUNTED = {
    "polls": "questions for answers",
    "throttles": 'replies that said "too many"',
}
"""What is counted as it happens; the gauges are ``malote.desk.MEASURES``."""


def name_of(institution: str, environment: str, what: str) -> str:
    """``malote.ccee.producao.polls``: all in the name, since plain StatsD drops tags."""
    return normalize_name_for_stats(f"malote.{institution}.{environment}.{what}", log_warning=False)


def meter_of(access: Access) -> Callable[[str, int], None]:
    """What counts for one account as things happen."""
    _ready()

    def meter(what: str, many: int) -> None:
        if many:
            incr(name_of(access.institution, access.environment, what), many)

    return meter


def emit(measures: Iterable[Measure]) -> int:
    """Write the gauges; returns how many."""
    _ready()
    written = 0
    for each in measures:
        gauge(name_of(each.institution, each.environment, each.name), each.value)
        written += 1
    return written


def _ready() -> None:
    # The triggerer makes only the scheduler's copy of this module ready, not the Task SDK's: its polls went nowhere.
    if sys.modules[initialize.__module__].__dict__.get("_factory") is None:
        legacy = conf.getboolean("metrics", "legacy_names_on", fallback=True)
        initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=legacy)

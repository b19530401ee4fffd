"""Hands figures to Airflow's own stats: StatsD, Datadog or OpenTelemetry, as ``[metrics]`` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from malote_provider.version_compat import gauge, incr, normalize_name_for_stats, ready_stats

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
    ready_stats()

    def meter(what: str, many: int) -> None:
        if many:
            incr(name_of(access.institution, access.environment, what), many)

    return meter


def emit(measures: Iterable[Measure]) -> int:
    """Write the gauges; returns how many."""
    ready_stats()
    written = 0
    for each in measures:
        gauge(name_of(each.institution, each.environment, each.name), each.value)
        written += 1
    return written

"""What differs between Airflow 3.1, 3.2 and 3.3, by the names of 3.3: nothing else here asks which of them it is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = tuple(int(number) for number in __version__.split(".")[:2])
AIRFLOW_V_3_2_PLUS, AIRFLOW_V_3_3_PLUS = _LINE >= (3, 2), _LINE >= (3, 3)

if TYPE_CHECKING or AIRFLOW_V_3_2_PLUS:
    from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable
    from airflow.sdk.definitions.timetables.assets import AssetTriggeredTimetable
    from airflow.sdk.definitions.timetables.simple import NullTimetable
    from airflow.sdk.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSkipException,
        ParamValidationError,
    )  # fmt: skip
    from airflow.sdk.observability.stats import normalize_name_for_stats
else:
    import re

    from airflow.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSkipException,
        ParamValidationError,
    )  # fmt: skip
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.simple import AssetTriggeredTimetable, NullTimetable
    from airflow.timetables.trigger import CronTriggerTimetable

    def normalize_name_for_stats(name: str, log_warning: bool = True) -> str:
        """The name with an underscore for each sign that stats do not take."""
        return re.sub(r"[^a-zA-Z0-9_.-]", "_", name)


if TYPE_CHECKING or AIRFLOW_V_3_3_PLUS:
    import sys

    from airflow.configuration import conf
    from airflow.sdk import BaseOperator, ExceptionRetryPolicy, RetryAction, RetryRule
    from airflow.sdk.definitions.retry_policy import RetryDecision
    from airflow.sdk.exceptions import TaskAwaitingInput, TaskDeferred
    from airflow.sdk.log import amask_secret
    from airflow.sdk.observability.metrics import stats_utils
    from airflow.sdk.observability.stats import gauge, incr, initialize

    ASKING = TaskAwaitingInput, TaskDeferred
    BACKING_OFF: dict[str, Any] = {}

    def ready_stats() -> None:
        """Make the Task SDK's ready: the triggerer does so with the scheduler's copy only, and polls went nowhere."""
        if sys.modules[initialize.__module__].__dict__.get("_factory") is None:
            legacy = conf.getboolean("metrics", "legacy_names_on", fallback=True)
            initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=legacy)

else:
    from dataclasses import dataclass
    from datetime import timedelta
    from enum import Enum

    from airflow import sdk
    from airflow.sdk._shared.secrets_masker import _secrets_masker

    BACKING_OFF = {"retry_exponential_backoff": 2.0 if AIRFLOW_V_3_2_PLUS else True}
    """No policy chooses the pause: it grows, so that six tries outlast an hour in which they are down."""

    if AIRFLOW_V_3_2_PLUS:
        from airflow.sdk.exceptions import TaskDeferred
        from airflow.sdk.observability.metrics import stats_utils
        from airflow.sdk.observability.stats import Stats

        def ready_stats() -> None:
            """See above."""
            if Stats.factory is None:
                Stats.initialize(factory=stats_utils.get_stats_factory(Stats))
    else:
        from airflow.exceptions import TaskDeferred
        from airflow.stats import Stats

        def ready_stats() -> None:
            """They make themselves ready."""

    ASKING = (TaskDeferred,)
    """What the operator that asks a person is left by, to wait: below 3.3 in the triggerer."""

    def gauge(stat: str, value: float) -> None:
        """Hand one to Airflow's stats, which may be made ready later than this module."""
        Stats.gauge(stat, value)

    def incr(stat: str, count: int = 1) -> None:
        """See ``gauge``."""
        Stats.incr(stat, count)

    async def amask_secret(secret: Any, name: str | None = None) -> None:
        """As in 3.3: told to the supervisor without blocking the event loop."""
        from airflow.sdk.execution_time import task_runner
        from airflow.sdk.execution_time.comms import MaskSecret

        _secrets_masker().add_mask(secret, name)
        with suppress(Exception):
            if comms := getattr(task_runner, "SUPERVISOR_COMMS", None):
                await comms.asend(MaskSecret(value=secret, name=name))

    class RetryAction(Enum):
        """As in 3.3."""

        RETRY, FAIL, DEFAULT = "retry", "fail", "default"

    @dataclass(frozen=True)
    class RetryDecision:
        """As in 3.3; of it the action only can be followed."""

        action: RetryAction = RetryAction.DEFAULT
        retry_delay: timedelta | None = None
        reason: str | None = None

        @classmethod
        def fail(cls, reason: str | None = None) -> RetryDecision:
            return cls(RetryAction.FAIL, reason=reason)

        @classmethod
        def retry(cls, delay: timedelta | None = None, reason: str | None = None) -> RetryDecision:
            return cls(RetryAction.RETRY, delay, reason)

    @dataclass(frozen=True)
    class RetryRule:
        """As in 3.3, for one class of errors and those below it."""

        exception: type[BaseException]
        action: RetryAction = RetryAction.RETRY
        retry_delay: timedelta | None = None
        reason: str | None = None

    @dataclass
    class ExceptionRetryPolicy:
        """As in 3.3: the first rule that knows the error decides."""

        rules: list[RetryRule]

        def evaluate(
            self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
        ) -> RetryDecision:
            rule = next((rule for rule in self.rules if isinstance(exception, rule.exception)), None)
            return RetryDecision(rule.action, rule.retry_delay, rule.reason) if rule else RetryDecision()

    class BaseOperator(sdk.BaseOperator):
        """Takes the ``retry_policy`` that this Airflow does not know; see ``fails_for_good``."""

        def __init__(self, *, retry_policy: ExceptionRetryPolicy | None = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.retry_policy = retry_policy


def fails_for_good(task: Any, error: BaseException, context: Mapping[str, Any]) -> bool:
    """Whether a task must end by ``AirflowFailException``, because this Airflow asks no policy and would try again."""
    policy = None if AIRFLOW_V_3_3_PLUS else getattr(task, "retry_policy", None)
    if policy is None:
        return False
    ti: Any = context.get("ti")
    tries = getattr(ti, "try_number", 1), getattr(ti, "max_tries", 0)
    return bool(policy.evaluate(error, *tries).action is RetryAction.FAIL)


__all__ = [
    "AIRFLOW_V_3_2_PLUS",
    "AIRFLOW_V_3_3_PLUS",
    "ASKING",
    "BACKING_OFF",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSkipException",
    "AssetOrTimeSchedule",
    "AssetTriggeredTimetable",
    "BaseOperator",
    "CronTriggerTimetable",
    "ExceptionRetryPolicy",
    "NullTimetable",
    "ParamValidationError",
    "RetryAction",
    "RetryDecision",
    "RetryRule",
    "TaskDeferred",
    "amask_secret",
    "fails_for_good",
    "gauge",
    "incr",
    "normalize_name_for_stats",
    "ready_stats",
]

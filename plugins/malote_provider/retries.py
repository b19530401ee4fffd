"""What a task does after a failure: decided by the class of the error, not by a number of tries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from malote.clock import Clock, SystemClock
from malote.errors import Closed, InDoubt, Malformed, Terminal, Throttled, Transient, Unavailable, Unreachable
from malote_provider.version_compat import ExceptionRetryPolicy, RetryAction, RetryDecision, RetryRule

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

MALFORMED_TRIES = 3


class MaloteRetryPolicy(ExceptionRetryPolicy):
    """The rules, and for errors that name a moment (``Throttled``, ``Closed``) that moment as the delay."""

    clock: ClassVar[Clock] = SystemClock()

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if isinstance(exception, Throttled):
            return RetryDecision.retry(timedelta(seconds=exception.retry_after), "too many requests")
        if isinstance(exception, Closed) and exception.opens_at:
            delay = max(exception.opens_at - self.clock.now(), timedelta(seconds=1))
            return RetryDecision.retry(delay, "the counter is closed")
        if isinstance(exception, Malformed) and try_number >= MALFORMED_TRIES:
            return RetryDecision.fail(f"unreadable {MALFORMED_TRIES} times: a person has to look")
        return super().evaluate(exception, try_number, max_tries, context)


def retry_policy() -> ExceptionRetryPolicy:
    """The retry policy of every malote task; ``retries`` of the task stays the upper limit.

    Anything else, a lost worker or a lost database, follows the task's own ``retries`` and ``retry_delay``.
    """
    return MaloteRetryPolicy(
        rules=[
            RetryRule(
                Terminal, RetryAction.FAIL, reason="trying again changes nothing: a person or another file is needed"
            ),
            RetryRule(InDoubt, RetryAction.FAIL, reason="in doubt: nothing is sent again until a person decides"),
            RetryRule(Unreachable, RetryAction.RETRY, timedelta(minutes=1), "nothing left this machine"),
            RetryRule(Unavailable, RetryAction.RETRY, timedelta(minutes=5), "they are down for now"),
            RetryRule(Closed, RetryAction.RETRY, timedelta(minutes=15), "the counter is closed"),
            RetryRule(Malformed, RetryAction.RETRY, timedelta(minutes=2), "their answer could not be read: ask again"),
            RetryRule(Transient, RetryAction.RETRY, timedelta(minutes=1), "the same call may be made again"),
        ]
    )

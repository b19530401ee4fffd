"""How a task ends over what a person must know: said once, in wrapped lines of its log, without a traceback."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from textwrap import wrap
from typing import Any

from malote.errors import MaloteError
from malote_provider.version_compat import AirflowFailException, fails_for_good

WIDTH = 110
SHOWN = 20
"""So many submissions are named in a log; the desk shows all."""


def advice(errors: Sequence[MaloteError]) -> list[str]:
    """What happened, what to do now and what is not lost, wrapped: nobody looks for it inside a traceback."""
    lines = [line for error in errors[:SHOWN] for line in str(error).splitlines()]
    if len(errors) > SHOWN:
        lines.append(f"… and {len(errors) - SHOWN} more")
    return [part for line in lines for part in wrap(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)]


def say(level: Callable[..., Any], errors: Sequence[MaloteError]) -> None:
    """Say them, a line of the log for each line of :func:`advice`."""
    for line in advice(errors):
        level("%s", line)


class _Said:
    """See :func:`quiet`."""

    def __reduce__(self) -> Any:
        kind, end = type(self).__bases__[1:]
        return _again, (kind, _state(self), end)


def quiet(error: MaloteError, end: type[BaseException] = SystemExit) -> MaloteError:
    """The same error, of which Airflow writes no traceback into the log.

    Of a ``SystemExit`` Airflow says "Task exited" in one line; retries, callbacks and listeners see it as any other
    failure, and as an error of its own class. It may end its task by another exception of Airflow's.
    """
    return _again(type(error), _state(error), end)


def _again(kind: type[MaloteError], state: dict[str, Any], end: type[BaseException]) -> MaloteError:
    return _said_kind(kind, end)(**state)  # type: ignore[arg-type]


@cache
def _said_kind(kind: type[MaloteError], end: type[BaseException]) -> type[MaloteError]:
    return type(kind.__name__, (_Said, kind, end), {"__module__": kind.__module__, "__doc__": kind.__doc__})


def _state(error: Any) -> dict[str, Any]:
    return {**vars(error), "code": error.code}  # an exit keeps its code elsewhere than in its __dict__


@contextmanager
def plainly(log: logging.Logger | Any, for_good: Callable[[MaloteError], bool] | None = None) -> Iterator[None]:
    """What of ours goes wrong inside is said in the log once, and then raised as :func:`quiet` makes it.

    :param for_good: whether the task must see to it that it is not tried again
    """
    try:
        yield
    except MaloteError as error:
        if isinstance(error, _Said):
            raise
        say(log.error, getattr(error, "each", None) or [error])
        log.debug("where it came from", exc_info=True)
        raise quiet(error, AirflowFailException if for_good and for_good(error) else SystemExit) from None


def said_plainly(execute: Callable[..., Any]) -> Callable[..., Any]:
    """An operator's method, inside :func:`plainly`."""

    @functools.wraps(execute)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        context = args[0] if args else kwargs["context"]
        with plainly(self.log, lambda error: fails_for_good(self, error, context)):
            return execute(self, *args, **kwargs)

    return method

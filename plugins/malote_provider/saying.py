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


class _Quiet:
    """See :func:`quiet`."""

    def __reduce__(self) -> Any:
        kind = type(self).__mro__[2]
        return _again, (kind, _state(self))


def quiet(error: MaloteError) -> MaloteError:
    """The same error, of which Airflow writes no traceback into the log.

    Of a ``SystemExit`` Airflow says "Task exited" in one line; retries, callbacks and listeners see it as any other
    failure, and as an error of its own class.
    """
    return _again(type(error), _state(error))


def _again(kind: type[MaloteError], state: dict[str, Any]) -> MaloteError:
    return _quiet_kind(kind)(**state)  # type: ignore[arg-type]


@cache
def _quiet_kind(kind: type[MaloteError]) -> type[MaloteError]:
    return type(kind.__name__, (_Quiet, kind, SystemExit), {"__module__": kind.__module__, "__doc__": kind.__doc__})


def _state(error: Any) -> dict[str, Any]:
    return {**vars(error), "code": error.code}  # an exit keeps its code elsewhere than in its __dict__


@contextmanager
def plainly(log: logging.Logger | Any) -> Iterator[None]:
    """What of ours goes wrong inside is said in the log once, and then raised as :func:`quiet` makes it."""
    try:
        yield
    except MaloteError as error:
        if isinstance(error, SystemExit):
            raise
        say(log.error, getattr(error, "each", None) or [error])
        log.debug("where it came from", exc_info=True)
        raise quiet(error) from None


def said_plainly(execute: Callable[..., Any]) -> Callable[..., Any]:
    """An operator's method, inside :func:`plainly`."""

    @functools.wraps(execute)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with plainly(self.log):
            return execute(self, *args, **kwargs)

    return method

"""What a wait says: once what it waits for and until when, then only what has changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from malote.texts import ENGLISH

if TYPE_CHECKING:
    from malote.trip import Rest


class Waits:
    """The words of one wait, in Brasília time.

    :param until: when patience is over; None where it waits until all are answered or overdue
    :param told: what it waits for has been said before, by another process
    """

    def __init__(self, log: logging.Logger | Any, until: datetime | None, *, told: bool = False) -> None:
        self._log = log
        self._until = until
        self._told = told
        self._last: tuple[Any, ...] | None = None

    def heard(self, rest: Rest, tally: Mapping[str, int]) -> None:
        """A round is over, or none was made yet."""
        now = (rest.waiting, *sorted(tally.items()))
        first, same = self._last is None, self._last == now
        self._last = now
        if first and not self._told:
            self._log.info("waiting for %d answers, %s; %s", rest.waiting, self._end(rest), self._next(rest))
        elif not first and not same:
            stand = counted(tally, but="received")
            self._log.info("%d without an answer, %s; %s", rest.waiting, stand, self._next(rest))

    def _end(self, rest: Rest) -> str:
        if self._until is not None:
            return f"until {ENGLISH.when(self._until)}, then a later run collects what is open"
        return f"until {ENGLISH.when(rest.deadline)}, then they are overdue" if rest.deadline else "without an end"

    def _next(self, rest: Rest) -> str:
        return f"the next question is at {ENGLISH.when(rest.wake)}" if rest.wake else "asking now"


def counted(tally: Mapping[str, int], *, but: str = "") -> str:
    """Standings and how many stand so, in words."""
    named = [f"{n} {standing.replace('_', ' ')}" for standing, n in sorted(tally.items()) if n and standing != but]
    return ", ".join(named) or "none answered"

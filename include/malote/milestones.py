"""Says every few seconds how far a long work has come: how many of how many, how fast, how much longer."""

from __future__ import annotations

import logging
from datetime import timedelta

from malote.clock import Clock

EVERY = timedelta(seconds=5)


class Milestones:
    """How far a work has come, for a log. A work that is over sooner than :data:`EVERY` says nothing.

    :param what: the work in words, ``"sending pouch …"``
    :param of: what is counted, ``"files"``
    :param total: how many there are; None where nobody knows
    :param stride: the clock is looked at each so many
    """

    def __init__(
        self, clock: Clock, log: logging.Logger, what: str, of: str, total: int | None = None, *, stride: int = 1
    ) -> None:
        self.done, self._next = 0, stride
        self._clock, self._log, self._stride = clock, log, stride
        self._what, self._of, self._total = what, of, total
        self._began = self._said = clock.now()

    def passed(self, n: int = 1) -> None:
        """So many more are done."""
        self.done += n
        if self.done < self._next:
            return
        self._next, now = self.done + self._stride, self._clock.now()
        if now - self._said < EVERY:
            return
        self._said = now
        rate = self.done / (now - self._began).total_seconds()
        of_all = f" of {self._total:,}" if self._total is not None else ""
        fast = f"{rate:.0f} a second" if rate >= 1 else f"{rate * 60:.0f} a minute"
        rest = ""
        if self._total is not None and rate > 0:
            rest = f", about {timedelta(seconds=round(max(0, self._total - self.done) / rate))} left"
        self._log.info("%s: %s%s %s, %s%s", self._what, f"{self.done:,}", of_all, self._of, fast, rest)

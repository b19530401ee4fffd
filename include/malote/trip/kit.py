"""What a run has in its hands: the one value that courier, asking and collecting are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock
from malote.errors import Throttled
from malote.hours import Pace
from malote.institution import Call, Institution, Reply
from malote.journal import Journal

T = TypeVar("T")
Meter = Callable[[str, int], None]
"""Is told what is counted as it happens: ``polls`` or ``throttles``, and how many."""

TOO_MANY = 429


def count_nothing(what: str, many: int, /) -> None:
    """What is done with a count where nobody measures: nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class Kit:
    """Everything that the trip of one account's submissions needs; made once a run, by the hook or by a test.

    :param warehouse: libpq connection string of the database in which answers land; it may hold a password
    :param pace: the shared request budget of the account
    :param clock: the only clock of the run
    :param checkpoint: called with each name of ``malote.checkpoint.CHECKPOINTS`` as the trip passes it
    :param meter: called with what is counted as it happens
    """

    institution: Institution
    warehouse: str
    journal: Journal
    archive: Archive
    pace: Pace
    clock: Clock
    checkpoint: Checkpoint = pass_by
    meter: Meter = count_nothing

    def with_journal(self, journal: Journal) -> Kit:
        """The same kit for another thread, which has its own connection to the journal."""
        return dataclasses.replace(self, journal=journal)

    def send(self, driver: Any, call: Call[T], *sink: Any) -> T:
        """Send a call at the shared pace; raises what reading its reply raises."""
        self.wait_for_slot()
        value: T = driver.send(self.heeding(call), *sink)
        return value

    def mended(self, id: str, told: list[str]) -> None:
        """Note in the story what was mended in the reply to a question about a submission."""
        self.journal.noted_once("reply repaired", {id: {"repaired": told}})

    def wait_for_slot(self) -> None:
        """Wait until the shared pace leaves room for one request."""
        while not self.pace.reserve(1)[0].wait(self.clock):
            pass

    def heeding(self, call: Call[T]) -> Call[T]:
        """The same call, after whose "too many" (429) everybody slows down, whatever else reading it makes of it."""
        read = call.read

        def heeded(reply: Reply) -> T:
            waits = [reply.retry_after] if reply.status == TOO_MANY else []
            try:
                return read(reply)
            except Throttled as throttled:
                waits.append(throttled.retry_after)
                raise
            finally:
                if waits:
                    self.meter("throttles", 1)
                    self.pace.penalty(max(waits))

        return dataclasses.replace(call, read=heeded)

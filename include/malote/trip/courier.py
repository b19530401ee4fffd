"""Hands the submissions of a pouch over, several at once where the institution has no order."""

from __future__ import annotations

import collections
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from malote.errors import Closed, InDoubt, Throttled
from malote.hours import Counter
from malote.institution import Row
from malote.milestones import Milestones
from malote.scope import Scope
from malote.submission import Order, Standing, Submission
from malote.texts import english
from malote.trip.decision import Wait
from malote.trip.handing_over import Driver, HandingOver
from malote.trip.kit import Kit
from malote.trip.preparing import Prepared, prepare

log = logging.getLogger("malote.trip.courier")

_DOUBTS_IN_A_ROW = 3  # something in between is answering for the institution: stop before a pouch becomes all doubt

MOST_IN_FLIGHT = 32
"""However many a rule asks for: each takes a thread, a connection there and one to the journal."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How far sending came. ``wake`` is the instant at which there is more to do, None when there is nothing left."""

    received: int
    refused: int
    in_doubt: int
    wake: datetime | None
    why: str = ""


class Courier:
    """Takes the submissions of one institution on their trip."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    def prepare(self, order: Order, rows: Iterable[Row], *, refused_too: bool = False) -> Prepared:
        """Render a selection and take it into the journal, see :func:`malote.trip.preparing.prepare`."""
        return prepare(order, rows, self.kit, refused_too=refused_too)

    def send(self, pouch: str, driver: Driver) -> Sent:
        """Hand over what the pouch still holds, asking first about everything whose fate is unknown.

        The first alone, then so many at once as ``rules.in_flight`` says; what stops one stops those that have not
        begun, and those that are under way come to their end.

        :raises Unreachable: nothing left this machine; everything stays prepared
        :raises Misconfigured: a certificate, a credential: one error, not a thousand doubts
        :raises InDoubt: where several in a row ended in doubt; the rest stays prepared
        """
        institution = self.kit.institution
        todo = self.kit.journal.submissions(Scope.pouch(pouch), Standing.PREPARED, Standing.SENDING)
        if not todo:
            return Sent(0, 0, 0, None)
        if any(each.standing is Standing.PREPARED for each in todo):  # asking about the others tries the way as well
            log.info("%s: %s", institution.title, self.kit.send(driver, institution.preflight()))
        opening = institution.counter(todo[0].service)  # a pouch is of one service
        queue = _Queue(todo, self.kit, opening)
        first = HandingOver(self.kit, driver, opening)
        queue.empty(first, most=1)  # a certificate that is not taken is one denial, not several
        lanes = min(institution.rules.in_flight, len(todo) - 1, MOST_IN_FLIGHT)
        if lanes <= 1:
            queue.empty(first)
        else:
            with ThreadPoolExecutor(lanes, thread_name_prefix="malote courier") as pool:
                try:
                    ended = [pool.submit(_lane, queue, self.kit, driver, opening) for _ in range(lanes)]
                    for each in ended:
                        each.result()
                except BaseException:  # a task that is to end begins nothing more
                    queue.stop()
                    raise
        return queue.sent()


class _Queue:
    """What is still to be handed over, and what became of the others; for several lanes at once."""

    def __init__(self, todo: Iterable[Submission], kit: Kit, opening: Counter) -> None:
        self._todo = collections.deque(todo)
        self._far = Milestones(kit.clock, log, "sending", "files", len(self._todo))
        self._kit = kit
        self._opening = opening
        self._lock = threading.Lock()
        self._tally: collections.Counter[Standing] = collections.Counter()
        self._wake: list[tuple[datetime, str]] = []
        self._doubts = 0

    def empty(self, hands: HandingOver, most: int | None = None) -> None:
        """Take one after the other, until there is none or something stops all lanes; raises what ended one."""
        for submission in islice(iter(self._next, None), most):
            now = self._kit.clock.now()
            try:
                ended = hands.hand_over(submission)
            except Throttled as throttled:
                self._later(now + timedelta(seconds=throttled.retry_after), throttled.what)
            except Closed as closed:
                again = self._kit.institution.rules.closed_every
                self._later(closed.opens_at or self._opening.opens_at(now + again), closed.what)
            except BaseException:
                self.stop()
                raise
            else:
                self._note(submission, ended)

    def stop(self) -> None:
        """Let nobody begin another one."""
        with self._lock:
            self._todo.clear()

    def sent(self) -> Sent:
        """What all of it came to."""
        first = min(self._wake, default=None)
        return Sent(
            self._tally[Standing.RECEIVED], self._tally[Standing.REFUSED], self._tally[Standing.IN_DOUBT],
            first[0] if first else None, first[1] if first else "",
        )  # fmt: skip

    def _next(self) -> Submission | None:
        with self._lock:
            return self._todo.popleft() if self._todo else None

    def _later(self, at: datetime, why: str) -> None:
        self.stop()
        with self._lock:
            self._wake.append((at, why))

    def _note(self, submission: Submission, ended: Standing | Wait) -> None:
        with self._lock:
            self._far.passed()
            if isinstance(ended, Wait):
                self._wake.append((ended.until, f"{submission.id}: {ended.why}"))
                return
            self._tally[ended] += 1
            self._doubts = self._doubts + 1 if ended is Standing.IN_DOUBT else 0
            doubts = self._doubts
            if doubts < _DOUBTS_IN_A_ROW:
                return
            self._todo.clear()
        raise InDoubt(
            english("s_doubts_in_a_row", n=doubts),
            institution=self._kit.institution.name, submission=submission.id,
            todo=english("s_do_doubts"),
            kept=english("s_kept_prepared"),
        )  # fmt: skip


def _lane(queue: _Queue, kit: Kit, driver: Driver, opening: Counter) -> None:
    """One of several that hand over at once: a journal's connection is one thread's."""
    with closing(kit.journal.another()) as journal:
        queue.empty(HandingOver(kit.with_journal(journal), driver, opening))

"""Asks for the answers of a scope, in rounds: one conversation, driven by a task (requests) or a trigger (aiohttp)."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock, SystemClock
from malote.errors import Malformed, MaloteError, Throttled, Transient
from malote.institution import Call, Institution
from malote.journal import Journal
from malote.pace import Pace, Slot
from malote.scope import Scope
from malote.submission import Pending, Progress, Ready, Submission

log = logging.getLogger("malote.asking")

_TOGETHER = 50
"""Submissions leased and asked in one go; their news is written in one statement each kind."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to put: about which submission, the call, and the slot at which it may go."""

    submission: Submission
    call: Call[Progress]
    slot: Slot


Heard = Progress | MaloteError


@dataclass(frozen=True, slots=True)
class Rest:
    """How a round ended: how many are still waited for, and when there is something to ask again."""

    waiting: int
    wake: datetime | None


Round = Generator[list[Ask], list[Heard], Rest]


class Asking:
    """Asks about everything that is due in a scope. All state is in the journal: a round may be lost anywhere."""

    def __init__(
        self,
        institution: Institution,
        journal: Journal,
        archive: Archive,
        pace: Pace,
        *,
        clock: Clock | None = None,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self.institution = institution
        self.journal = journal
        self.archive = archive
        self.pace = pace
        self.clock = clock or SystemClock()
        self.checkpoint = checkpoint

    def round(self, scope: Scope) -> Round:
        """Yields what to ask, is sent what was heard (in the same order), ends when nothing more is due.

        :raises Terminal: where asking cannot succeed until a person acts; nothing is believed of the submissions then
        """
        rules = self.institution.rules
        while due := self.journal.due(scope, limit=_TOGETHER, lease=rules.ask_timeout * 2 + timedelta(seconds=30)):
            slots = self.pace.reserve(len(due))
            heard = yield [Ask(s, self.institution.check(s), slot) for s, slot in zip(due, slots, strict=True)]
            self.checkpoint("progress heard")
            self._note(due, heard)
            if all(isinstance(each, Transient) for each in heard):
                log.warning("nothing of %d questions was answered: %s", len(heard), heard[0])
                waiting, _ = self.journal.waiting(scope)
                return Rest(waiting, self.clock.now() + rules.poll_every)
        return Rest(*self.journal.waiting(scope))

    def _note(self, due: Sequence[Submission], heard: Sequence[Heard]) -> None:
        rules, now = self.institution.rules, self.clock.now()
        waits: list[tuple[str, datetime, str | None]] = []
        ready: list[str] = []
        answers: list[tuple[Submission, bytes]] = []
        terminal: MaloteError | None = None
        for submission, news in zip(due, heard, strict=True):
            overdue = submission.deadline is not None and now >= submission.deadline
            again = now + spread(rules.overdue_every if overdue else rules.poll_every, rules.poll_jitter, submission)
            partial = submission.partial
            if isinstance(news, Ready):
                if news.answer is None:
                    ready.append(submission.id)
                else:
                    answers.append((submission, news.answer))
                continue
            if isinstance(news, Pending):
                partial = news.partial
                if partial and (overdue or self._settled(submission, partial, now)):
                    ready.append(submission.id)
                    continue
                again = max(again, news.ask_at) if news.ask_at else again
            elif isinstance(news, Throttled):
                self.pace.penalty(news.retry_after)
                again = now + timedelta(seconds=news.retry_after)
            elif isinstance(news, (Transient, Malformed)):
                log.warning("%s", news.about(institution=self.institution.name, submission=submission.id))
            else:
                terminal = terminal or news.about(institution=self.institution.name, submission=submission.id)
            waits.append((submission.id, again, partial))
        self.journal.pending(waits)
        if ready:
            self.journal.ready(ready)
        self._keep(answers)
        if terminal is not None:
            raise terminal

    def _settled(self, submission: Submission, partial: str, now: datetime) -> bool:
        since = submission.partial_since
        return (
            submission.partial == partial
            and since is not None
            and now - since >= self.institution.rules.partial_settles
        )

    def _keep(self, answers: Sequence[tuple[Submission, bytes]]) -> None:
        kept = []
        for submission, answer in answers:
            with self.archive.write("answers", f"{submission.id}.xml", sealed=submission.stored.sealed) as sheet:
                sheet.write(answer)
            kept.append((submission.id, sheet.stored))
        if kept:
            self.checkpoint("answer kept")
            self.journal.answered(kept)
            self.checkpoint("answer saved")
            log.info("%d answered", len(kept))

    # ---- the two ways to drive a round

    def in_turn(self, scope: Scope, driver: Any) -> Rest:
        """Drive a round in a task: one question after the other."""

        def one(ask: Ask) -> Heard:
            slot = ask.slot
            while not slot.wait(self.clock):
                slot = self.pace.reserve(1)[0]
            try:
                progress: Progress = driver.send(ask.call)
            except MaloteError as error:
                return error
            return progress

        conversation = self.round(scope)
        try:
            asks = next(conversation)
            while True:
                asks = conversation.send([one(ask) for ask in asks])
        except StopIteration as end:
            rest: Rest = end.value
            return rest

    async def together(
        self, scope: Scope, driver: Any, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> Rest:
        """Drive a round in the triggerer: many questions under way, each at its slot; the journal in a thread."""

        async def one(ask: Ask) -> Heard:
            slot = ask.slot
            await sleep(slot.delay)
            while slot.lapsed():
                slot = (await asyncio.to_thread(self.pace.reserve, 1))[0]
                await sleep(slot.delay)
            try:
                progress: Progress = await driver.send(ask.call)
            except MaloteError as error:
                return error
            return progress

        def step(heard: list[Heard] | None) -> list[Ask] | Rest:
            try:
                return next(conversation) if heard is None else conversation.send(heard)
            except StopIteration as end:
                rest: Rest = end.value
                return rest

        conversation = self.round(scope)
        asks = await asyncio.to_thread(step, None)
        while not isinstance(asks, Rest):
            asks = await asyncio.to_thread(step, list(await asyncio.gather(*(one(ask) for ask in asks))))
        return asks


def spread(every: timedelta, jitter: float, submission: Submission) -> timedelta:
    """The rhythm, spread by up to ``jitter`` both ways; the same for the same ask, so that a test can know it."""
    drawn = zlib.crc32(f"{submission.id}/{submission.asked}".encode()) / 0xFFFFFFFF
    return every * (1 + jitter * (2 * drawn - 1))

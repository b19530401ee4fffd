"""Asks for the answers of a scope: in turn in a task, together in a trigger, one way to decide."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from malote.errors import Malformed, MaloteError, Throttled, Transient
from malote.hours import Slot
from malote.milestones import Milestones
from malote.reading import overheard
from malote.scope import Scope
from malote.submission import Pending, Progress, Ready, Standing, Stored, Submission
from malote.trip.kit import Kit
from malote.trip.rhythm import overdue, slowly, spread

log = logging.getLogger("malote.trip.asking")

_LEASE = 10
"""Submissions leased, and slots reserved, in one go; their news is written in one statement of each kind."""

_LARGEST = 100
"""To so many a lease grows in a trigger while the pace makes nobody wait: the journal's statements are what costs."""

_UNDER_WAY = 200
"""Questions that a trigger has under way: slow replies then cost no slots, and file descriptors do not run out."""

Heard = Progress | MaloteError


@dataclass(frozen=True, slots=True)
class Rest:
    """How a round ended: how many are still waited for, when there is something to ask again, the last deadline."""

    waiting: int
    wake: datetime | None
    deadline: datetime | None = None


class Asking:
    """Asks about everything that is due in a scope. All state is in the journal: a round may be lost anywhere."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self._mended: dict[str, list[str]] = {}

    def in_turn(self, scope: Scope, driver: Any, *, landed: bool = False) -> Rest:
        """Ask about everything that is due, one after the other, as a task does.

        :param landed: ask about what landed with items unanswered, and about nothing else
        :raises Terminal: where asking cannot succeed until a person acts; nothing is believed of the submissions then
        """
        far = Milestones(self.kit.clock, log, "asking", "questions")
        while due := self._due(scope, landed=landed):
            heard: list[Heard] = []
            for submission in due:
                try:
                    with overheard(partial(self._mended.__setitem__, submission.id)):
                        heard.append(self.kit.send(driver, self.kit.institution.check(submission)))
                except MaloteError as error:
                    heard.append(error)
                far.passed()
            if not self._note(due, heard):
                return self.rest(scope, pause=True)
        return self.rest(scope)

    async def together(
        self, scope: Scope, driver: Any, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> Rest:
        """The same in the triggerer: many questions under way, each at its slot; the journal in a thread.

        :raises Terminal: as :meth:`in_turn`
        """
        writing, useful, size = asyncio.Lock(), True, _LEASE
        far = Milestones(self.kit.clock, log, "asking", "questions")

        async def one(submission: Submission, slot: Slot) -> Heard:
            await sleep(slot.delay)
            while slot.lapsed():
                slot = (await asyncio.to_thread(self.kit.pace.reserve, 1))[0]
                await sleep(slot.delay)
            try:
                with overheard(partial(self._mended.__setitem__, submission.id)):
                    progress: Progress = await driver.send(self.kit.institution.check(submission))
            except MaloteError as error:
                return error
            return progress

        async def lease(due: list[Submission], slots: list[Slot]) -> None:
            nonlocal useful
            heard = await asyncio.gather(*(one(s, slot) for s, slot in zip(due, slots, strict=True)))
            self.kit.meter("throttles", sum(isinstance(each, Throttled) for each in heard))
            async with writing:
                useful = await asyncio.to_thread(self._note, due, heard) and useful
                far.passed(len(due))

        leases: set[asyncio.Task[None]] = set()
        try:
            while useful:
                while len(leases) >= max(1, _UNDER_WAY // size):
                    done, leases = await asyncio.wait(leases, return_when=asyncio.FIRST_COMPLETED)
                    for each in done:
                        each.result()
                async with writing:
                    due = await asyncio.to_thread(self._due, scope, size)
                if not due:
                    break
                slots = await asyncio.to_thread(self.kit.pace.reserve, len(due))
                size = _LEASE if slots[-1].delay > 0 else min(2 * size, _LARGEST)
                leases.add(asyncio.create_task(lease(due, slots)))
                await sleep(slots[-1].delay)  # only then the next lease: slots reserved early would lapse
            await asyncio.gather(*leases)
        finally:
            for each in leases:
                each.cancel()
        async with writing:
            return await asyncio.to_thread(self.rest, scope, pause=not useful)

    def _due(self, scope: Scope, limit: int = _LEASE, *, landed: bool = False) -> list[Submission]:
        """Lease some submissions that may be asked about now. A lease lasts until no reply can come any more."""
        if not self.kit.institution.answering().is_open(self.kit.clock.now()):
            return []
        lease = self.kit.institution.rules.ask_timeout * 2 + timedelta(seconds=30)
        return self.kit.journal.due(scope, limit=limit, lease=lease, landed=landed)

    def rest(self, scope: Scope, *, pause: bool = False) -> Rest:
        """Where a scope stands."""
        waiting, at, deadline = self.kit.journal.waiting(scope)
        answering, now = self.kit.institution.answering(), self.kit.clock.now()
        if at is not None and not answering.is_open(max(at, now)):
            at = answering.opens_at(max(at, now))
        if pause:  # nobody answers over there: the others that are due would fare no better
            at = max(at or now, now + self.kit.institution.rules.poll_every)
        return Rest(waiting, at, deadline)

    def _note(self, due: Sequence[Submission], heard: Sequence[Heard]) -> bool:
        """Write down what was heard; False where asking on is of no use for now."""
        self.kit.checkpoint("progress heard")
        self.kit.meter("polls", len(due))
        now = self.kit.clock.now()
        waits: list[tuple[str, datetime, str | None]] = []
        anew: list[tuple[str, datetime | None, str | None, bool]] = []
        ready, answers = list[str](), list[tuple[Submission, bytes]]()
        terminal: MaloteError | None = None
        for submission, news in zip(due, heard, strict=True):
            partial = news.partial if isinstance(news, Pending) else submission.partial
            there, brought = self._there(submission, news, now), isinstance(news, Ready) and news.answer is not None
            if isinstance(news, Ready) and news.answer is not None:
                answers.append((submission, news.answer))
            elif isinstance(news, MaloteError):
                terminal = terminal or self._trouble(submission, news)
            if submission.standing is Standing.LANDED:
                at = slowly(submission, self.kit.institution.rules, now)
                anew.append((submission.id, at, partial, there and not brought))
            elif not there:
                waits.append((submission.id, self._again(submission, news, now), partial))
            elif not brought:
                ready.append(submission.id)
        mended = {s.id: {"repaired": list(told)} for s in due if (told := self._mended.pop(s.id, None))}
        self.kit.journal.noted_once("reply repaired", mended)
        unread = {s.id: said for s, news in zip(due, heard, strict=True) if (said := _unread(news))}
        self.kit.journal.noted_once("answer unreadable", unread)
        self.kit.journal.pending(waits)
        self.kit.journal.asked_anew(anew)
        if ready:
            self.kit.journal.ready(ready)
        self._keep(answers)
        if terminal is not None:
            raise terminal
        return not all(isinstance(each, Transient) for each in heard)

    def _there(self, submission: Submission, news: Heard, now: datetime) -> bool:
        """There is an answer to take: the whole one, or as much of it as may land."""
        if not isinstance(news, Pending) or not news.partial:
            return isinstance(news, Ready)
        if submission.standing is Standing.LANDED:
            return news.partial != submission.partial
        return overdue(submission, now) or self._settled(submission, news.partial, now)

    def _again(self, submission: Submission, news: Heard, now: datetime) -> datetime:
        """When to ask again for an answer that is not there."""
        rules, late = self.kit.institution.rules, overdue(submission, now)
        if isinstance(news, Throttled):
            return now + timedelta(seconds=news.retry_after)
        again = now + spread(rules.overdue_every if late else rules.poll_every, rules.poll_jitter, submission)
        if isinstance(news, Pending) and news.ask_at:
            latest = now + rules.overdue_every if late else submission.deadline
            if latest is None or news.ask_at <= latest:  # a hint past the end is none
                again = max(again, news.ask_at)
        return again

    def _trouble(self, submission: Submission, error: MaloteError) -> MaloteError | None:
        """What a question that failed means for the others: the error, where asking on needs a person first."""
        told = error.about(institution=self.kit.institution.name, submission=submission.id)
        if isinstance(error, Throttled):
            self.kit.pace.penalty(error.retry_after)
        elif isinstance(error, (Transient, Malformed)):
            log.warning("%s: %s", submission.id, "; ".join(told.advice.values()))
        else:
            return told
        return None

    def _settled(self, submission: Submission, partial: str, now: datetime) -> bool:
        since = submission.partial_since
        return (
            submission.partial == partial
            and since is not None
            and now - since >= self.kit.institution.rules.partial_settles
        )

    def _keep(self, answers: Sequence[tuple[Submission, bytes]]) -> None:
        kept = []
        for submission, answer in answers:
            with self.kit.archive.write("answers", f"{submission.id}.xml", sealed=submission.stored.sealed) as sheet:
                sheet.write(answer)
            kept.append((submission.id, sheet.stored))
        if kept:
            self.kit.checkpoint("answer kept")
            log.info("%d answered", len(note_answers(self.kit, kept)))
            self.kit.checkpoint("answer saved")


def note_answers(kit: Kit, kept: Sequence[tuple[str, Stored]]) -> set[str]:
    """Note the kept answers; returns whose are news. Sealed bytes that are none are purged: nothing refers to them."""
    taken = kit.journal.answered(kept)
    for id, stored in kept:
        if id not in taken and stored.sealed:
            kit.archive.purge(stored)
    return taken


def _unread(news: Heard) -> dict[str, str] | None:
    """What the story keeps of an answer of which no rule knows what it says: the rule that is missing stands in it."""
    if isinstance(news, Malformed):
        return news.advice
    return {"why": news.why} if isinstance(news, Pending) and news.unread else None

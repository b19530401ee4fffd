"""Brings answers home: fetches those that are ready, lands everything that is answered, and says what stays open."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from malote.errors import InDoubt, Malformed, MaloteError
from malote.milestones import Milestones
from malote.scope import Scope
from malote.submission import Pending, Standing, Submission
from malote.trip.asking import Asking, note_answers
from malote.trip.kit import Kit
from malote.trip.landing import Landing
from malote.trip.purging import purge
from malote.trip.reasons import explain
from malote.trip.rhythm import slowly

log = logging.getLogger("malote.trip.collecting")

_BATCH_BYTES = 32 << 20
_BATCH_SUBMISSIONS = 500


@dataclass(frozen=True, slots=True)
class Landed:
    """What one collection landed, by ``ids``, and the answers that it could not."""

    submissions: int
    rows: int
    changed: int
    problems: tuple[MaloteError, ...]
    ids: tuple[str, ...] = ()


class _NotThere(Exception):
    """Ends the writing of an answer that turned out to be none."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(pending.why)
        self.pending = pending


class Collecting:
    """Lands what is answered in a scope. One stuck answer does not hold back the thousand beside it."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.asking = Asking(kit)
        self.landing = Landing(kit.warehouse, kit.archive, kit.clock, kit.checkpoint)

    def collect(self, scope: Scope, driver: Any) -> Landed:
        """Fetch and land everything of the scope that can be landed now. Again lands nothing twice.

        Then what landed with items unanswered, and is due, is asked again, and what comes of it lands too.
        """
        landed = self._bring(scope, driver)
        problems = list(landed.problems)
        try:
            self.asking.in_turn(scope, driver, landed=True)
        except MaloteError as error:
            problems.append(error)
        more = self._bring(scope, driver)
        problems += more.problems
        problems += explain(self.kit, self.landing, scope, lambda call: self.kit.send(driver, call))
        purge(self.kit)
        return Landed(
            landed.submissions + more.submissions, landed.rows + more.rows, landed.changed + more.changed,
            tuple(problems), (*landed.ids, *more.ids),
        )  # fmt: skip

    def _bring(self, scope: Scope, driver: Any) -> Landed:
        problems = list(self._fetch(scope, driver))
        answered = self.kit.journal.submissions(scope, Standing.ANSWERED)
        submissions = rows = changed = 0
        ids: list[str] = []
        for batch in _batches(answered):
            while batch:
                try:
                    load = self.landing.land(self.kit.institution, batch)
                except (Malformed, InDoubt) as error:
                    (wrong,) = (s for s in batch if s.id == error.submission)
                    problems.append(self._set_aside(wrong, error))
                    batch.remove(wrong)
                    continue
                submissions, rows, changed = (
                    submissions + len(load.submissions),
                    rows + load.rows,
                    changed + load.changed,
                )
                ids += load.submissions
                log.info("landed %d submissions, %d rows, %d changed", len(load.submissions), load.rows, load.changed)
                break
        return Landed(submissions, rows, changed, tuple(problems), tuple(ids))

    def _fetch(self, scope: Scope, driver: Any) -> Iterator[MaloteError]:
        ready = self.kit.journal.to_fetch(scope)
        far = Milestones(self.kit.clock, log, "fetching", "answers", len(ready))
        for submission in ready:
            far.passed()
            try:
                with self.kit.archive.write(
                    "answers", f"{submission.id}.xml", sealed=submission.stored.sealed
                ) as sheet:
                    if gone := self.kit.send(driver, self.kit.institution.fetch(submission), sheet):
                        raise _NotThere(gone)  # so that the archive keeps nothing of it
            except _NotThere as there:
                self._not_ready(submission, there.pending)
                log.warning("%s: the answer that was ready is not there: %s", submission.id, there.pending.why)
            except MaloteError as error:
                yield error.about(institution=self.kit.institution.name, submission=submission.id)
            else:
                self.kit.checkpoint("answer kept")
                note_answers(self.kit, [(submission.id, sheet.stored)])
                self.kit.checkpoint("answer saved")

    def _not_ready(self, submission: Submission, gone: Pending) -> None:
        if submission.standing is Standing.LANDED:
            at = slowly(submission, self.kit.institution.rules, self.kit.clock.now())
            self.kit.journal.asked_anew([(submission.id, at, None, False)])
        else:
            again = self.kit.clock.now() + self.kit.institution.rules.poll_every
            if gone.ask_at and submission.deadline and gone.ask_at <= submission.deadline:
                again = max(again, gone.ask_at)
            self.kit.journal.not_ready(submission.id, gone.why, ask_at=again)

    def _set_aside(self, submission: Submission, error: MaloteError) -> MaloteError:
        rules, now = self.kit.institution.rules, self.kit.clock.now()
        if isinstance(error, InDoubt):
            search = error.todo or self.kit.institution.search(submission)
            self.kit.journal.parked(submission.id, error.what, search)
        else:
            at = slowly(submission, rules, now) if submission.landed_at else now + rules.poll_every
            self.kit.journal.unreadable(submission.id, error.what, ask_at=at)
        return error


def _batches(submissions: Sequence[Submission]) -> Iterator[list[Submission]]:
    for _, group in groupby(sorted(submissions, key=lambda s: s.service), key=lambda s: s.service):
        batch: list[Submission] = []
        size = 0
        for submission in group:
            assert submission.answer is not None
            if batch and (size + submission.answer.size > _BATCH_BYTES or len(batch) == _BATCH_SUBMISSIONS):
                yield batch
                batch, size = [], 0
            batch.append(submission)
            size += submission.answer.size
        if batch:
            yield batch

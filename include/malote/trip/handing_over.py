"""Hands one submission over, and is the only place that knows what happens after a crash."""

from __future__ import annotations

import dataclasses
import logging
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import psycopg

from malote.errors import (
    Closed,
    Malformed,
    MaloteError,
    Misconfigured,
    Refused,
    ReplyLost,
    Throttled,
    Transient,
    Unavailable,
    Unreachable,
)
from malote.hours import Counter
from malote.institution import Call, Reply
from malote.reading import overheard
from malote.submission import Finding, Receipt, Standing, Submission
from malote.texts import english
from malote.trip.decision import Find, Keep, NotThere, Park, ProvenAbsent, Send, Step, Wait, next_step, unheard
from malote.trip.kit import Kit

log = logging.getLogger("malote.trip.courier")

T = TypeVar("T")

_CLOCKS_APART, _LONGEST_PROMISE = timedelta(days=1), timedelta(days=60)


class Driver(Protocol):
    """Whatever sends a call and waits for its value."""

    def send(self, call: Call[T], sink: Any = None) -> T: ...


class HandingOver:
    """Hands submissions of one service over, one after the other; several of these may do so at once.

    :param kit: whose journal nobody else uses at the same time
    :param opening: the hours of the service
    """

    def __init__(self, kit: Kit, driver: Driver, opening: Counter) -> None:
        self.kit = kit
        self.driver = driver
        self.opening = opening
        self.rules = kit.institution.rules

    def hand_over(self, submission: Submission) -> Standing | Wait:
        """Bring one as far as it goes now: where it stands then, or what it waits for."""
        finding: Finding | None = None
        unheard_of = ""
        while True:
            step = next_step(submission, self.kit.clock.now(), self.rules, finding)
            finding = None
            if isinstance(step, Send):
                step = self._held(submission) or step
            if isinstance(step, Send):
                if self._attempt(submission):
                    return Standing.RECEIVED
            elif isinstance(step, Find):
                try:
                    repeated: list[Reply] = []
                    with overheard(partial(self.kit.mended, submission.id)):
                        finding = self._find(submission, repeated)
                    continue
                except (Transient, Malformed) as failed:
                    unheard_of = failed.what
                    self._not_heard(submission, failed, self._evidence(submission, repeated))
            elif isinstance(step, Wait):
                return dataclasses.replace(step, why=unheard_of) if unheard_of else step
            elif not self._settle(submission.id, step):
                return submission.standing
            submission = self.kit.journal.submission(submission.id)

    def _held(self, submission: Submission) -> Wait | None:
        """Until when it may not be sent. Asking whether it arrived is bound by no hours."""
        now = self.kit.clock.now()
        if not self.opening.is_open(now):
            return Wait(self.opening.opens_at(now), english("s_closed"))
        held = self.kit.institution.held_until(submission, now)
        return Wait(held, english("s_cut_off_past")) if held else None

    def _settle(self, id: str, step: Step) -> bool:
        """Write down what asking has brought; False where the step brings nothing."""
        if isinstance(step, Keep):
            self._keep(id, step.receipt, english("s_how_found"))
        elif isinstance(step, NotThere):
            self.kit.journal.absent(id, step.evidence, ask_again_at=step.again, counts=step.counts)
        elif isinstance(step, ProvenAbsent):
            self.kit.journal.proven_absent(id, step.evidence)
        elif isinstance(step, Park):
            self.kit.journal.parked(id, step.evidence, step.search)
            log.error("%s is in doubt: %s. %s", id, step.evidence, step.search)
        else:
            return False
        return True

    def _not_heard(self, submission: Submission, failed: MaloteError, reply: str | None) -> None:
        """A failed query says nothing about the request: it is asked again, and in doubt where nobody ever answers."""
        log.warning("%s", failed.about(institution=self.kit.institution.name, submission=submission.id))
        at = unheard(self.kit.journal.submission(submission.id), self.kit.clock.now(), self.rules)
        if at is None:
            search = self.kit.institution.search(submission)
            self.kit.journal.parked(submission.id, english("s_unheard", why=failed.what), search)
        else:
            self.kit.journal.ask_again(submission.id, failed.advice, at=at, reply=reply)

    def _attempt(self, submission: Submission) -> bool:
        """One send; True where its receipt is saved."""
        id = submission.id
        submission = dataclasses.replace(submission, sent_at=self.kit.clock.now())
        replies: list[Reply] = []
        call = _overheard(self.kit.heeding(self.kit.institution.submit(submission, self.kit.archive)), replies)
        self.kit.wait_for_slot()
        if self._held(submission):  # the slot came too late
            return False
        if not self.kit.journal.begin_send(id, under_way=self.rules.send_timeout):
            return False
        self.kit.checkpoint("attempt open")
        try:
            receipt = self.driver.send(call)
        except ReplyLost as lost:
            self._doubt(submission, lost, replies)
        except (Unreachable, Throttled, Closed, Unavailable, Misconfigured) as nothing_done:
            self.kit.journal.unsent(id, nothing_done.what)
            raise nothing_done.about(institution=self.kit.institution.name, submission=id) from None
        except Refused as refused:
            code = next((code for code in self.kit.institution.codes if code.code == refused.code), None)
            if code is None or code.kind != "refused":
                self._doubt(submission, refused, replies, arrived=code is not None and code.kind == "arrived")
            else:
                self.kit.journal.refused(id, refused.code, refused.what, frees=code.frees, reasons=refused.reasons)
                log.warning("%s refused, code %s", id, refused.code)
        except Exception as unclear:  # whatever it was, the bytes may have arrived
            self._doubt(submission, unclear, replies)
        else:
            self.kit.checkpoint("reply read")
            return self._keep(id, receipt, english("s_how_replied"))
        return False

    def _keep(self, id: str, receipt: Receipt, how: str) -> bool:
        now = self.kit.clock.now()
        at = receipt.received_at or now
        if abs(at - now) > self.rules.patience + _CLOCKS_APART:
            at = now  # no clock is that wrong: the reply is
        promised = receipt.promised_at or at
        deadline = (promised if promised - at < _LONGEST_PROMISE else at) + self.rules.patience
        answering = self.kit.institution.answering()
        if not answering.is_open(deadline):  # nobody can be asked then: late is what is not there soon after
            deadline = answering.opens_at(deadline) + self.rules.settle
        # Their clock may be hours ahead of ours: that is no reason to ask hours later.
        ask_at = min(receipt.not_before or min(at, now) + self.rules.return_after, deadline)
        try:
            self.kit.journal.received(id, receipt, ask_at=ask_at, deadline=deadline, how=how)
        except psycopg.errors.UniqueViolation:
            self.kit.journal.parked(id, english("s_receipt_twice", receipt=receipt.number), english("s_receipt_search"))
            return False
        self.kit.checkpoint("receipt saved")
        log.info("%s received, receipt %s", id, receipt.number)
        return True

    def _doubt(self, submission: Submission, error: Exception, replies: list[Reply], *, arrived: bool = False) -> None:
        why = error.what if isinstance(error, MaloteError) else type(error).__name__
        self.kit.journal.uncertain(submission.id, why, reply=self._evidence(submission, replies), arrived=arrived)

    def _evidence(self, submission: Submission, replies: list[Reply]) -> str | None:
        """Keep what came of a reply that says nothing clear: a receipt may stand in it."""
        if not replies:
            return None
        with self.kit.archive.write("replies", f"{submission.id}.txt", sealed=submission.stored.sealed) as sheet:
            sheet.write(replies[0].body)
        return sheet.stored.name

    def _find(self, submission: Submission, repeated: list[Reply]) -> Finding:
        """Drive the institution's way of asking; a query that fails is thrown into it first, it may know better.

        :param repeated: takes the reply to bytes that went again
        """
        asking = self.kit.institution.find(submission, self.kit.archive)
        try:
            call = next(asking)
            while True:
                self.kit.wait_for_slot()
                if call.submits:
                    self.kit.journal.repeated(submission.id)
                    call = _overheard(call, repeated)
                try:
                    value = self.driver.send(self.kit.heeding(call))
                except MaloteError as error:
                    call = asking.throw(error)
                else:
                    call = asking.send(value)
        except StopIteration as end:
            found: Finding = end.value
            return found


def _overheard(call: Call[T], replies: list[Reply]) -> Call[T]:
    """The same call, whose reply is kept as evidence where it fails, be it before it could be read."""
    read = call.read

    def reading(reply: Reply) -> T:
        replies.append(reply)
        return read(reply)

    return dataclasses.replace(call, read=reading, overhear=replies.append)

"""The promise as one function: what to do next about handing a submission over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from malote.rules import Rules
from malote.submission import CannotTell, Finding, Found, Receipt, Standing, Submission
from malote.texts import english


@dataclass(frozen=True, slots=True)
class Send:
    """Hand it over."""


@dataclass(frozen=True, slots=True)
class Find:
    """Ask whether it arrived."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing now, and why."""

    until: datetime
    why: str = "it may still be under way"


@dataclass(frozen=True, slots=True)
class Keep:
    """It arrived: keep its receipt."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class NotThere:
    """They do not have it; ``counts`` where it is late enough to count, ``again`` at which to ask once more."""

    evidence: str
    counts: bool
    again: datetime


@dataclass(frozen=True, slots=True)
class ProvenAbsent:
    """Absent by the rule: it may be sent again."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Park:
    """A person decides."""

    evidence: str
    search: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Sending is over for this one."""


Step = Send | Find | Wait | Keep | NotThere | ProvenAbsent | Park | Nothing


def next_step(submission: Submission, now: datetime, rules: Rules, finding: Finding | None = None) -> Step:
    """What to do next about handing a submission over.

    ======================  =========================================================  =====================
    it stands at            and                                                        then
    ======================  =========================================================  =====================
    prepared                                                                           send
    sending                 another process may still be sending it                    wait
    sending                 asked lately, and not there                                wait
    sending                 not asked yet                                              find
    sending, found          its receipt                                                keep the receipt
    sending, absent         they said once that they have it                           does not count, ask on
    sending, absent         that, and not found for ``patience``                       park, in doubt
    sending, absent         younger than ``send_timeout`` and ``settle``               does not count, ask on
    sending, absent         counted, fewer than ``absent_times``                       ask on
    sending, absent         ``absent_times``, ``absent_apart`` from each other          proven absent: may be sent
    sending, cannot tell                                                               park, in doubt
    anything else                                                                      nothing
    ======================  =========================================================  =====================
    """
    if submission.standing is Standing.PREPARED:
        return Send()
    if submission.standing is not Standing.SENDING:
        return Nothing()
    if submission.leased_until and now < submission.leased_until:
        return Wait(submission.leased_until)
    if finding is None:
        if submission.next_at and now < submission.next_at:
            return Wait(submission.next_at, "it is asked again then whether it arrived")
        return Find()
    if isinstance(finding, Found):
        return Keep(finding.receipt)
    if isinstance(finding, CannotTell):
        return Park(finding.evidence, finding.search)
    return _absent(submission, now, rules, finding.evidence)


def _absent(submission: Submission, now: datetime, rules: Rules, evidence: str) -> Step:
    sent_at = submission.sent_at or now
    if submission.arrived:
        if now > sent_at + rules.patience:
            return Park(english("s_arrived_unseen", evidence=evidence), english("s_arrived_search"))
        return NotThere(evidence, counts=False, again=now + rules.absent_apart)
    over = sent_at + rules.send_timeout + rules.settle
    if now < over:
        return NotThere(evidence, counts=False, again=min(over, now + rules.absent_apart))
    if submission.absent_seen + 1 < rules.absent_times:
        return NotThere(evidence, counts=True, again=now + rules.absent_apart)
    return ProvenAbsent(evidence)


def unheard(submission: Submission, now: datetime, rules: Rules) -> datetime | None:
    """When to ask again after a question that nobody answered; None where a person decides.

    A failed question says nothing about the request. Where asking hands the bytes over again it has a rhythm of its
    own, and an end: from then on an early answer could settle nothing, so it is asked when an answer can be there.
    """
    sent_at = submission.sent_at or now
    if now > sent_at + rules.patience:
        return None
    if submission.repeats >= rules.repeat_times:
        return max(now + rules.repeat_every, sent_at + rules.return_after)
    return now + (rules.repeat_every if submission.repeats else rules.absent_apart)

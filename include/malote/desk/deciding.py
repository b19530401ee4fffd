"""A person's decision about a submission: the one way to it, below the page and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from malote.errors import Misconfigured
from malote.journal import Journal
from malote.reference import normal
from malote.submission import Standing, Submission
from malote.texts import english


class Way(str, Enum):
    """What a person may decide. ``absent`` is giving it up with the proof that it is not there."""

    RECEIPT = "receipt"
    RESEND = "resend"
    ABSENT = "absent"
    WITHDRAW = "withdraw"
    ASK_AGAIN = "ask_again"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person has decided.

    :param why: what was seen, and where; kept in the story
    :param receipt: of ``receipt`` only
    :param item: the reference of the item, of ``accepted`` and ``refused`` only
    :param who: the person's name, kept in the story
    :param seen: the newest event that the person has seen; anything newer refuses the decision
    """

    submission: str
    way: Way
    why: str = ""
    receipt: str = ""
    item: str = ""
    who: str = ""
    seen: int | None = None


_REASONED = (Way.WITHDRAW, Way.ABSENT, Way.ACCEPTED, Way.REFUSED)
_DOUBT = (Way.RECEIPT, Way.RESEND, Way.ABSENT)


def choices(submission: Submission, unanswered: int) -> tuple[Way, ...]:
    """What may be decided about it without breaking the promise; empty where nobody need decide anything.

    :param unanswered: how many of its items no answer settled
    """
    if submission.standing is Standing.IN_DOUBT:
        return tuple(way for way in _DOUBT if not (way is Way.RESEND and submission.purged))
    if submission.standing is Standing.OVERDUE:
        return (Way.ASK_AGAIN, Way.ABSENT)
    if submission.standing is Standing.LANDED and unanswered:
        return (Way.ACCEPTED, Way.REFUSED, *((Way.ASK_AGAIN,) if submission.receipt else ()))
    return ()


def decide_offered(journal: Journal, decision: Decision) -> str:
    """What a page and a required action do: :func:`decide` about what :func:`choices` offers, with a reason.

    :raises Misconfigured: where its standing leaves nothing of the kind to decide, or a reason is missing
    :raises Overtaken: where something happened to the submission since the person looked
    """
    id = decision.submission
    with journal.deciding(id, decision.seen):  # first, so that who came second is told by whom
        if decision.way not in choices(journal.submission(id), journal.unanswered_items(id)):
            raise Misconfigured(english("s_nothing_to_decide"), submission=id)
        if not decision.why.strip():
            raise Misconfigured(english("s_reason"), submission=id, todo=english("s_reason_do"))
        return decide(journal, decision)


def decide(journal: Journal, decision: Decision) -> str:
    """Note the decision; returns from which task of its run on things go on: ``submit``, ``wait`` or ``land``.

    :raises Misconfigured: where it would break the promise, or lacks what it needs
    :raises Overtaken: where something happened to the submission since the person looked
    """
    id, why, who = decision.submission, decision.why.strip(), decision.who
    if decision.way in _REASONED and not why:
        raise Misconfigured(
            english("s_reason"), submission=id, kept=english("s_unchanged"),
            todo=english("s_do_say_why"),
        )  # fmt: skip
    with journal.deciding(id, decision.seen):
        if decision.way is Way.RECEIPT:
            if not decision.receipt.strip():
                raise Misconfigured(english("s_no_receipt"), submission=id, todo=english("s_no_receipt_do"))
            journal.give_receipt(id, decision.receipt.strip(), why, who=who)
            return "wait"
        if decision.way is Way.RESEND:
            journal.resend(id, why, who=who)
            return "submit"
        if decision.way in (Way.ABSENT, Way.WITHDRAW):
            journal.withdraw(id, why, absent=decision.way is Way.ABSENT, who=who)
            return "land"
        if decision.way is Way.ASK_AGAIN:
            landed = journal.submission(id).standing is Standing.LANDED
            journal.ask_anew(id, why, who=who)
            return "land" if landed else "wait"
        journal.settle(id, normal(decision.item), why, accepted=decision.way is Way.ACCEPTED, who=who)
        return "land"

"""What became of a lot whose upload answer was lost: asked for, then the same bytes again under the same number."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, Refused, Throttled, Transient, Unreachable
from malote.institution import Call
from malote.institutions.cielo.calls.calls import Calls, lot_number
from malote.institutions.cielo.calls.replies import SEARCH, Heard, known
from malote.institutions.cielo.rules import CieloRules
from malote.submission import CannotTell, Finding, Found, Receipt, Submission

ABSENT = 74


def find(
    calls: Calls, submission: Submission, archive: Archive, ec: str, rules: CieloRules
) -> Generator[Call[Any], Any, Finding]:
    """Ask for the return file; where Cielo has no such lot, or does not answer, hand the same one over again.

    Cielo refuses a lot number that it has (072 of the manual, 100 on the wire) and does not process it twice, so the
    same bytes under the same number are the one thing that is safe to send, and what settles it: until the return is
    there a question alone can only say that the lot is in process. That the number is in use does not prove that it
    is by this lot: its return is compared with what was sent before anything lands.

    :raises Transient, Malformed: where nobody answered in words that settle it: it is asked again, by `repeat_every`
    """
    number = lot_number(submission)
    spent = submission.purged or submission.repeats >= rules.repeat_times
    try:
        heard: Heard = yield calls.look(submission)
    except (Unreachable, Throttled):
        raise
    except (Transient, Malformed) as unheard:
        if spent:
            raise
        why = unheard.what
    else:
        why = heard.why
        if heard.code != ABSENT:
            return Found(known(submission, number, f"the question for its return was answered: {why}"))
    search = SEARCH.format(id=submission.id, number=number, ec=ec)
    if spent:
        went = "its bytes are purged: it cannot be sent again"
        if not submission.purged:
            went = f"its bytes, sent again {submission.repeats} times, were never answered clearly"
        return CannotTell(evidence=f"Cielo has no lot {number} ({why}), and {went}", search=search)
    try:
        receipt: Receipt = yield calls.upload(submission, archive)
    except Refused as refused:
        return CannotTell(
            evidence=f"asked for lot {number}: {why}; the same bytes again: {refused.code} {refused.meaning}",
            search=search,
        )
    except InDoubt as unclear:
        raise Malformed(
            f"sent again under its number, and still unclear: {unclear.what}",
            institution="cielo", code=unclear.code, meaning=unclear.meaning, facts=unclear.facts,
            todo="nothing now: it is asked again",
        ) from None  # fmt: skip
    return Found(receipt)

"""What became of a lot whose upload answer was lost: asked for, then the same bytes again under the same number."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, Refused
from malote.institution import Call
from malote.institutions.cielo.calls.calls import Calls, lot_number
from malote.institutions.cielo.calls.replies import SEARCH
from malote.institutions.cielo.rules import PROMISED, batch_code
from malote.submission import CannotTell, Finding, Found, Receipt, Submission

ABSENT = 74


def find(calls: Calls, submission: Submission, archive: Archive, ec: str) -> Generator[Call[Any], Any, Finding]:
    """Ask for the return file; where Cielo has no such lot, hand the same one over again.

    Cielo refuses a lot number that it has (072 of the manual, 100 on the wire) and does not process it twice, so the
    same bytes under the same number are the one thing that is safe to send. That the number is in use does not prove
    that it is by this lot: its return is compared with what was sent before anything lands.

    :raises Malformed: where the second upload was not answered in words that settle it: it is asked again
    """
    heard = yield calls.look(submission)
    if heard.code != ABSENT:
        return Found(_known(submission, f"the question for its return was answered: {heard.why}"))
    number = lot_number(submission)
    search = SEARCH.format(id=submission.id, number=number, ec=ec)
    if submission.purged:
        return CannotTell(
            evidence=f"Cielo has no lot {number} ({heard.why}), and its bytes are purged: it cannot be sent again",
            search=search,
        )
    try:
        receipt: Receipt = yield calls.upload(submission, archive)
    except Refused as refused:
        return CannotTell(
            evidence=f"Cielo has no lot {number}, and refused the same bytes again: {refused.code} {refused.meaning}",
            search=search,
        )
    except InDoubt as unclear:
        code = batch_code(unclear.code)
        if code is not None and code.kind == "arrived":
            return Found(_known(submission, f"the same bytes again: {unclear.what} ({code.code})"))
        raise Malformed(
            f"sent again under its number, and still unclear: {unclear.what}",
            institution="cielo", code=unclear.code, meaning=unclear.meaning, facts=unclear.facts,
            todo="nothing now: it is asked again",
        ) from None  # fmt: skip
    return Found(receipt)


def _known(submission: Submission, how: str) -> Receipt:
    sent = submission.sent_at
    return Receipt(
        str(lot_number(submission)),
        received_at=sent,
        promised_at=sent + PROMISED if sent else None,
        facts={"found": how},
    )

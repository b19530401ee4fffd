"""What became of a lot whose upload answer was lost: asked for, then the same bytes again under the same number."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from malote.archive import Archive
from malote.errors import InDoubt, Malformed, Refused, Throttled, Transient, Unreachable
from malote.institution import Call
from malote.institutions.cielo.calls.calls import Calls, lot_number
from malote.institutions.cielo.calls.replies import Heard, known
from malote.institutions.cielo.rules import CieloRules
from malote.submission import CannotTell, Finding, Found, Receipt, Submission
from malote.texts import english

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
            return Found(known(submission, number, english("s_cielo_question_answered", why=why)))
    search = english("s_cielo_search", number=number, ec=ec)
    if spent:
        went = english("s_cielo_purged")
        if not submission.purged:
            went = english("s_cielo_repeated", n=submission.repeats)
        return CannotTell(english("s_cielo_no_lot", number=number, why=why, went=went), search)
    try:
        receipt: Receipt = yield calls.upload(submission, archive)
    except Refused as refused:
        said = f"{refused.code} {refused.meaning}"
        return CannotTell(english("s_cielo_again", number=number, why=why, said=said), search)
    except InDoubt as unclear:
        raise Malformed(
            english("s_cielo_still_unclear", what=unclear.what),
            institution="cielo", code=unclear.code, meaning=unclear.meaning, facts=unclear.facts,
            todo=english("s_do_nothing_asked"),
        ) from None  # fmt: skip
    return Found(receipt)

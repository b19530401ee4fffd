"""What the desk knows as lines of text, for the command line and its logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from malote.desk.deciding import choices
from malote.desk.items import ItemRow, held, items, seen
from malote.desk.open import dags
from malote.hours import ZONE
from malote.journal import Journal
from malote.reference import normal
from malote.scope import Scope
from malote.submission import Standing, Submission
from malote.texts import ENGLISH

_PAGE = 500


def when(at: datetime | None) -> str:
    """An instant in Brasília with its offset, ``never`` for None."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S %z") if at else "never"


def line_of(submission: Submission) -> str:
    """A submission in one line: where it stands, what it is, its receipt."""
    receipt = f"receipt {submission.receipt}" if submission.receipt else "no receipt"
    return (
        f"{submission.id:12} {submission.standing.value:9} {submission.service}/{submission.operation} "
        f"{submission.item_count} items, {receipt}, sent {when(submission.sent_at)}, pouch {submission.pouch}"
    )


def doubts(journal: Journal) -> Iterator[str]:
    """The submissions in doubt: evidence, where to look, what to type."""
    for submission in journal.submissions(Scope.everything(), Standing.IN_DOUBT):
        yield line_of(submission)
        for event in journal.story(submission.id):
            if event["what"] == "in doubt":
                yield f"  evidence: {event['detail'].get('evidence')}\n  look for: {event['detail'].get('search')}"
        yield f"  then:     malote resolve {submission.id} --receipt R | --resend | --withdraw [--absent] --why TEXT"


def unanswered(journal: Journal) -> Iterator[str]:
    """What landed with items that no answer settled, and what to type."""
    for each in journal.unanswered(Scope.everything()):
        named = ", ".join(each.some) + (", …" if each.items > len(each.some) else "")
        asked = f"asked again {when(each.ask_at)}" if each.ask_at else f"malote ask-again {each.submission}"
        yield f"{each.submission:12} {each.items} items ({named}), {asked}" + (f"; {each.words}" if each.words else "")
        yield f"  then:     malote settle {each.submission} ITEM --accepted | --refused --why TEXT"


def doubts_as_json(journal: Journal) -> str:
    """The submissions in doubt as one JSON list: evidence, where to look, what may be decided."""
    return json.dumps([_doubt(journal, each) for each in journal.submissions(Scope.everything(), Standing.IN_DOUBT)])


def _doubt(journal: Journal, submission: Submission) -> dict[str, Any]:
    told = [each["detail"] for each in journal.story(submission.id) if each["what"] == "in doubt"]
    return {
        "submission": submission.id,
        "institution": submission.institution,
        "environment": submission.environment,
        "account": submission.account,
        "service": submission.service,
        "name": submission.name,
        "items": submission.item_count,
        "receipt": submission.receipt,
        "pouch": submission.pouch,
        "sent_at": submission.sent_at.isoformat() if submission.sent_at else None,
        "evidence": told[-1].get("evidence") if told else None,
        "search": told[-1].get("search") if told else None,
        "seen": journal.newest(submission.id),
        "choices": [way.value for way in choices(submission, 0)],
    }


def items_of(journal: Journal, id: str) -> Iterator[str]:
    """The items of a submission, one a line, in the order of the document; however many there are.

    :raises Misconfigured: where there is no such submission
    """
    after = 0
    while rows := items(journal, id, after=after, limit=_PAGE):
        yield from (f"{row.ordinal:>6}  {row.reference:24} {row.standing:10} {_told(row)}".rstrip() for row in rows)
        after = rows[-1].ordinal


def found(journal: Journal, reference: str) -> Iterator[str]:
    """Every document that an item was in, newest first, and why it is held back; nothing where it was in none."""
    everywhere = dags(journal)
    for each in seen(journal, reference, everywhere):
        yield (
            f"{each.item.submission:12} {each.item.standing:10} in {each.service}/{each.operation}, which is "
            f"{each.submission_standing.replace('_', ' ')}, receipt {each.receipt or 'none'}, sent {when(each.sent_at)}"
        )
        if told := _told(each.item):
            yield f"  said:     {told}"
    for submission, fate in journal.retired(normal(reference)):
        yield f"{line_of(submission)}\n  retired:  it was {fate} there; its items and its story are gone"
    for row in held(journal, reference, everywhere):
        freed_by = ENGLISH(f"h_{row['reason']}", id=row["submission_id"])
        yield f"  held:     {row['reason']}, by {row['submission_id']}: {freed_by}"


def _told(row: ItemRow) -> str:
    known = row.known.meaning if row.known else ""
    parts = [f"code {row.code}" if row.code else "", known, row.message or ""]
    own = [f"{name} {value}" for name, value in row.said.items() if value not in parts and value != row.code]
    return "; ".join(dict.fromkeys(part for part in [*parts, *own] if part))

"""The JSON API below ``/malote/api/v1``: the same as the pages, typed and paged, described by OpenAPI."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from malote.desk import Decision, ItemRow, Line, choices, groups, held, items, lines, loaded, seen
from malote.submission import Submission
from malote.texts import Words
from malote_provider.desk.access import ReaderDep, check_origin, dag_of
from malote_provider.desk.rendering import reading
from malote_provider.desk.settling import settle
from malote_provider.desk.shapes import (
    Count,
    Event,
    Found,
    FoundItem,
    HeldBack,
    InstitutionToday,
    ItemPage,
    Limit,
    OneItem,
    OneSubmission,
    OpenLine,
    OpenPage,
    OpenQuestion,
    ServiceToday,
    Settled,
    Short,
    Told,
)
from malote_provider.desk.today import days

router = APIRouter(prefix="/api/v1")


def cursor(line: Line) -> str:
    """Where the page after this line begins, as text for an address."""
    return base64.urlsafe_b64encode(json.dumps(line.place).encode()).decode().rstrip("=")


def place(text: str) -> tuple[str, int, str, str] | None:
    """Back from :func:`cursor`; None for what is none, which is the first page."""
    try:
        kind, number, scope, reference = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        found = str(kind), int(number), str(scope), str(reference)
        "".join((found[0], *found[2:])).encode()  # half a pair is no text
    except (ValueError, TypeError, OverflowError, binascii.Error):
        return None
    return found if not any("\0" in part for part in (found[0], *found[2:])) and abs(found[1]) < 1 << 62 else None


def item_of(row: ItemRow, words: Words) -> OneItem:
    """An item as the API shows it; what is said of it in the reader's language, where it is ours."""
    return OneItem(
        ordinal=row.ordinal, reference=row.reference, standing=row.standing, code=row.code, said=row.said,
        message=_read(row.message, words), meaning=_read(row.known.meaning if row.known else None, words),
        action=_read(row.known.action if row.known else None, words),
    )  # fmt: skip


def _read(text: str | None, words: Words) -> str | None:
    return text and words.again(text)


@router.get("/open")
def open_page(request: Request, reader: ReaderDep, asked: Annotated[OpenQuestion, Query()]) -> OpenPage:
    """What is open: what needs a person first."""
    words = reading(request)
    found = lines(reader.journal, asked.filters(), reader.dags, after=place(asked.after), limit=asked.limit)
    shown = [OpenLine.model_validate({**asdict(line), "message": _read(line.message, words)}) for line in found]
    return OpenPage(lines=shown, next=cursor(found[-1]) if len(found) == asked.limit else None)


@router.get("/open/counts")
def counts(reader: ReaderDep, asked: Annotated[OpenQuestion, Query()]) -> list[Count]:
    """How many lines there are, by kind and service; of the filters only text, DAG and run count."""
    found = groups(reader.journal, asked.filters(), reader.dags)
    return [Count.model_validate(each, from_attributes=True) for each in found]


@router.get("/submissions/{id}")
def submission(reader: ReaderDep, id: str) -> OneSubmission:
    """One submission, its story, and what may be decided about it."""
    found = reader.submission(id)
    unanswered = reader.journal.unanswered_items(id)
    return OneSubmission(
        **_plain(found), items_unanswered=unanswered,
        story=[Event(**event) for event in reader.journal.story(id)], landed=loaded(reader.journal, id),
        choices=list(choices(found, unanswered)) if reader.may_decide(dag_of(found.pouch)) else [],
    )  # fmt: skip


@router.get("/submissions/{id}/items")
def items_of(
    request: Request,
    reader: ReaderDep,
    id: str,
    after: Annotated[int, Query(ge=0, le=1 << 31)] = 0,
    text: Short = "",
    standing: Literal["", "sent", "accepted", "refused", "unanswered"] = "",
    limit: Limit = 50,
) -> ItemPage:
    """Its items, in the order of the document."""
    reader.submission(id)
    words = reading(request)
    found = items(reader.journal, id, after=after, text=text, standing=standing, limit=limit)
    return ItemPage(
        items=[item_of(row, words) for row in found], next=found[-1].ordinal if len(found) == limit else None
    )


@router.post("/submissions/{id}/decisions")
async def decisions(request: Request, reader: ReaderDep, id: str, told: Told) -> Settled:
    """Decide about a submission; the user's name is kept in its story, and the right tasks are cleared."""
    check_origin(request, reader.user, id, told.token)
    decision = Decision(id, told.way, told.why, told.receipt, told.item, reader.name, told.seen)
    return Settled(cleared=await settle(request, reader, decision))


@router.get("/items")
def item(
    request: Request, reader: ReaderDep, reference: Annotated[str, Query(min_length=1, max_length=300)]
) -> FoundItem:
    """Every document that an item was in, and why it is held back, if it is."""
    return found_item(reader, reference, reading(request))


def found_item(reader: Any, reference: str, words: Words) -> FoundItem:
    """Everything about one reference, of the DAGs that may be read."""
    documents = [
        Found(
            submission=each.item.submission, standing=each.submission_standing, name=each.name,
            institution=each.institution, environment=each.environment, account=each.account, service=each.service,
            operation=each.operation, receipt=each.receipt, sent_at=each.sent_at, landed_at=each.landed_at,
            pouch=each.pouch, item=item_of(each.item, words),
        )
        for each in seen(reader.journal, reference, reader.dags)
    ]  # fmt: skip
    back = [
        HeldBack(
            submission=row["submission_id"], reason=row["reason"], since=row["held_since"],
            freed_by=words(f"h_{row['reason']}", id=row["submission_id"]),
        )
        for row in held(reader.journal, reference, reader.dags)
    ]  # fmt: skip
    return FoundItem(reference=reference, documents=documents, held=back)


@router.get("/today")
def today(request: Request, reader: ReaderDep) -> list[InstitutionToday]:
    """Per institution: counter, pace, certificate, items by the hour and by the service."""
    now, words = reader.journal.clock.now(), reading(request)
    return [
        InstitutionToday(
            institution=day.of.name, problem=words.again(day.of.problem) or None, environment=day.of.environment,
            account=day.of.account, open=day.of.counter.is_open(now) if day.of.counter else None,
            requests_reserved=day.reserved, requests_limit=day.of.pace[1], certificate_ends=day.of.ends,
            hours=day.hours,
            services=[ServiceToday.model_validate(rate, from_attributes=True) for rate in day.rates],
            pipeline=dict(day.pipeline),
            months=day.months,
        )
        for day in days(reader, now)
    ]  # fmt: skip


def _plain(found: Submission) -> dict[str, Any]:
    own = ("id", "institution", "environment", "account", "service", "operation", "name", "purged", "receipt",
           "attempt", "asked", "sent_at", "received_at", "next_at", "deadline", "landed_at", "pouch")  # fmt: skip
    return {
        **{name: getattr(found, name) for name in own}, "standing": found.standing.value, "items": found.item_count,
        "sha256": found.stored.sha256, "size": found.stored.size,
    }  # fmt: skip

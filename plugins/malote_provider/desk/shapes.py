"""What the JSON API takes and gives, as types that OpenAPI shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field

from malote.desk import Filters, Hour, Month, Way
from malote.texts import english

Kind = Literal[
    "in_doubt", "overdue", "refused", "unanswered", "held", "items_refused", "sending", "prepared", "answered",
    "received", "landed", "withdrawn",
]  # fmt: skip


def is_text(text: str) -> str:
    """Lines of text and nothing else: the database takes neither NUL nor half a pair, and nobody's name holds one.

    :raises ValueError: for what is none
    """
    if any((c < " " and c not in "\n\r\t") or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(english("s_no_text"))
    return text


Text = Annotated[str, AfterValidator(is_text)]
Short = Annotated[Text, Field(max_length=300)]
Limit = Annotated[int, Query(ge=1, le=200)]


class OpenQuestion(BaseModel):
    """What of the open ones is asked for, and which page: ``after`` is the ``next`` of the page before."""

    institution: Short = ""
    environment: Short = ""
    account: Short = ""
    service: Short = ""
    kind: Kind | Literal[""] = ""
    text: Short = ""
    dag: Short = ""
    run: Short = ""
    after: Short = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def filters(self) -> Filters:
        """As the desk takes them."""
        return Filters(**self.named())

    def named(self) -> dict[str, str]:
        """Those that are given, by name."""
        return {name: value for name, value in self.model_dump(exclude={"after", "limit"}).items() if value}


class OpenLine(BaseModel):
    """A submission that is open, or (``held``) an item that is held back by one. Instants have an offset."""

    kind: str
    submission: str
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    standing: str | None
    name: str | None
    items: int
    receipt: str | None
    pouch: str
    since: datetime
    next_at: datetime | None
    deadline: datetime | None
    code: str | None
    message: str | None
    reference: str | None
    reason: str | None


class OpenPage(BaseModel):
    """One page; ``next`` is the ``after`` of the next one, null on the last."""

    lines: list[OpenLine]
    next: str | None


class Count(BaseModel):
    """How many lines of a kind one service of one account has."""

    kind: str
    institution: str
    environment: str
    account: str
    service: str
    lines: int


class Event(BaseModel):
    """One thing that happened to a submission."""

    id: int
    at: datetime
    what: str
    detail: dict[str, Any]


class OneSubmission(BaseModel):
    """A submission with its story and what may be decided about it. Hash and size of its document, never content."""

    id: str
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    standing: str
    name: str
    items: int
    items_unanswered: int
    sha256: str
    size: int
    purged: bool
    receipt: str | None
    attempt: int
    asked: int
    sent_at: datetime | None
    received_at: datetime | None
    next_at: datetime | None
    deadline: datetime | None
    landed_at: datetime | None
    pouch: str
    story: list[Event]
    landed: dict[str, Any] | None
    choices: list[Way]


class OneItem(BaseModel):
    """An item of a submission, with what the institution says of it."""

    ordinal: int
    reference: str
    standing: str
    code: str | None
    meaning: str | None
    action: str | None
    message: str | None
    said: dict[str, str]


class ItemPage(BaseModel):
    """One page; ``next`` is the ``after`` of the next one, null on the last."""

    items: list[OneItem]
    next: int | None


class Found(BaseModel):
    """A document that an item was in."""

    submission: str
    standing: str
    name: str
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    receipt: str | None
    sent_at: datetime | None
    landed_at: datetime | None
    pouch: str
    item: OneItem


class HeldBack(BaseModel):
    """Why an item does not travel, and what would free it."""

    submission: str
    reason: str
    since: datetime
    freed_by: str


class FoundItem(BaseModel):
    """Everything about one reference, the newest document first."""

    reference: str
    documents: list[Found]
    held: list[HeldBack]


class Told(BaseModel):
    """A decision.

    :param seen: the newest event of the story that was looked at: anything newer refuses the decision
    :param token: of the page; a request with a bearer token needs none
    """

    way: Way
    why: Annotated[Text, Field(min_length=1, max_length=2000)]
    seen: int
    receipt: Annotated[Text, Field(max_length=200)] = ""
    item: Short = ""
    token: Annotated[str, Field(max_length=500)] = ""


class Settled(BaseModel):
    """The tasks that run again; empty where they could not be cleared: the story says why."""

    cleared: list[str]


class ServiceToday(BaseModel):
    """One service over the last 30 days, in items; ``share`` is accepted of those judged, null where none was."""

    institution: str
    service: str
    sent: int
    accepted: int
    refused: int
    unanswered: int
    share: float | None


class InstitutionToday(BaseModel):
    """One institution today.

    :param problem: why nothing more can be said; null where its connection is whole
    :param open: whether its counter is; null where it has none
    :param requests_limit: of its request budget; 0 is none
    :param hours: of the last day; those in which nothing happened are left out
    :param pipeline: by step: what was asked for first, then what each service approved
    """

    institution: str
    problem: str | None
    environment: str
    account: str
    open: bool | None
    requests_reserved: int
    requests_limit: int
    certificate_ends: datetime | None
    hours: list[Hour]
    services: list[ServiceToday]
    pipeline: dict[str, int]
    months: list[Month]

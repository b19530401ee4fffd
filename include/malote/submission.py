"""The words of the trip as values: submission, item, document, receipt, standing, finding, progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any


class Standing(str, Enum):
    """Where a submission stands. ``overdue`` is not an end: a late answer is still taken."""

    PREPARED = "prepared"
    SENDING = "sending"
    RECEIVED = "received"
    ANSWERED = "answered"
    LANDED = "landed"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"

    @property
    def settled(self) -> bool:
        """Nothing more will happen to it by itself."""
        return self in _SETTLED


OPEN = (Standing.PREPARED, Standing.SENDING, Standing.RECEIVED, Standing.OVERDUE, Standing.ANSWERED, Standing.IN_DOUBT)
"""Where a submission stands that is not over: few of very many, whose index is as small."""

_SETTLED = frozenset({Standing.LANDED, Standing.REFUSED, Standing.IN_DOUBT, Standing.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Item:
    """One row inside a document.

    :param reference: the item's own reference, what may not travel twice within its scope
    :param echo: what the institution calls it in its answer, where that is not the reference
    """

    reference: str
    echo: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes at rest in the archive: their name there, SHA-256 (hex) and size of the plain bytes."""

    name: str
    sha256: str
    size: int
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is valid by its treaty and ready in the archive, not yet in the journal.

    :param operation: what it asks for inside its service; part of the scope in which references are unique
    :param name: file name as the institution will see it, or as a person would look for it
    :param facts: frozen at the first render, for whatever a second one would need (lot number, file date)
    """

    operation: str
    name: str
    stored: Stored
    items: tuple[Item, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What one task run asks to be sent: the pouch and what was asked of it.

    :param params: JSON-able options of the institution's ``render`` (e.g. ``tipoGeracao``)
    :param at: the instant of preparing, aware: the only clock that a ``render`` may read
    """

    pouch: str
    service: str
    params: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Submission:
    """One document on its way, as the journal holds it. Instants are aware; ``attempt`` counts sends begun.

    :param arrived: the institution itself has said that it has it, though not under which receipt
    :param confirmed: a person gave the receipt that it had already, so its answer is its own, whatever it names
    :param repeats: how often its bytes went again, under the same number, inside the questions about this attempt
    :param landed_at: when an answer of it landed first; it may be asked again for what that left unanswered
    :param purged: its bytes, and those of its answer, are gone from the archive on purpose
    """

    id: str
    pouch: str
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    standing: Standing
    name: str
    stored: Stored
    item_count: int
    facts: Mapping[str, Any]
    receipt: str | None = None
    attempt: int = 0
    uncertain: bool = False
    absent_seen: int = 0
    sent_at: datetime | None = None
    received_at: datetime | None = None
    next_at: datetime | None = None
    deadline: datetime | None = None
    leased_until: datetime | None = None
    asked: int = 0
    partial: str | None = None
    partial_since: datetime | None = None
    ready: bool = False
    moved_at: datetime | None = None
    landed_at: datetime | None = None
    answer: Stored | None = None
    purged: bool = False
    repeats: int = 0
    arrived: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused submission, the reference of its one item (None where it has several), and the reasons it came with."""

    submission: Submission
    reference: str | None
    brought: list[tuple[str | None, ...]]


NORMAL = ("accepted", "travelling")
"""The reasons of :class:`Holder` that are how a row travels once: nobody need end them."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The submission that holds an item back, and why.

    :param reason: ``accepted`` · ``travelling`` · ``unanswered`` · ``in_doubt`` · ``overdue`` · ``refused`` (nobody
        asked for it to travel again) · ``refused_here`` (by this very pouch) · ``refused_unchanged``
    :param sha256: of the document that was refused, of ``refused_unchanged`` only
    :param message: the words of a refusal at the door, of ``refused_unchanged`` only
    """

    scope: str
    reference: str
    submission: str
    reason: str
    sha256: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A landed submission with items that no answer settled.

    :param items: how many
    :param some: references of the first few
    :param words: what the institution says of them, or in rows that name nobody
    :param ask_at: when it is asked again by itself; None where that is over
    """

    submission: str
    items: int
    some: tuple[str, ...]
    words: str | None
    ask_at: datetime | None
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The institution's number for a submission.

    :param received_at: the institution's own instant of reception, where it says one
    :param promised_at: the instant for which the institution promises the answer, where it says one
    :param not_before: the earliest instant at which asking is useful, where the institution says one
    :param facts: further evidence that is safe to keep (``transactionId``…)
    """

    number: str
    received_at: datetime | None = None
    promised_at: datetime | None = None
    not_before: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """Finding: it did arrive, and this is its receipt."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Absent:
    """Finding: they do not have it. Counts only by the rule ``absent_times`` / ``absent_apart``."""

    evidence: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Finding: asking does not settle it. ``search`` tells a person what to look for, and where."""

    evidence: str
    search: str


Finding = Found | Absent | CannotTell


@dataclass(frozen=True, slots=True)
class Pending:
    """Progress: no final answer yet.

    :param why: in words, for the log
    :param unread: what came says something that no rule knows: the story keeps ``why`` too
    :param partial: fingerprint of an answer that lacks items; one that stays the same for the rule
        ``partial_settles`` lands as it is, and is asked for on
    :param ask_at: the institution's own hint when to ask again
    """

    why: str
    partial: str | None = None
    ask_at: datetime | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """Progress: the answer is there. ``answer`` holds its bytes where the check itself brought them."""

    answer: bytes | None = None


Progress = Pending | Ready

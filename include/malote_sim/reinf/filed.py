"""What the pretended EFD-Reinf took in: lotes, and the events in them as they stand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any, Union

from malote_sim.reinf import lote as lotes
from malote_sim.reinf.events import Event
from malote_sim.reinf.kinds import TABLE
from malote_sim.reinf.lote import Lote, Sent
from malote_sim.reinf.words import ERROR, Ocorrencia

Node = tuple[str, Union[str, "list[Node]"]]
"""An element by its local name, with its text or its children."""

_ANY = {"schemas": "", "most_events": 10**9, "largest": 10**12}
"""A lote that was taken once is read again by no limit."""
ACTIVE, RECTIFIED, EXCLUDED = "ATIVO", "RETIFICADO", "EXCLUIDO"


@dataclass(slots=True)
class Filed:
    """One event of a lote. Instants are simulated ones, in Brasília's zone."""

    sent: Sent
    place: int
    """In its lote, from 0."""
    reference: str
    """What it is counted by."""
    counted: bool
    """False of the very same event again, which the institution tells apart itself."""
    received_at: datetime
    decided_at: datetime | None = None
    receipt: str = ""
    """Of this event, or of the one that it repeats; "" until it is accepted, and if it is not."""
    said: tuple[Ocorrencia, ...] = ()
    repeats: Filed | None = None
    totals: list[Node] = field(default_factory=list)
    situation: str = ACTIVE
    ended_at: datetime | None = None
    """Since when it is no longer active."""
    enders: list[Filed] = field(default_factory=list, repr=False)
    """What came after it and, unless it is refused, excludes it, alters it, or opens (closes) its month again."""
    told: bool = False
    """Whether the client has been told what became of it."""

    @property
    def event(self) -> Event:
        """The event; only where it is one."""
        assert self.sent.event is not None
        return self.sent.event

    @property
    def accepted(self) -> bool:
        """Whether it has a receipt of its own."""
        return self.decided_at is not None and bool(self.receipt) and self.repeats is None

    @property
    def refused(self) -> bool:
        """Whether it was decided, and got no receipt."""
        return self.decided_at is not None and not self.receipt

    @property
    def errors(self) -> list[Ocorrencia]:
        """What is an error and not a warning."""
        return [each for each in self.said if each.tipo == ERROR]

    def situation_at(self, at: datetime) -> str:
        """As it stood then; "" when it was not there yet."""
        if self.decided_at is None or self.decided_at > at:
            return ""
        return self.situation if self.ended_at is not None and self.ended_at <= at else ACTIVE

    def end(self, situation: str, at: datetime) -> None:
        """It is no longer active."""
        self.situation, self.ended_at = situation, at

    def shown(self) -> dict[str, Any]:
        """As the control page shows it: without what it says of people."""
        kind = "" if self.sent.event is None else self.sent.event.kind.code
        return {
            "id": self.sent.id,
            "evento": kind,
            "reference": self.reference,
            "recibo": self.receipt,
            "codigos": [each.codigo for each in self.said],
            "situacao": "" if self.decided_at is None or not self.receipt else self.situation,
            "evtDupl": self.repeats is not None,
        }


@dataclass(slots=True)
class Recebido:
    """One lote that has a protocol."""

    number: int
    protocol: str
    lote: Lote
    received_at: datetime
    ready_at: datetime
    told_from: datetime
    """When a query begins to tell the outcome: at `ready_at`, or later by the fault `late`."""
    filed: list[Filed]
    decided: bool = False
    asks: int = 0
    asked_at: datetime | None = None
    spared: float | None = None
    """The fewest simulated seconds between two queries of it."""

    @property
    def sha256(self) -> str:
        """Of the bytes that were sent."""
        return self.lote.sha256

    def asked(self, at: datetime) -> float | None:
        """Note a query; the seconds since the one before."""
        since = None if self.asked_at is None else (at - self.asked_at).total_seconds()
        if since is not None:
            self.spared = since if self.spared is None else min(since, self.spared)
        self.asks, self.asked_at = self.asks + 1, at
        return since

    def kept(self) -> dict[str, Any]:
        """As the journal keeps it: what became of it is found again when it is processed again."""
        return {
            "number": self.number,
            "protocol": self.protocol,
            "body": base64.b64encode(self.lote.body).decode(),
            "received_at": self.received_at.isoformat(),
            "ready_at": self.ready_at.isoformat(),
            "references": [[each.reference, each.counted] for each in self.filed],
            "faults": [[astuple(fault) for fault in each.sent.faults] for each in self.filed],
        }

    @classmethod
    def restored(cls, kept: Mapping[str, Any], settings: Mapping[str, Any]) -> Recebido:
        """From what `kept` gave the journal."""
        read = lotes.read(base64.b64decode(kept["body"]), {**settings, **_ANY})
        received, ready = (datetime.fromisoformat(kept[name]) for name in ("received_at", "ready_at"))
        found = zip(read.sent, kept["faults"], kept["references"], strict=True)
        filed = [
            Filed(Sent(sent.id, sent.event, tuple(Ocorrencia(*each) for each in faults)), place, *counted, received)
            for place, (sent, faults, counted) in enumerate(found)
        ]
        return cls(kept["number"], kept["protocol"], read, received, ready, ready, filed)

    def shown(self) -> dict[str, Any]:
        """As the control page shows it."""
        return {
            "contribuinte": "/".join(self.lote.contributor),
            "sha256": self.sha256,
            "received_at": self.received_at.isoformat(),
            "ready_at": self.ready_at.isoformat(),
            "asks": self.asks,
            "fewest_seconds_between_asks": self.spared,
            "eventos": [each.shown() for each in self.filed],
        }


def named(sent: Sent) -> str:
    """What an event is counted by, but for its round: of persons no more than it takes to tell them apart."""
    event = sent.event
    if event is None:
        return sent.id
    parts = [event.kind.code, event.action, *map(_veiled, event.kind.key, event.key)]
    if event.kind.group == TABLE:
        if event.action == "alteracao":
            parts.append(event.content[:12])
        if not event.kind.key:
            parts.append(event.text("iniValid"))
    if event.rectifies:
        parts += ["retifica", event.rectifies]
    return " ".join(part for part in parts if part)


def _veiled(name: str, value: str) -> str:
    if name == "cpfBenef" and value:
        return f"***{value[3:9]}**"
    if name == "nmBenef" and value:
        return hashlib.sha256(value.encode()).hexdigest()[:8]
    return value


def round_of(before: Sequence[Filed]) -> int:
    """Which round of one name comes next, after those: a refusal that was told, or an end, begins another."""
    return 1 + sum((each.refused and each.told) or not all(end.refused for end in each.enders) for each in before)

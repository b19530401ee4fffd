"""One request that the pretended BNDES took in, and how an operation stands at some instant, by its requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from malote_sim.bndes.words import Message


@dataclass(slots=True)
class Solicitacao:
    """One accepted request. Instants are simulated ones, in Brasília's zone; amounts in reais."""

    number: int
    protocol: str
    service: str
    cnpj: str
    proposal: str
    """anoProposta/numeroProposta of its operation, or "BNDES n" when there is none with that numeroBNDES."""
    numero_bndes: str
    """As the document had it; a financiamento is given one when it is approved."""
    amount: Decimal | None
    sha256: str
    reference: str
    received_at: datetime
    ready_at: datetime
    told_from: datetime
    """When a retorno begins to tell the outcome: at `ready_at`, or later by the fault `late`."""
    leaves: tuple[tuple[str, str], ...] = field(repr=False)
    contract: str = ""
    approved: bool | None = None
    """None until it is processed."""
    messages: tuple[Message, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """More elements of its final answer, by our names."""
    asks: int = 0
    told: bool = False
    """Whether the client has been told the outcome."""

    def decided(self, at: datetime) -> bool:
        """Whether its outcome is there at that instant."""
        return self.approved is not None and self.ready_at <= at

    def status(self, at: datetime) -> str:
        """By our word for it."""
        if not self.decided(at):
            return "processando"
        return "aprovado" if self.approved else "rejeitado"

    def kept(self) -> dict[str, Any]:
        """As the journal keeps it: its outcome is found again when it is processed again."""
        kept = {name: value for name, value in asdict(self).items() if name not in _MADE_LATER}
        for name in ("received_at", "ready_at", "told_from"):
            kept[name] = kept[name].isoformat()
        kept["amount"] = None if self.amount is None else str(self.amount)
        if self.service == "financiamento":
            kept["numero_bndes"] = ""
        return kept

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Solicitacao:
        """From what `kept` gave the journal."""
        values = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        for name in ("received_at", "ready_at", "told_from"):
            values[name] = datetime.fromisoformat(kept[name])
        values["amount"] = None if kept["amount"] is None else Decimal(kept["amount"])
        return cls(**{**values, "leaves": tuple((name, text) for name, text in kept["leaves"])})

    def shown(self, at: datetime) -> dict[str, Any]:
        """As the control page shows it: without what the document says of people."""
        return {
            "service": self.service,
            "cnpj": self.cnpj,
            "reference": self.reference,
            "numeroBNDES": self.numero_bndes,
            "valor": None if self.amount is None else str(self.amount),
            "sha256": self.sha256,
            "received_at": self.received_at.isoformat(),
            "ready_at": self.ready_at.isoformat(),
            "status": self.status(at),
            "codigos": [each.code for each in self.messages] if self.decided(at) else [],
            **(dict(self.facts) if self.decided(at) else {}),
            "asks": self.asks,
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an agent as it stands at one instant."""

    proposal: str
    filed: tuple[Solicitacao, ...]
    """Its requests that are known by then, in the order of their arrival."""
    at: datetime

    @classmethod
    def of(cls, proposal: str, filed: Iterable[Solicitacao], at: datetime) -> Operation:
        """What `filed` comes to at that instant."""
        return cls(proposal, tuple(each for each in filed if each.received_at <= at), at)

    def approvals(self, *services: str) -> list[Solicitacao]:
        """Its approved requests of these services."""
        return [each for each in self.filed if each.service in services and each.decided(self.at) and each.approved]

    @property
    def approved(self) -> Solicitacao | None:
        """The financiamento that was approved first."""
        return next(iter(self.approvals("financiamento")), None)

    @property
    def contracted(self) -> Solicitacao | None:
        """The contratacao that was approved first."""
        return next(iter(self.approvals("contratacao")), None)

    @property
    def released(self) -> Decimal:
        """The sum of the approved liberações whose amount is known."""
        return sum((each.amount or Decimal(0) for each in self.approvals("liberacao")), Decimal(0))

    @property
    def balance(self) -> Decimal | None:
        """What may still be released; None when the proposal told no amount and there is no end to it."""
        if self.approved is None or self.approvals("cancelamento", "cancelamentoSaldo"):
            return Decimal(0)
        if self.approved.amount is None:
            whole = any(each.amount is None for each in self.approvals("liberacao"))
            return Decimal(0) if whole else None
        return self.approved.amount - self.released

    @property
    def situation(self) -> str:
        """By our word for it."""
        if self.approved is None:
            filed = [each for each in self.filed if each.service == "financiamento"]
            return filed[-1].status(self.at) if filed else ""
        if self.approvals("cancelamento") and not self.approvals("liberacao"):
            return "cancelado"
        return "aprovado" if self.contracted is None else "contratado"

    @property
    def contract(self) -> str:
        """Its numeroContratoBNDES, or ""."""
        told = (self.approved, self.contracted)
        return next((each.contract for each in told if each is not None and each.contract), "")

    def shown(self) -> dict[str, Any]:
        """As the control page shows it."""
        approved, balance = self.approved, self.balance
        return {
            "situacao": self.situation,
            "numeroBNDES": "" if approved is None else approved.numero_bndes,
            "total": None if approved is None or approved.amount is None else str(approved.amount),
            "released": str(self.released),
            "balance": None if balance is None else str(balance),
        }


_MADE_LATER = ("contract", "approved", "messages", "facts", "asks", "told")

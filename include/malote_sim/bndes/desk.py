"""What the pretended BNDES knows: the requests it took in, in the order in which it processes them, and its numbers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from malote_sim.bndes.document import Document, Rejected
from malote_sim.bndes.judge import judge
from malote_sim.bndes.operation import Operation, Solicitacao
from malote_sim.bndes.services import ASYNCHRONOUS


class Desk:
    """The requests by protocol. No number is ever given out again."""

    def __init__(self) -> None:
        self._next = 1
        self.clear()

    def clear(self) -> None:
        """Forget all requests."""
        self.solicitacoes: dict[str, Solicitacao] = {}
        self.filed: dict[tuple[str, str], list[Solicitacao]] = {}
        """The requests of each CNPJ and proposal."""
        self.numbers: dict[tuple[str, str], str] = {}
        """The proposal of each CNPJ and numeroBNDES."""
        self.contracts: dict[tuple[str, str], str] = {}
        """The proposal of each CNPJ and numeroContratoBNDES."""
        self._due: list[tuple[datetime, int, Solicitacao]] = []

    def operation(self, cnpj: str, proposal: str, at: datetime) -> Operation:
        """How an operation stands at an instant; without any request when there is none."""
        return Operation.of(proposal, self.filed.get((cnpj, proposal), ()), at)

    def there(self, operation: Operation, service: str) -> Solicitacao | None:
        """The one that stands in the way of another: of a service that an operation takes once (5.5)."""
        before = (each for each in operation.filed if each.service == service and ASYNCHRONOUS[service].once)
        return next((each for each in before if each.status(operation.at) != "rejeitado"), None)

    def refuse_again(self, operation: Operation, service: str, sha256: str) -> None:
        """Raise `Rejected` when the same is there already."""
        there = self.there(operation, service)
        if there is not None:
            raise Rejected("already_there", servico=service, proposta=operation.proposal, numero=there.protocol)
        before = (each for each in operation.filed if each.service == service)
        if service == "financiamento" and any(each.sha256 == sha256 for each in before):
            raise Rejected("unchanged", proposta=operation.proposal)

    def enter(
        self,
        service: str,
        document: Document,
        *,
        cnpj: str,
        proposal: str,
        at: datetime,
        wait: float,
        settings: Mapping[str, Any],
    ) -> Solicitacao:
        """Take a request in: it has a protocol from now on, and an outcome `wait` simulated seconds later."""
        received = at.replace(microsecond=0)  # as its receipt says
        ready = at + timedelta(seconds=wait)
        filed = Solicitacao(
            number=self._next,
            protocol=settings["protocol"].format(year=received.year, number=self._next),
            service=service,
            cnpj=cnpj,
            proposal=proposal,
            numero_bndes=document.first("numeroBNDES"),
            amount=document.amount(settings["amount"]),
            sha256=document.sha256,
            reference="",
            received_at=received,
            ready_at=ready,
            told_from=ready,
            leaves=document.leaves,
        )
        filed.reference = self._reference(filed, apart=settings["equal_documents"] == "apart")
        self.put(filed)
        return filed

    def put(self, filed: Solicitacao) -> None:
        """Take in a request that has its numbers."""
        self._next = max(self._next, filed.number + 1)
        self.solicitacoes[filed.protocol] = filed
        self.filed.setdefault((filed.cnpj, filed.proposal), []).append(filed)
        heapq.heappush(self._due, (filed.ready_at, filed.number, filed))

    def process(self, now: datetime, settings: Mapping[str, Any]) -> None:
        """Decide all that is due, in the order in which it falls due."""
        while self._due and self._due[0][0] <= now:
            due_at, _, filed = heapq.heappop(self._due)
            operation = self.operation(filed.cnpj, filed.proposal, due_at)
            verdict = judge(filed, operation, settings)
            filed.messages, filed.facts, filed.amount = verdict.messages, verdict.facts, verdict.amount or filed.amount
            if verdict.approved:
                self._number(filed, operation, settings)
            filed.approved = verdict.approved

    def next_protocol(self, settings: Mapping[str, Any], at: datetime) -> str:
        """A protocol that nobody has."""
        return str(settings["protocol"].format(year=at.year, number=self._next))

    def approved(self) -> Counter[str]:
        """How often each reference was approved."""
        return Counter(each.reference for each in self.solicitacoes.values() if each.approved)

    def same_bytes(self) -> dict[str, int]:
        """The documents that came more than once, whatever they are."""
        times = Counter(each.sha256 for each in self.solicitacoes.values())
        return {sha256: count for sha256, count in times.items() if count > 1}

    def _number(self, filed: Solicitacao, operation: Operation, settings: Mapping[str, Any]) -> None:
        own = settings["contract_number"] == "own"
        if filed.service == "financiamento":
            filed.numero_bndes = f"{filed.received_at.year}{filed.number:08d}"
            self.numbers[filed.cnpj, filed.numero_bndes] = filed.proposal
            filed.contract = "" if own else filed.numero_bndes
        elif filed.service == "contratacao":
            first = operation.approved
            filed.contract = f"7{filed.number:09d}" if own or first is None else first.numero_bndes
        else:
            return
        if filed.contract:
            self.contracts[filed.cnpj, filed.contract] = filed.proposal

    def _reference(self, filed: Solicitacao, *, apart: bool) -> str:
        reference = f"{filed.service} {filed.proposal}"
        before = [each for each in self.filed.get((filed.cnpj, filed.proposal), ()) if each.service == filed.service]
        if ASYNCHRONOUS[filed.service].once:
            rounds = 1 + sum(each.told and each.approved is False for each in before)
        else:
            reference += f" {filed.sha256[:12]}"
            before = [each for each in before if each.sha256 == filed.sha256]
            rounds = 1 + sum(apart or (each.told and each.approved is False) for each in before)
        return reference if rounds == 1 else f"{reference} #{rounds}"

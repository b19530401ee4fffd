"""What the pretended BNDES does for each service of its manual, once the caller is let in: one function a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from malote_sim.bndes import answers
from malote_sim.bndes.answers import Node
from malote_sim.bndes.desk import Desk
from malote_sim.bndes.document import Document, Rejected, read_document, read_form
from malote_sim.bndes.judge import AT_THE_DOOR, obstacle
from malote_sim.bndes.operation import Operation, Solicitacao
from malote_sim.bndes.search import search
from malote_sim.bndes.services import ASYNCHRONOUS, CRITICAS, PESQUISA, PROPOSES, SUBCREDITO, SYNCHRONOUS
from malote_sim.bndes.words import said
from malote_sim.faults import Fault

_YEAR, _NUMBER = re.compile(r"\d{4}"), re.compile(r"[^\s/]{1,40}")


@dataclass(frozen=True, slots=True)
class Case:
    """One request of an agent who may ask, at an instant at which all that was due is processed."""

    operation: str
    cnpj: str
    now: datetime
    argument: str
    """What follows the path: a numeroProtocolo or a numeroContratoBNDES."""
    content_type: str
    body: bytes = field(repr=False)
    fault: Fault | None
    desk: Desk
    settings: Mapping[str, Any]
    depart: Callable[[str], None]

    @property
    def missing(self) -> int:
        """How many the fault `partial` takes away."""
        return int(self.fault.options.get("missing", 1)) if is_fault(self.fault, "partial") else 0


@dataclass(frozen=True, slots=True)
class Act:
    """What is answered, and the request that was taken in, if one was."""

    status: int
    nodes: list[Node]
    filed: Solicitacao | None = None


def take(case: Case) -> Act:
    """An asynchronous service's POST: 202 and a protocol; `Rejected` when it is 400."""
    service, settings = case.operation, case.settings
    strangers: set[str] = set()
    if ASYNCHRONOUS[service].documented:
        strangers = {*ASYNCHRONOUS, *SYNCHRONOUS, "pesquisa_operacao"} - {service}
    document = _read(case, tuple(strangers))
    document.amount(settings["amount"])
    proposal = _proposal(case, document)
    operation = case.desk.operation(case.cnpj, proposal, case.now)
    if service == "financiamento" and proposal.partition("/")[2].startswith(AT_THE_DOOR):
        raise Rejected("above_limit")
    if settings["duplicates"] == "same" and (first := case.desk.there(operation, service)):
        return Act(202, answers.receipt(first, first.protocol, settings))
    if settings["duplicates"] == "refuse":
        case.desk.refuse_again(operation, service, document.sha256)
    if settings["life_cycle"] == "door" and (key := obstacle(service, operation)):
        raise Rejected(key, proposta=proposal, numero=document.first("numeroBNDES"))
    wait = settings["result_after"] + (case.fault.options.get("seconds", 0) if is_fault(case.fault, "late") else 0)
    filed = case.desk.enter(
        service, document, cnpj=case.cnpj, proposal=proposal, at=case.now, wait=wait, settings=settings
    )
    return Act(202, answers.receipt(filed, filed.protocol, settings), filed)


def result(case: Case) -> Act:
    """A retorno: 200 and the outcome, 202 while there is none, 404 when there is no such request of this agent."""
    service, settings = case.operation, case.settings
    filed = case.desk.solicitacoes.get(case.argument)
    if filed is None or filed.cnpj != case.cnpj or filed.service != service:
        words = said(settings, "unknown_protocol", {"servico": service, "numero": case.argument})
        return Act(404, answers.messages([words]))
    filed.asks += 1
    if is_fault(case.fault, "late"):
        filed.told_from = max(filed.told_from, case.now) + timedelta(seconds=case.fault.options.get("seconds", 0))
    if is_fault(case.fault, "late") or case.now < filed.told_from or not filed.decided(case.now):
        return Act(202, answers.receipt(filed, filed.protocol, settings))
    protocol = filed.protocol
    filed.told = filed.told or case.fault is None
    if is_fault(case.fault, "wrong_protocol"):
        filed, protocol = _another(case, filed)
    told = settings["status"]
    given = next((told[name] for name in (*_names(filed), "*") if name in told), filed.status(case.now))
    status = {"status": given} if isinstance(given, str) else given
    partial = is_fault(case.fault, "partial")
    nodes = answers.result(filed, protocol, str(status["status"]), settings, partial=partial)
    return Act(int(status.get("http", 200)), nodes)


def find(case: Case) -> Act:
    """The pesquisa: 202 when it is complete."""
    document = _read(case, tuple(ASYNCHRONOUS))
    operations = search(case.desk, document, cnpj=case.cnpj, now=case.now, settings=case.settings)
    operations = operations[: max(0, len(operations) - case.missing)]
    _tell(case, *operations)
    return Act(202, answers.found(operations, case.settings))


def subcredit(case: Case) -> Act:
    """The consulta detalhada: 202 when it is complete, 400 when there is no such contract in what searches know."""
    proposal = case.desk.contracts.get((case.cnpj, case.argument), "")
    operation = case.desk.operation(case.cnpj, proposal, case.now - timedelta(seconds=case.settings["search_lag"]))
    if not proposal or operation.contract != case.argument:
        raise Rejected("no_subcredit", numero=case.argument)
    _tell(case, operation)
    return Act(202, answers.subcredit(operation, case.settings, missing=case.missing))


def criticas(case: Case) -> Act:
    """The log of críticas: 200; 400 for a protocol that the agent has not, or that is still processing."""
    filed = case.desk.solicitacoes.get(case.argument)
    if filed is None or filed.cnpj != case.cnpj:
        raise Rejected("unknown_protocol", numero=case.argument)
    if case.now < filed.told_from or not filed.decided(case.now):
        raise Rejected("processing", numero=case.argument)
    filed.told = filed.told or case.fault is None
    return Act(200, answers.criticas(filed, filed.protocol))


ACTS: dict[str, Callable[[Case], Act]] = {PESQUISA: find, SUBCREDITO: subcredit, CRITICAS: criticas}


def is_fault(fault: Fault | None, name: str) -> TypeGuard[Fault]:
    """Whether that fault is to be played."""
    return fault is not None and fault.name == name


def _read(case: Case, strangers: tuple[str, ...]) -> Document:
    fields = case.settings["form_fields"]
    wanted = fields.get(case.operation, fields["*"])
    content, others = read_form(case.content_type, case.body, wanted)
    for name in others:
        case.depart(f"the form field {name[:40]} beside {wanted}")
    return read_document(content, field_name=wanted, strangers=strangers)


def _proposal(case: Case, document: Document) -> str:
    """The proposal that a document is about."""
    year, number, numero_bndes = map(document.first, ("anoProposta", "numeroProposta", "numeroBNDES"))
    for text, rule, name in ((year, _YEAR, "anoProposta"), (number, _NUMBER, "numeroProposta")):
        if text and not rule.fullmatch(text):
            raise Rejected("schema", porque=f"{name} não tem a forma devida")
    named = f"{year}/{number}" if year and number else ""
    if case.operation in PROPOSES:
        if not named:
            raise Rejected("schema", porque="faltam anoProposta e numeroProposta")
        return named
    if not numero_bndes:
        if not named or case.operation == "contratacao":  # 5.7: the same value must be informed
            raise Rejected("schema", porque="falta numeroBNDES")
        case.depart(f"{case.operation} without numeroBNDES")
        return named
    known = case.desk.numbers.get((case.cnpj, numero_bndes))
    if known is None or (named and named != known):
        if case.settings["life_cycle"] == "door":
            raise Rejected("no_operation", numero=numero_bndes)
        return f"BNDES {numero_bndes}"
    return known


def _another(case: Case, filed: Solicitacao) -> tuple[Solicitacao, str]:
    for each in case.desk.solicitacoes.values():
        if each is not filed and each.service == filed.service and each.decided(case.now):
            return each, each.protocol
    return filed, case.desk.next_protocol(case.settings, case.now)


def _names(filed: Solicitacao) -> tuple[str, ...]:
    return filed.protocol, filed.reference, filed.proposal, filed.service


def _tell(case: Case, *operations: Operation) -> None:
    if case.fault is None:
        for operation in operations:
            for each in operation.filed:
                each.told = each.told or each.decided(operation.at)

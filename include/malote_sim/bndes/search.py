"""The pretended BNDES's pesquisa: which operations fit a search document (5.3: by proposal, person or event)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from malote_sim.bndes.desk import Desk
from malote_sim.bndes.document import Document, Rejected
from malote_sim.bndes.operation import Operation


def search(desk: Desk, document: Document, *, cnpj: str, now: datetime, settings: Mapping[str, Any]) -> list[Operation]:
    """The agent's operations that fit every leaf, as they stood `search_lag` ago.

    anoProposta, numeroProposta, numeroBNDES and numeroContratoBNDES are the operation's own; a leaf whose name starts
    with `evento` or `tipoEvento` names a service; any other must be the same in one of the operation's documents.
    """
    criteria = document.leaves
    if not criteria:
        raise Rejected("no_criterion")
    at = now - timedelta(seconds=settings["search_lag"])
    found = []
    for proposal in _proposals(desk, document, cnpj):
        operation = desk.operation(cnpj, proposal, at)
        hidden = operation.situation in ("", *settings["search_hides"])
        if not hidden and all(_fits(operation, name, text) for name, text in criteria):
            found.append(operation)
    if not found and settings["nothing_found"] == "400":
        raise Rejected("nothing_found")
    return found


def _proposals(desk: Desk, document: Document, cnpj: str) -> Iterable[str]:
    year, number = document.first("anoProposta"), document.first("numeroProposta")
    if year and number:
        return [f"{year}/{number}"]
    return [proposal for holder, proposal in desk.filed if holder == cnpj]


def _fits(operation: Operation, name: str, text: str) -> bool:
    if name in ("anoProposta", "numeroProposta"):
        return operation.proposal.split("/")[name == "numeroProposta"] == text
    if name == "numeroBNDES":
        return operation.approved is not None and operation.approved.numero_bndes == text
    if name == "numeroContratoBNDES":
        return operation.contract == text
    if name.startswith(("evento", "tipoEvento")):
        return any(each.service.lower() == text.lower() for each in operation.filed)
    return any((name, text) in each.leaves for each in operation.filed)

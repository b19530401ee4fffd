"""Writes the pretended BNDES's answers: UTF-8 XML, by the manual's element names where it has any, else by ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Union
from xml.sax.saxutils import escape, quoteattr

from malote_sim.bndes.operation import Operation, Solicitacao
from malote_sim.bndes.settings import SITUATIONS
from malote_sim.bndes.words import Message

Node = tuple[str, Union[str, "list[Node]"]]
"""An element by our name for it, with its text or its children."""

_ALERT = {True: "alerta", False: "impeditiva"}
_OWN_PLACE = {"liberacao": "liberacoes"}


class Writer:
    """Writes by the settings: other names, other values, a namespace, elements that no schema has."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._prefix = f"{settings['prefix']}:" if settings["prefix"] and settings["namespace"] else ""

    def written(self, root: str, children: Sequence[Node]) -> bytes:
        """The whole document."""
        uri, prefix = self._settings["namespace"], self._prefix.rstrip(":")
        declared = f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}" if uri else ""
        extra: list[Node] = [("novidade", [("versaoSistema", "9.9")])] if self._settings["extras"] else []
        lines = self._lines((root, [*extra, *children]), "", declared)
        return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n").encode()

    def _lines(self, node: Node, indent: str, declared: str = "") -> Iterable[str]:
        ours, content = node
        name = self._prefix + self._settings["names"].get(ours, ours)
        if isinstance(content, str):
            if ours in ("status", "situacao") and content in SITUATIONS:
                content = self._settings["values"].get(content, content)
            yield f"{indent}<{name}{declared}>{escape(content)}</{name}>"
            return
        yield f"{indent}<{name}{declared}>"
        for child in content:
            yield from self._lines(child, indent + "  ")
        if self._settings["extras"] and indent and ours != "novidade":
            yield f"{indent}  <{self._prefix}elementoNovo/>"
        yield f"{indent}</{name}>"


def stamp(at: datetime, settings: Mapping[str, Any]) -> str:
    """The "data e hora local" (5 b) of a Brasília instant, to the second."""
    if settings["timestamps"] == "br":
        return at.strftime("%d/%m/%Y %H:%M:%S")
    whole = at.replace(microsecond=0)
    return whole.isoformat() if settings["timestamps"] == "offset" else whole.replace(tzinfo=None).isoformat()


def receipt(
    filed: Solicitacao, protocol: str, settings: Mapping[str, Any], *, status: str = "processando"
) -> list[Node]:
    """What a POST is answered, and a retorno while it is processing."""
    return [
        ("numeroProtocolo", protocol),
        ("dataHoraRecebimento", stamp(filed.received_at, settings)),
        ("status", status),
    ]


def result(filed: Solicitacao, protocol: str, status: str, settings: Mapping[str, Any], *, partial: bool) -> list[Node]:
    """The final answer of a retorno; a `partial` one lacks what it was asked for."""
    numbers: list[Node] = [*_proposal(filed.proposal)]
    if partial:
        return [*receipt(filed, protocol, settings, status=status), *numbers]
    if filed.numero_bndes:
        numbers.append(("numeroBNDES", filed.numero_bndes))
    if filed.contract and filed.contract != filed.numero_bndes:
        numbers.append(("numeroContratoBNDES", filed.contract))
    return [
        *receipt(filed, protocol, settings, status=status),
        *numbers,
        *filed.facts,
        *messages(filed.messages),
    ]


def messages(said: Sequence[Message]) -> list[Node]:
    """The messages of an answer; nothing at all when there are none."""
    if not said:
        return []
    return [("mensagens", [("mensagem", [("codigo", each.code), ("descricao", each.words)]) for each in said])]


def criticas(filed: Solicitacao, protocol: str) -> list[Node]:
    """The log of the business checks of one request (5.15)."""
    told: list[Node] = [
        ("critica", [("codigo", each.code), ("descricao", each.words), ("tipo", _ALERT[each.alert])])
        for each in filed.messages
    ]
    return [("numeroProtocolo", protocol), ("criticas", told)]


def found(operations: Sequence[Operation], settings: Mapping[str, Any]) -> list[Node]:
    """The result of a pesquisa (5.3)."""
    return [("operacoes", [("operacao", _summary(each, settings)) for each in operations])]


def subcredit(operation: Operation, settings: Mapping[str, Any], *, missing: int = 0) -> list[Node]:
    """Financiamento, contratação, liberações and cancelamento of one subcrédito (5.4), without the last `missing`."""
    nodes: list[Node] = [*_numbers(operation), ("situacao", operation.situation), *_balance(operation)]
    filed = [each for each in operation.filed if not each.service.startswith(("simular", "previa"))]
    filed = filed[: max(0, len(filed) - missing)]
    places = dict.fromkeys(_OWN_PLACE.get(each.service, each.service) for each in filed)
    for place in places:
        here = [each for each in filed if _OWN_PLACE.get(each.service, each.service) == place]
        children: list[Node] = [(each.service, _event(each, operation.at, settings)) for each in here]
        nodes += children if place == here[0].service else [(place, children)]
    return nodes


def _summary(operation: Operation, settings: Mapping[str, Any]) -> list[Node]:
    filed = [each for each in operation.filed if not each.service.startswith(("simular", "previa"))]
    events: list[Node] = [("evento", [("tipo", each.service), *_event(each, operation.at, settings)]) for each in filed]
    return [*_numbers(operation), ("situacao", operation.situation), *_balance(operation), ("eventos", events)]


def _event(filed: Solicitacao, at: datetime, settings: Mapping[str, Any]) -> list[Node]:
    protocol: list[Node] = [("numeroProtocolo", filed.protocol)] if settings["search_protocols"] else []
    amount: list[Node] = [] if filed.amount is None else [("valor", f"{filed.amount:.2f}")]
    facts = filed.facts if filed.decided(at) else ()
    received: list[Node] = [("dataHoraRecebimento", stamp(filed.received_at, settings)), ("status", filed.status(at))]
    return [*protocol, *received, *amount, *facts]


def _numbers(operation: Operation) -> list[Node]:
    nodes = _proposal(operation.proposal)
    if operation.approved is not None:
        nodes.append(("numeroBNDES", operation.approved.numero_bndes))
    if operation.contract:
        nodes.append(("numeroContratoBNDES", operation.contract))
    return nodes


def _balance(operation: Operation) -> list[Node]:
    balance = operation.balance
    return [] if operation.approved is None or balance is None else [("saldo", f"{balance:.2f}")]


def _proposal(proposal: str) -> list[Node]:
    year, slash, number = proposal.partition("/")
    return [("anoProposta", year), ("numeroProposta", number)] if slash else []

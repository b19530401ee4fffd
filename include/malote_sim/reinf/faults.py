"""The faults that only the pretended EFD-Reinf plays, and what each does to a lote or to its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from malote_sim.faults import Fault, Kind, kind
from malote_sim.reinf.filed import Filed, Recebido
from malote_sim.reinf.lote import Lote
from malote_sim.reinf.words import Ocorrencia, said

RECEPCAO, CONSULTA, RECIBO = "recepcao", "consulta", "recibo"
_BOTH = (RECEPCAO, CONSULTA)

OWN: dict[str, Kind] = {
    "own_500": kind("its own 500 in XML, with an error id", "accept", accepts=False),
    "gateway": kind("a gateway's HTML page with `status` (502)", "status", "accept", accepts=True),
    "json": kind("a gateway's JSON with `status` (503)", "status", "accept", accepts=False),
    "certificate": kind("a page with `status` (495)", "status", accepts=False),
    "refuse": kind("422 in its own XML", "codigo", "descricao", "accept", accepts=False),
    "unsupported": kind("a page with status 415", accepts=False, operations=(RECEPCAO,)),
    "late": kind("running for these asks; takes `seconds` (simulated) more", "seconds", accepts=True, operations=_BOTH),
    "code": kind("another `cdResposta` (77)", "cdResposta", accepts=True, operations=_BOTH),
    "no_protocol": kind("201 without a protocol", accepts=True, operations=(RECEPCAO,)),
    "wrong_protocol": kind("the protocol of nobody, the result of another", accepts=True, operations=_BOTH),
    "wrong_echo": kind("an answer about another contributor", accepts=True, operations=_BOTH),
    "in_error": kind("the first `events` (1) are refused", "events", "codigo", accepts=True, operations=(RECEPCAO,)),
    "partial": kind(
        "without the last `missing` (1) events, or receipts", "missing", accepts=True, operations=(CONSULTA, RECIBO)
    ),
    "twice": kind("the first event comes twice", accepts=True, operations=(CONSULTA,)),
    "stranger": kind("one event more, that was not sent", accepts=True, operations=(CONSULTA,)),
    "no_receipts": kind("good events without their receipts", accepts=True, operations=(CONSULTA,)),
    "iso": kind("the reply in ISO-8859-1", accepts=True),
    "empty": kind("the right status and no body", "accept", accepts=True),
}


def is_fault(fault: Fault | None, name: str) -> TypeGuard[Fault]:
    """Whether that fault is to be played."""
    return fault is not None and fault.name == name


def told(received: Recebido, fault: Fault | None) -> list[tuple[str, Filed]]:
    """The events of a result, each under its Id, as a fault would have them."""
    events = [(each.sent.id, each) for each in received.filed]
    if is_fault(fault, "partial"):
        events = events[: max(0, len(events) - int(fault.options.get("missing", 1)))]
    if is_fault(fault, "twice"):
        events = [events[0], *events]
    if is_fault(fault, "stranger"):
        identity, last = events[-1]
        events.append((f"{identity[:-5]}{(int(identity[-5:]) + 1) % 100000:05d}", last))
    if is_fault(fault, "no_receipts"):
        # They stay good events: a receipt of blanks is none, and no refusal either.
        events = [(identity, replace(each, receipt=each.receipt and " ", repeats=None)) for identity, each in events]
    return events


def in_error(lote: Lote, fault: Fault, settings: Mapping[str, Any]) -> Lote:
    """The lote, the first events of which will be refused."""
    wrong, first = (said(settings, str(fault.options.get("codigo", "simulated"))),), int(fault.options.get("events", 1))
    return replace(lote, sent=(*(replace(each, faults=wrong) for each in lote.sent[:first]), *lote.sent[first:]))


def refusal(fault: Fault, settings: Mapping[str, Any]) -> Ocorrencia:
    """What `refuse` says."""
    usual = said(settings, "simulated")
    words = {name: str(fault.options.get(name, getattr(usual, name))) for name in ("codigo", "descricao")}
    return replace(usual, **words)


def seconds(fault: Fault | None) -> float:
    """How much longer it takes."""
    return float(fault.options.get("seconds", 0)) if is_fault(fault, "late") else 0

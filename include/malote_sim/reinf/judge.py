"""How the pretended EFD-Reinf decides on one event: duplicates, precedence, what it refers to, what it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from malote_sim.reinf.books import Books
from malote_sim.reinf.events import Event, local, money, text
from malote_sim.reinf.filed import ACTIVE, Filed
from malote_sim.reinf.kinds import CLOSING, DAILY, EXCLUSION, KINDS, PERIODIC, TABLE
from malote_sim.reinf.words import ERROR, WARNING, Ocorrencia, said

_BASES = {
    "vlrIR": "vlrBaseIR", "vlrAgreg": "vlrBaseAgreg", "vlrCSLL": "vlrBaseCSLL", "vlrCofins": "vlrBaseCofins",
    "vlrPP": "vlrBasePP", "vlrTotalRetPrinc": "vlrTotalBaseRet", "vlrRetencao": "vlrBaseRet",
}  # fmt: skip
_NEVER_ZERO = {
    *("vlrIR", "vlrBaseIR", "vlrAgreg", "vlrBaseAgreg", "vlrCSLL", "vlrBaseCSLL", "vlrCofins", "vlrBaseCofins"),
    *("vlrPP", "vlrBasePP"),
}
"""Below `retencoes`, where nothing is mandatory (M 5.2)."""
_INSCRIPTIONS = ("cnpjBenef", "cpfBenef", "cnpjPrestador", "cnpjFont", "cnpjLig")
_PROCESSES = ("nrProcRet", "nrProcRetPrinc", "nrProcRetAdic")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an event: it is accepted unless an error was said, and repeats another if there is one."""

    said: tuple[Ocorrencia, ...] = ()
    repeats: Filed | None = None


def judge(filed: Filed, books: Books, protocol: str, settings: Mapping[str, Any]) -> Verdict:
    """What becomes of an event that is processed while the books stand so."""
    if filed.sent.faults:
        return Verdict(filed.sent.faults)
    event = filed.event
    verdict = _same_id(event, filed, books, settings) or _same_key(event, books, settings)
    if verdict is not None:
        return verdict
    names = (filed.sent.id, filed.reference, protocol, event.kind.code)
    told = [said(settings, key) for key in _named(settings["reject"], names)]
    if not told:
        told = list(_refers(event, books, settings)) or list(_declares(event, books, settings))
    warned = [said(settings, key, tipo=WARNING) for key in _named(settings["warn"], names)]
    return Verdict((*told, *warned))


def _named(given: Mapping[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return next((given[name] for name in (*names, "*") if name in given), [])


def _same_id(event: Event, filed: Filed, books: Books, settings: Mapping[str, Any]) -> Verdict | None:
    first = books.ids.setdefault(event.id, filed)
    if first is filed:
        return None
    if first.sent.event is None or first.event.hash != event.hash:
        return Verdict((said(settings, "id_taken", where=f"{local(event.main)}/@id"),))
    if first.refused:
        if settings["refused_ids"] == "taken":
            return Verdict((said(settings, "id_taken", where=f"{local(event.main)}/@id"),))
        books.ids[event.id] = filed
        return None
    told = {
        "told": Verdict((said(settings, "identical", tipo=WARNING),), first),
        "silent": Verdict((), first),
        "refused": Verdict((said(settings, "identical"),)),
        "accepted": None,
    }
    return told[settings["duplicates"]]


def _same_key(event: Event, books: Books, settings: Mapping[str, Any]) -> Verdict | None:
    """An original whose key is there: what has a key is declared once, and rectified then."""
    there = books.active(event) if event.kind.group in (PERIODIC, DAILY) and not event.rectifies else None
    if there is None or settings["same_key"] == "accepted":
        return None
    if settings["duplicates"] == "accepted" and there.event.id == event.id:
        return None
    if settings["same_key"] == "told":
        return Verdict((), there)
    return Verdict((said(settings, "key_taken", recibo=there.receipt, where=event.kind.main),))


def _refers(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    """What is wrong with the order of things (M 5.1, 5.4), or with what the event refers to."""
    group, period = event.kind.group, event.text("dtApuracao") or event.period
    if event.kind.code != "R-1000" and not books.valid_in("" if group in (TABLE, EXCLUSION) else period):
        yield said(settings, "no_contributor", periodo=period or "algum período")
        return
    if group == TABLE:
        yield from _table(event, books, settings)
        return
    closing = books.closing(event.kind.series, period)
    if group == EXCLUSION:
        yield from _excludes(event, books, settings)
    elif event.reopens:
        if closing is None:
            yield said(settings, "not_closed", periodo=period)
    elif closing is not None and group in (PERIODIC, CLOSING):
        yield said(settings, "closed", periodo=period, fechamento=closing.event.kind.code)
    elif group == CLOSING:
        yield from _closes(event, books, settings)
    elif event.rectifies:
        yield from _rectifies(event, books, settings)


def _table(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    there = books.record(event)
    if event.action == "inclusao":
        if there is not None:
            yield said(settings, "key_taken", recibo=there.receipt)
    elif there is None or (there.event.text("iniValid") != event.text("iniValid")):
        yield said(settings, "no_record", acao=event.action)


def _rectifies(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    there = books.receipts.get(event.rectifies)
    about = {"recibo": event.rectifies, "where": "ideEvento/nrRecibo"}
    if there is None or there.event.kind != event.kind or there.event.period != event.period:
        yield said(settings, "no_receipt", **about)
    elif there.situation != ACTIVE:
        yield said(settings, "not_active", situacao=there.situation, **about)
    elif there.event.key != event.key:
        yield said(settings, "other_key", **about)


def _excludes(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    code, receipt, period = (event.text(name) for name in ("tpEvento", "nrRecEvt", "perApur"))
    kind = KINDS.get(code.upper())
    if kind is None or kind.group not in (PERIODIC, DAILY):
        yield said(settings, "not_excludable", evento=code, where="infoExclusao/tpEvento")
        return
    there = books.receipts.get(receipt)
    if there is None or there.event.kind != kind or period != (there.event.text("dtApuracao") or there.event.period):
        yield said(settings, "no_receipt", recibo=receipt, where="infoExclusao/nrRecEvt")
    elif there.situation != ACTIVE:
        yield said(settings, "not_active", recibo=receipt, situacao=there.situation, where="infoExclusao/nrRecEvt")
    elif closing := books.closing(kind.series, period):
        yield said(settings, "closed", periodo=period, fechamento=closing.event.kind.code)


def _closes(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    for kind in KINDS.values():
        if kind.flag and event.kind.code == "R-2099":
            there = any(books.all_active(kind.code, period=event.period))
            if there != (event.text(kind.flag) == "S"):
                key = "events_there" if there else "events_missing"
                yield said(settings, key, campo=kind.flag, evento=kind.code, periodo=event.period, where=kind.flag)


def _declares(event: Event, books: Books, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    if event.kind.group not in (PERIODIC, DAILY, TABLE):
        return
    for each in event.main.iter():
        name, value = local(each), each.text or ""
        if name in _INSCRIPTIONS and settings["check_digits"] and not inscribed(value):
            yield said(settings, "inscription", campo=name, where=name)
        elif name == "dtFG" and not value.startswith(event.period):
            yield said(settings, "outside", campo=name, valor=value, periodo=event.period, where=name)
        elif name in _PROCESSES and not books.knows_process(value, event.period):
            yield said(settings, "unknown_process", numero=value, periodo=event.period, where=name)
        elif name in _NEVER_ZERO and local(each.getparent()) == "retencoes" and not money(value):
            yield said(settings, "zero", campo=name, where=f"retencoes/{name}")
        elif name in _BASES and (base := text(each.getparent(), _BASES[name])) and money(value) > money(base):
            yield said(settings, "excess", campo=name, where=name)


def inscribed(number: str) -> bool:
    """Whether the check digits of a CPF or CNPJ are right."""
    for length in (len(number) - 2, len(number) - 1):
        weights = range(2, 10) if len(number) == 14 else range(2, 12)
        total = sum(int(digit) * weights[place % len(weights)] for place, digit in enumerate(number[length - 1 :: -1]))
        if int(number[length]) != total * 10 % 11 % 10:
            return False
    return len(set(number)) > 1


def is_error(verdict: Verdict) -> bool:
    """Whether it is a refusal."""
    return any(each.tipo == ERROR for each in verdict.said)

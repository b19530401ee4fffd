"""Whether an event is as its layout wants it: a small check of our own, or by the official XSDs where they are."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from lxml import etree

from malote_sim.reinf.events import Element, Event, local
from malote_sim.reinf.kinds import ENVIO, EXCLUSION, PERIODIC, TABLE

_MONTH, _DATE = r"20[1-9]\d-(0[1-9]|1[0-2])", r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_RECEIPT = r"\d{1,18}-\d{2}-\d{4}-(\d{4}|\d{6})-\d{1,18}"
_RULES = {
    "tpAmb": "[12]",
    "procEmi": "[12]",
    "verProc": ".{1,20}",
    "indRetif": "[12]",
    "nrRecibo": _RECEIPT,
    "nrRecEvt": _RECEIPT,
    "tpEvento": r"[Rr]-\d{4}",
    "iniValid": _MONTH,
    "fimValid": _MONTH,
    "dtFG": _DATE,
    "dtApuracao": _DATE,
    "natRend": r"\d{5}",
    "fechRet": "[01]",
    "indCPRB": "[01]",
    "nrInsc": r"\d{8}|\d{11}|\d{14}",
    "cpfBenef": r"\d{11}",
    "classTrib": r"\d{2}",
    **dict.fromkeys(("cnpjBenef", "cnpjPrestador", "cnpjFont", "cnpjLig", "cnpjAssocDesp"), r"\d{14}"),
    **dict.fromkeys(
        ("evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis"), "[SN]"
    ),
}
_COMPILED = {name: re.compile(rule) for name, rule in _RULES.items()}
_AMOUNT, _ANY_PERIOD = re.compile(r"\d{1,12},\d{2}"), re.compile(f"{_MONTH}|{_DATE}")
_ID = re.compile(r"ID([12])(\d{14})(\d{14})(\d{5})")
_ORDER = ("indRetif", "nrRecibo", "perApur", "dtApuracao", "tpAmb", "procEmi", "verProc")


def faults(event: Event, folder: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong with its form, and where: (path, words). `folder` has the official XSDs, or is ""."""
    found = list(_texts(event.alone))  # M 5.2 is beyond any XSD
    found += _by_schema(event, folder) if folder else [*_header(event), *_needs(event), *_values(event)]
    yield from found


def id_fault(event: Event) -> str:
    """Why its Id is not as the rule wants it, or ""."""
    match = _ID.fullmatch(event.id)
    if match is None:
        return "são ID e 34 algarismos"
    tp_insc, nr_insc = event.contributor
    if (match[1], match[2]) != (tp_insc, nr_insc.ljust(14, "0")):
        return "tpInsc ou nrInsc não é o de ideContri"
    try:
        datetime.strptime(match[3], "%Y%m%d%H%M%S")  # noqa: DTZ007  # only whether there is such an instant
    except ValueError:
        return "AAAAMMDDHHMMSS não é data e hora"
    return ""


def lote_fault(root: Element, folder: str) -> str:
    """What the official XSD says of a whole lote, or ""."""
    schema = _schema(folder, ENVIO)
    return "" if schema is None or schema.validate(copy.deepcopy(root)) else str(schema.error_log[0].message)


@lru_cache
def official(folder: str) -> dict[str, Path]:
    """The official XSDs of a folder by their namespace; of two versions of one the later (…_C after …_B)."""
    found = {}
    for path in sorted(Path(folder).glob("*.xsd")):
        found[etree.parse(path).getroot().get("targetNamespace", "")] = path
    return found


@lru_cache
def _schema(folder: str, namespace: str) -> etree.XMLSchema | None:
    path = official(folder).get(namespace)  # only what is wanted: libxml2 refuses that of R-9005
    return None if path is None else etree.XMLSchema(etree.parse(path))


def _by_schema(event: Event, folder: str) -> list[tuple[str, str]]:
    schema = _schema(folder, event.kind.namespace)
    if schema is None:
        return [("Reinf", f"não há leiaute de {event.kind.code}")]
    # Of a copy: libxml2 registers what a schema calls an ID, and xmlsec then finds it taken.
    schema.validate(etree.ElementTree(copy.deepcopy(event.alone)))
    return [(str(error.path), str(error.message)) for error in schema.error_log]


def _texts(root: Element) -> Iterator[tuple[str, str]]:
    for each in root.iter():
        if not isinstance(each.tag, str):
            yield "Reinf", "não se aceitam comentários nem instruções"
        elif local(each) == "Signature":
            return
        elif len(each):
            if any((each.text, *(child.tail for child in each))):
                yield _path(each), "há texto ou espaço entre elementos"
        elif not (each.text or "").strip():
            yield _path(each), "elemento sem valor"
        elif each.text != (each.text or "").strip():
            yield _path(each), "há espaço no início ou no fim do valor"


def _header(event: Event) -> Iterator[tuple[str, str]]:
    names = [local(each) for each in event.main]
    if names[:2] != ["ideEvento", "ideContri"]:
        yield local(event.main), "ideEvento e ideContri vêm primeiro"
        return
    header = [local(each) for each in event.main[0]]
    wanted = ["tpAmb", "procEmi", "verProc"]
    if event.kind.group not in (TABLE, EXCLUSION):
        wanted.insert(0, "dtApuracao" if event.kind.code == "R-3010" else "perApur")
    if event.kind.group == PERIODIC or event.kind.code == "R-3010":
        wanted[:0] = ["indRetif", "nrRecibo"] if event.text("indRetif") == "2" else ["indRetif"]
    if header != wanted:
        yield "ideEvento", f"esperados {', '.join(wanted)}, nesta ordem"
    if [local(each) for each in event.main[1]][:2] != ["tpInsc", "nrInsc"]:
        yield "ideContri", "esperados tpInsc, nrInsc, nesta ordem"
    if event.kind.group == TABLE and event.action not in ("inclusao", "alteracao", "exclusao"):
        yield local(event.main), "falta inclusao, alteracao ou exclusao"


def _needs(event: Event) -> Iterator[tuple[str, str]]:
    for path in event.kind.needs:
        parents, _, name = path.rpartition("/")
        found = event.main.findall("/".join(f"{{*}}{each}" if each != "*" else "*" for each in parents.split("/")))
        if not parents:
            found = [event.main]
        if not found or any(each.find(f"{{*}}{name}") is None for each in found):
            yield path, f"falta {name}"


def _values(event: Event) -> Iterator[tuple[str, str]]:
    for each in event.alone[0].iter("*"):
        name = local(each)
        if etree.QName(each).namespace != event.kind.namespace:
            yield _path(each), "elemento de outro namespace"
        elif not len(each):
            rule = _COMPILED.get(name) or (_AMOUNT if name.startswith("vlr") else None)
            if name == "perApur":
                rule = _ANY_PERIOD if event.kind.group == EXCLUSION else _COMPILED["iniValid"]
            if rule is not None and not rule.fullmatch(each.text or ""):
                yield _path(each), f"{name} não tem a forma devida"


def _path(element: Element) -> str:
    names = [local(element), *(local(each) for each in element.iterancestors())]
    return "/".join(reversed(names))

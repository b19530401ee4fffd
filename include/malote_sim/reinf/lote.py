"""Reads a lote and says whether it is taken: one contributor, at most 50 events, each in order by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from malote_sim.reinf import events, form, signature
from malote_sim.reinf.events import Element, Event, local, root_of, text
from malote_sim.reinf.kinds import ENVIO
from malote_sim.reinf.words import Ocorrencia, Refused, said

_DECLARATION = re.compile(
    rb"""<\?xml\s+version=["']1\.0["'](\s+encoding=["']utf-8["'])?(\s+standalone=["']\w+["'])?\s*\?>""", re.IGNORECASE
)
_NR_INSC = {"1": re.compile(r"\d{8}|\d{14}"), "2": re.compile(r"\d{11}")}


@dataclass(frozen=True, slots=True)
class Sent:
    """One `evento` of a lote: the event that it holds, if it is one, and what is wrong with it by itself."""

    id: str
    """Of `evento`."""
    event: Event | None
    faults: tuple[Ocorrencia, ...] = ()

    def same(self, other: Sent) -> bool:
        """Whether that is the very same event."""
        return self.event is not None and other.event is not None and self.event.hash == other.event.hash


@dataclass(frozen=True, slots=True)
class Lote:
    """A lote that could be read. Of `nr_insc`, all is kept as it was sent."""

    tp_insc: str
    nr_insc: str
    sent: tuple[Sent, ...]
    sha256: str
    body: bytes = field(repr=False)

    @property
    def contributor(self) -> tuple[str, str]:
        """As of an event."""
        return self.tp_insc, root_of(self.tp_insc, self.nr_insc)


def read(body: bytes, settings: Mapping[str, Any]) -> Lote:
    """The lote in the body of a request; `Refused` when it is none, before any of its events is looked at."""
    if len(body) > settings["largest"]:
        raise Refused(said(settings, "large", maximo=settings["largest"]))
    root = _parsed(body, settings)
    if settings["schemas"] and (wrong := form.lote_fault(root, settings["schemas"])):
        raise Refused(said(settings, "lote", porque=wrong))
    about, inside = _parts(root, settings)
    tp_insc, nr_insc = text(about, "tpInsc"), text(about, "nrInsc")
    if not _NR_INSC.get(tp_insc, _NR_INSC["2"]).fullmatch(nr_insc):
        raise Refused(said(settings, "lote", porque="nrInsc não é de tpInsc", where="ideContribuinte"))
    if not 1 <= len(inside) <= settings["most_events"]:
        raise Refused(said(settings, "many", quantos=len(inside), maximo=settings["most_events"], where="eventos"))
    sent = tuple(_sent(each, settings) for each in inside)
    return Lote(tp_insc, nr_insc, sent, hashlib.sha256(body).hexdigest(), body)


def check(lote: Lote, *, authority: bytes, powers: Any, settings: Mapping[str, Any]) -> Lote:
    """The lote with what is wrong with each event by itself; `Refused` for what is wrong with all of it.

    `powers` says whether a CNPJ may act for the contributor of an event.
    """
    wrong = list(_of_the_lote(lote, settings))
    if wrong:
        raise Refused(*wrong)
    sent = []
    for each in lote.sent:
        faults = tuple(_of_an_event(each, authority, powers, settings)) if not each.faults else each.faults
        sent.append(Sent(each.id, each.event, faults))
    if settings["events_checked"] == "door" and (told := [fault for each in sent for fault in each.faults]):
        raise Refused(*told)
    return Lote(lote.tp_insc, lote.nr_insc, tuple(sent), lote.sha256, lote.body)


def _parsed(body: bytes, settings: Mapping[str, Any]) -> Element:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Refused(said(settings, "xml", porque="não está em UTF-8")) from None
    if not _DECLARATION.match(body):
        raise Refused(said(settings, "xml", porque="não inicia com a declaração XML 1.0 em UTF-8"))
    if b"<!DOCTYPE" in body:
        raise Refused(said(settings, "xml", porque="DTD não é aceito"))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(said(settings, "xml", porque=f"linha {error.lineno}")) from None


def _parts(root: Element, settings: Mapping[str, Any]) -> tuple[Element, list[Element]]:
    def no(why: str, where: str = "Reinf") -> Refused:
        return Refused(said(settings, "lote", porque=why, where=where))

    if root.tag != f"{{{ENVIO}}}Reinf" or set(root.nsmap.values()) != {ENVIO} or root.attrib:
        raise no(f"a raiz é Reinf, com o só namespace {ENVIO}")
    names = ["envioLoteEventos"], ["ideContribuinte", "eventos"]
    for element, wanted in ((root, names[0]), (root[0] if len(root) else root, names[1])):
        if [each.tag for each in element] != [f"{{{ENVIO}}}{name}" for name in wanted]:
            raise no(f"esperados {', '.join(wanted)}", local(element))
    about, inside = root[0]
    for each in inside:
        if each.tag != f"{{{ENVIO}}}evento" or list(each.attrib) != ["Id"] or len(each) != 1:
            raise no("evento tem o atributo Id e um só evento dentro", "eventos")
    return about, list(inside)


def _sent(evento: Element, settings: Mapping[str, Any]) -> Sent:
    identity, root = evento.get("Id", ""), evento[0]
    event = events.read(root) if isinstance(root.tag, str) else None
    if event is None:
        namespace = etree.QName(root).namespace if isinstance(root.tag, str) else None
        return Sent(
            identity, None, (said(settings, "schema", porque=f"namespace {namespace} sem leiaute", where="Reinf"),)
        )
    return Sent(identity, event)


def _of_the_lote(lote: Lote, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    seen: set[str] = set()
    for each in lote.sent:
        where = f"evento[@Id={each.id}]"
        if each.id in seen:
            yield said(settings, "id_twice", id=each.id, where=where)
        seen.add(each.id)
        if each.event is None:
            continue
        if each.event.id != each.id:
            yield said(settings, "id_apart", id=each.id, where=where)
        if each.event.contributor != lote.contributor:
            yield said(settings, "other_contributor", id=each.id, where=where)


def _of_an_event(sent: Sent, authority: bytes, powers: Any, settings: Mapping[str, Any]) -> Iterator[Ocorrencia]:
    event = sent.event
    assert event is not None
    for where, why in form.faults(event, settings["schemas"]):
        yield said(settings, "schema", porque=why, where=where)
    if why := form.id_fault(event):
        yield said(settings, "id", porque=why, where=f"{local(event.main)}/@id")
    wanted = {"producao": "1", "producao_restrita": "2"}[settings["environment"]]
    if event.text("tpAmb") != wanted:
        yield said(settings, "ambient", tpAmb=event.text("tpAmb"), ambiente=settings["environment"], where="tpAmb")
    in_place = event.main.getparent()
    readings = {"both": (in_place, event.alone), "in_place": (in_place, None), "alone": (event.alone, None)}
    tree, alone = readings[settings["signed_as"]]
    try:
        signer = signature.verify(tree, authority, alone=alone)
    except signature.NotSigned as error:
        yield said(settings, "signature", porque=error.why, where="Signature")
        return
    if not powers(signer.cnpj, event.contributor):
        yield said(settings, "signer", where="Signature")

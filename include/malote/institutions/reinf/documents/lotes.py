"""Events to lotes: at most 50 of one contributor, numbered by the journal's sequence, signed and written one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from malote.archive import Archive
from malote.clock import ZONE
from malote.errors import Invalid, Problem
from malote.institution import Free, Number, Row
from malote.institutions.reinf.documents.selection import Made, Selection
from malote.institutions.reinf.documents.signing import Signer
from malote.institutions.reinf.layouts import Layout
from malote.institutions.reinf.rules import MOST_EVENTS, Event, ReinfRules, misfit
from malote.submission import Document, Item, Order
from malote.texts import english
from malote.treaty import Fixed

log = logging.getLogger("malote.institutions.reinf")

FOLDER = "reinf/sent"
LOTE = "http://www.reinf.esocial.gov.br/schemas/envioLoteEventosAssincrono/v1_00_00"
KEPT = english("s_kept_rows_there")

_BLOCKS = 100_000 // MOST_EVENTS
"""Lotes that can be numbered within one second: an Id ends with 5 digits."""


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """Whose events they are, and how they are signed. ``repr`` is that of ``object``: a signer holds a key.

    :param inscription: `nrInsc` of the contributor: 8 (root of a CNPJ), 11 (CPF) or 14 digits
    :param signer: made when the first event is to be signed
    """

    environment: str
    inscription: str
    rules: ReinfRules
    signer: Any

    @property
    def kind(self) -> str:
        """`tpInsc`: 1 CNPJ, 2 CPF."""
        return "2" if len(self.inscription) == 11 else "1"

    def fixed(self) -> list[Fixed]:
        """What stands in every event, and no column may name (M 6.2, X)."""
        return [
            Fixed("ideEvento.tpAmb", "1" if self.environment == "producao" else "2"),
            Fixed("ideEvento.procEmi", "1"),
            Fixed("ideEvento.verProc", self.rules.ver_proc.strip()),
            Fixed("ideContri.tpInsc", self.kind),
            Fixed("ideContri.nrInsc", self.inscription),
        ]


def lotes(
    event: Event,
    layout: Layout,
    order: Order,
    rows: Iterable[Row],
    archive: Archive,
    free: Free,
    number: Number,
    sender: Sender,
) -> Iterator[Document | Problem]:
    """Rows to lotes, in the order of the SQL; the same bytes each time for the same numbers.

    Params: `eventos_por_lote`; `valid_rest`, where it is true a wrong row is left out and its problems are yielded.

    :raises Invalid: with every problem of the selection
    """
    if layout.shipped and sender.environment != "simulator":
        log.warning(
            "%s is made by malote's reconstruction of its layout, not by the Receita's: give its XSD by extra.schemas",
            event.code,
        )
    most = _most(order.params, sender.rules.eventos_por_lote)
    home = sender.environment, sender.inscription
    selection = Selection(event, layout, sender.fixed(), home, rest=_true(order.params.get("valid_rest")))
    travelling = selection.travelling(rows, free)
    signer: Signer | None = None
    while made := list(islice(travelling, most)):
        if selection.blocked:
            continue  # the rest is judged, so that every problem is told at once
        signer = signer or sender.signer(order.at)
        yield _lote(event, layout, order, made, archive, number, sender, signer)
        yield from selection.noted()
    if selection.blocked:
        raise _invalid([*selection.columns, *selection.problems])
    yield from selection.noted()
    for reference, words in selection.waiting.items():
        log.warning("%s %s waits, it stays where it is: %s", event.code, reference, "; ".join(words))


def _lote(
    event: Event,
    layout: Layout,
    order: Order,
    made: Sequence[Made],
    archive: Archive,
    number: Number,
    sender: Sender,
    signer: Signer,
) -> Document:
    ids, name = _numbered(event, order, len(made), number, sender)
    with archive.write(FOLDER, name) as sheet:
        sheet.write(
            f'<?xml version="1.0" encoding="UTF-8"?><Reinf xmlns="{LOTE}"><envioLoteEventos><ideContribuinte>'
            f"<tpInsc>{sender.kind}</tpInsc><nrInsc>{sender.inscription}</nrInsc></ideContribuinte><eventos>".encode()
        )
        for id, each in zip(ids, made, strict=True):
            sheet.write(f'<evento Id="{id}">'.encode())
            sheet.write(signer.signed(layout.document(each.record, id), id))
            sheet.write(b"</evento>")
        sheet.write(b"</eventos></envioLoteEventos></Reinf>")
    items = tuple(Item(each.reference, id) for id, each in zip(ids, made, strict=True))
    facts = {"eventos": {id: dict(each.facts) for id, each in zip(ids, made, strict=True)}}
    return Document(event.code, name, sheet.stored, items, facts)


def _numbered(event: Event, order: Order, n: int, number: Number, sender: Sender) -> tuple[list[str], str]:
    """The Ids of a lote's events, and its name: each second has 5 digits of its own, and numbers them (P; sheet)."""
    at = order.at.astimezone(ZONE)
    while True:
        stamp = f"{at:%Y%m%d%H%M%S}"
        block = number(f"reinf/{sender.environment}/{sender.inscription}/evento/{stamp}", 1) - 1
        if block < _BLOCKS:
            break
        at += timedelta(seconds=1)
    lead = f"ID{sender.kind}{sender.inscription:0<14}{stamp}"
    ids = [f"{lead}{block * MOST_EVENTS + each:05}" for each in range(n)]
    return ids, f"{event.code}-{stamp}-{block * MOST_EVENTS:05}.xml"


def _most(params: Mapping[str, Any], most: int) -> int:
    given = str(params.get("eventos_por_lote") or most)
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given)):
        raise misfit(
            english("s_param_is", name="eventos_por_lote", value=given[:40]), english("s_do_whole_to", most=most)
        )
    return min(int(given), most)


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "1", "yes")


def _invalid(problems: Sequence[Problem]) -> Invalid:
    return Invalid(
        english("s_problems", n=len(problems)),
        institution="reinf", problems=tuple(problems), kept=KEPT,
        todo=english("s_do_rows_rest"),
    )  # fmt: skip

"""Rows to contract files, and answers to rows: `ContratosCCEAL` out, `obterResultadoProcessamentoResponse` in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from lxml import etree

from malote import markup
from malote.archive import Archive
from malote.ccee.rules import REFERENCIA, STATUS
from malote.ccee.treaty import contract_file
from malote.errors import Invalid, Malformed, Misconfigured, Problem
from malote.institution import AnswerRow, Free, Row
from malote.layout import Plan, Wrong
from malote.submission import Document, Item, Stored
from malote.treaty import EXPLAINED, Treaty

BATCH = 500
"""Rows that are looked at together: one question to the journal, one verdict of libxml2."""

FOLDER = "ccee/sent"
PREPARED = "nothing was sent and nothing was kept in the journal; the rows are where they were"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the params of an order say about files made from rows.

    :param attributes: candidates for the root's attributes: `tipoGeracao`, `tipoCCEAL`, what else the schema declares
    """

    root: str
    encoding: str
    records_per_file: int
    attributes: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """E.g. `ContratosCCEAL-1`: references are unique within it."""
        return f"{self.root}-{self.attributes['tipoGeracao']}"

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Layout:
        """From params, with the defaults of a CCEAL Firme that is being created.

        :raises Misconfigured: for an encoding that is not read here, or a number of records that is none
        """
        encoding = str(params.get("encoding") or "ISO-8859-1").upper()
        per_file = str(params.get("records_per_file", 500))
        if encoding not in markup.ENCODINGS:
            raise _wrong(f"the param encoding is {encoding!r}", f"use one of {', '.join(sorted(markup.ENCODINGS))}")
        if not per_file.isdecimal() or int(per_file) < 1:
            raise _wrong(f"the param records_per_file is {per_file}", "give a whole number from 1")
        attributes = {"tipoGeracao": "1", "tipoCCEAL": "1", **{k: v for k, v in params.items() if v not in (None, "")}}
        return cls(str(params.get("root") or "ContratosCCEAL"), encoding, int(per_file), attributes)


def contracts(
    params: Mapping[str, Any], rows: Iterable[Row], archive: Archive, free: Free, folder: Path | None
) -> list[Document]:
    """Rows to files of at most `records_per_file` records, in the order of the SQL; the same bytes each time.

    :param folder: of the user's own treaties, or None
    :raises Invalid: with every problem of the selection
    """
    layout = Layout.of(params)
    agreed = contract_file(folder, layout.root)
    tags = agreed.tags(layout.attributes)
    selection = _Selection(layout, agreed, free)
    travelling = selection.travelling(rows)
    documents: list[Document] = []
    for number in count(1):
        first = next(travelling, None)
        if first is None:
            break
        items: list[Item] = []
        with suppress(Discard), archive.write(FOLDER, name := f"{layout.operation}-{number:03d}.xml") as sheet:
            sheet.write(f'<?xml version="1.0" encoding="{layout.encoding}"?>{tags[0]}\n'.encode(layout.encoding))
            inside = islice(chain([first], travelling), layout.records_per_file)
            while batch := list(islice(inside, BATCH)):
                numbered = enumerate(batch, len(items) + 1)
                records = [selection.record(reference, row, at) for at, (reference, row) in numbered]
                selection.judge(tags, records)
                items += [item for item, _ in records]
                sheet.write("".join(f"{text}\n" for _, text in records).encode(layout.encoding))
            sheet.write(tags[1].encode(layout.encoding))
            if selection.problems:
                raise Discard
        if not selection.problems:
            documents.append(document(layout.operation, name, sheet.stored, items))
    if selection.problems:
        raise invalid(selection.problems)
    return documents


class Discard(Exception):
    """Ends a with-block so that the archive keeps nothing of it."""


class _Selection:
    """One selection on its way to records: what was seen, what is wrong with it."""

    def __init__(self, layout: Layout, agreed: Treaty, free: Free) -> None:
        self.problems: list[Problem] = []
        self._layout, self._agreed, self._free = layout, agreed, free
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._numbered = any(markup.local(name) == "sequencialControle" for name in agreed.record.attributes if name)
        self._seen: set[str] = set()
        self._unnamed = False
        self._echoes: dict[str, str] = {}

    def travelling(self, rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
        """The rows whose reference is good, new and free, with it."""
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            named = [(reference, row) for row in batch if (reference := self._reference(row)) is not None]
            free = self._free(self._layout.operation, [reference for reference, _ in named]) if named else set()
            yield from (pair for pair in named if pair[0] in free)

    def record(self, reference: str, row: Row, sequence: int) -> tuple[Item, str]:
        """One row as its item and the text of its record."""
        plan, values = self._plan(row), tuple(row.values())
        ours = self._numbered and "@sequencialControle" not in plan.at
        wrong: list[Wrong] = []
        text = plan.record(values, f' sequencialControle="{sequence}"' if ours else "", wrong)
        self.problems += [Problem(reference, column, rule) for column, _, rule in wrong]
        echo = plan.value(values, "@referencia")
        if echo is not None and (other := self._echoes.setdefault(echo, reference)) != reference:
            rule = f"is {echo!r}, as that of item {other}: their results could not be told apart"
            self.problems.append(Problem(reference, f"{plan.root.name}.@referencia", rule))
        return Item(reference, echo or plan.value(values, "@numeroContrato")), text

    def judge(self, tags: tuple[str, str], records: list[tuple[Item, str]]) -> None:
        """Note what breaks the treaty in these records."""
        left = max(EXPLAINED - len(self.problems), 0)
        self.problems += self._agreed.problems(tags, [(item.reference, None, text) for item, text in records], left)

    def _plan(self, row: Row) -> Plan:
        columns = tuple(row)
        if columns not in self._plans:
            self._plans[columns] = Plan(self._agreed, columns, self._layout.encoding, self.problems)
        return self._plans[columns]

    def _reference(self, row: Row) -> str | None:
        reference, rule = row.get("reference"), None
        plan = self._plan(row)
        if "reference" not in row:
            if not self._unnamed:
                self.problems.append(Problem(None, "reference", "the selection has no such column"))
            self._unnamed = True
            return None
        text = "" if reference is None else str(reference)
        if not text.strip():
            rule = "is empty: it is what may not travel twice"
        elif text in self._seen:
            rule = "stands twice in the selection"
        elif (
            len(text) > REFERENCIA
            and "@referencia" in plan.at
            and plan.value(tuple(row.values()), "@referencia") != text
        ):
            rule = f"has {len(text)} characters, more than the {REFERENCIA} of referencia"
        self._seen.add(text)
        if rule:
            self.problems.append(Problem(text or None, "reference", rule))
        return None if rule and not text.strip() else text


def details(stream: BinaryIO, code: str | None, fault: Callable[[etree._Element], NoReturn]) -> Iterator[AnswerRow]:
    """The `detalhe` of an answer as rows that land, streamed in flat memory (manual 5.1.2, 5.1.5).

    :param code: the `codigoProcessamento` that was asked for; one that is absent from the answer is taken as this
    :param fault: called with a SOAP fault, whatever its prefixes; raises
    :raises Malformed: where it is no SOAP envelope, is broken, or is the answer for another code
    """
    said: str | None = None
    body = found = False
    for element in markup.records(stream, "detalhe", "codigoProcessamento", "Fault", "Body"):
        name = markup.local(element.tag)
        if name == "detalhe":
            found = True
            yield _row(element, said or code)
        elif name == "codigoProcessamento":
            said = (element.text or "").strip() or None
            if said and code and said.lstrip("0") != code.strip().lstrip("0"):
                raise _malformed("it is the answer for another codigoProcessamento", said=said, asked=code)
        elif name == "Fault":
            fault(element)
        else:
            inside = [markup.local(child.tag) for child in element]
            body = markup.local(element.getroottree().getroot().tag) == "Envelope"
            if body and inside and not (said or found) and not inside[0].startswith("obterResultadoProcessamento"):
                raise _malformed(f"it answers another question: its body holds {inside[0]}")
    if not body:
        raise _malformed("it is no SOAP envelope with a body")


_local = lru_cache(maxsize=256)(markup.local)


def _row(detalhe: etree._Element, code: str | None) -> AnswerRow:
    # One pass over the children: a search per field costs four times as much.
    status = descricao = None
    contract: tuple[str | None, ...] = (None, None, None, None)
    for field in detalhe:
        name = _local(field.tag)
        if name == "status":
            status = _text(field)
        elif name == "descricao":
            descricao = " ".join(field.text.split()) if field.text else None
        elif name == "contrato":
            contract = _contract(field)
    outcome = STATUS[status].outcome if status and status in STATUS else "unanswered"
    return (code, status, descricao, *contract, contract[0] or contract[1], outcome, status, descricao)


def _contract(contrato: etree._Element) -> tuple[str | None, ...]:
    """codigoOrigem, codigo, and the parties' codes over all vigencias, distinct and in order."""
    origem = codigo = None
    parties: dict[str, list[str]] = {"comprador": [], "vendedor": []}
    for part in contrato:
        name = _local(part.tag)
        if name == "codigoOrigem":
            origem = _text(part)
        elif name == "codigo":
            codigo = _text(part)
        elif name == "vigencias":
            for vigencia in part:
                for party in vigencia:
                    _party(party, parties.get(_local(party.tag)))
    return origem, codigo, ";".join(parties["comprador"]) or None, ";".join(parties["vendedor"]) or None


def _party(party: etree._Element, codes: list[str] | None) -> None:
    for each in party if codes is not None else ():
        if _local(each.tag) == "codigo" and (text := _text(each)) and codes is not None and text not in codes:
            codes.append(text)


def _text(element: etree._Element) -> str | None:
    text = element.text
    return text.strip() or None if text else None


def document(operation: str, name: str, stored: Stored, items: list[Item]) -> Document:
    """A file in the archive as a document, with the number of answers that make its answer whole."""
    # Edits of one contract share its number: an answer is whole when it names as many contracts as the file does.
    echoes = len({item.echo or item.reference for item in items})
    return Document(operation, name, stored, tuple(items), {"echoes": echoes})


def invalid(problems: list[Problem]) -> Invalid:
    """One error for all problems of a selection."""
    return Invalid(
        f"{len(problems)} problem{'s' * (len(problems) != 1)} in the selection",
        institution="ccee",
        problems=tuple(problems),
        todo="correct the rows, the SQL or the file, and run again",
        kept=PREPARED,
    )


def _wrong(what: str, todo: str) -> Misconfigured:
    return Misconfigured(what, institution="ccee", todo=todo, kept=PREPARED)


def _malformed(what: str, **facts: str) -> Malformed:
    todo = "nothing, it is asked again; where it stays so, ask CCEE"
    return Malformed(what, institution="ccee", todo=todo, facts=facts)

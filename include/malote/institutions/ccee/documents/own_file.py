"""The user's own contract file: taken byte for byte as it is, its records read only for the item guard."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from malote import cards, place
from malote.archive import Archive, Sheet
from malote.errors import Malformed, Misconfigured, Problem
from malote.institution import Free, Row
from malote.institutions.ccee.documents.contract_file import contract_file
from malote.institutions.ccee.documents.from_rows import BATCH, FOLDER, KEPT, Discard, document, invalid
from malote.institutions.ccee.rules import REFERENCIA
from malote.reading import STRICT, markup, repair
from malote.reference import normal
from malote.submission import Document, Item
from malote.texts import english
from malote.treaty import HOLDS, Treaty

RECORD = "Contrato"
"""The record of every root that is known (fact sheet 6)."""

_NAMELESS = english("s_row_nameless", most=REFERENCIA)
"""CCEE's own sample has neither: referencia is optional there, and here it is the one name that comes back."""

_TRAVELS = english("s_row_travels")


def own_files(
    params: Mapping[str, Any], rows: Iterable[Row], archive: Archive, free: Free, folder: Path | None
) -> list[Document]:
    """The file that param `arquivo` names, else the column `arquivo` of each row: one document a file.

    A file none of whose records is free is left out: there is nothing to send. Schema validity is judged only where
    param `validate` is true, because the shipped schema is a reconstruction; well-formedness always.

    :raises Invalid: with every problem of all files
    :raises Misconfigured: where the path cannot be read
    """
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    documents: list[Document] = []
    for name, source in _sources(params, rows, problems):
        if cards.held(name):  # it names the document, in the journal and in the archive
            problems.append(Problem(None, "reference", HOLDS))
        with source, suppress(Discard), archive.write(FOLDER, name) as sheet:
            file = _File(name, bool(params.get("validate")), folder)
            items = file.read(_Tee(source, sheet), free, seen)
            problems += file.problems
            if problems or not items:
                raise Discard
        if items and not problems:
            documents.append(document(file.operation, name, sheet.stored, items))
    if problems:
        raise invalid(problems)
    return documents


def reference_of(record: etree._Element) -> tuple[str | None, str | None]:
    """What may not travel twice of a record, and what the answer will call it.

    Its `referencia` for both; else (edits, validations) `numeroContrato`, `#` and the first 12 hex digits of the
    SHA-256 of its canonical XML, however it is indented, without `sequencialControle`, which only numbers the file;
    echo: `numeroContrato`.
    """
    values = {name: value.strip() for name, value in _attributes(record).items()}
    if values.get("referencia"):
        return normal(values["referencia"]), values["referencia"]
    if not (number := values.get("numeroContrato")):
        return None, None
    for name in [name for name in record.attrib if markup.local(name) == "sequencialControle"]:
        del record.attrib[name]
    for each in record.iter():
        each.text, each.tail = (text if text and not text.isspace() else None for text in (each.text, each.tail))
    try:
        canonical = etree.tostring(record, method="c14n", with_tail=False)
    except etree.C14NError:
        return None, None
    return f"{number}#{hashlib.sha256(canonical).hexdigest()[:12]}", number


def _attributes(element: etree._Element) -> dict[str, str]:
    return {markup.local(name): str(value) for name, value in element.attrib.items()}


class _Tee:
    """A stream that is copied to the sheet and checked against its declared encoding while it is read."""

    def __init__(self, source: BinaryIO, sheet: Sheet) -> None:
        self._source, self._sheet = source, sheet
        self._decoder: codecs.IncrementalDecoder | None = None

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        if self._decoder is None:
            if data != repair(data) and data != codecs.BOM_UTF8 + repair(data):
                raise Malformed(english("s_own_before"))
            self._decoder = codecs.getincrementaldecoder(markup.declared_encoding(data))()
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as wrong:
            raise Malformed(english("s_own_byte", encoding=wrong.encoding)) from None
        self._sheet.write(data)
        return data

    def drain(self) -> None:
        """Read on to the end, so that the copy is whole."""
        while self.read(1 << 16):
            pass


@dataclass
class _File:
    """One file: its operation and what is wrong with it."""

    name: str
    validate: bool
    folder: Path | None
    operation: str = ""

    def __post_init__(self) -> None:
        self.problems: list[Problem] = []
        self._lines: dict[str, int | None] = {}

    def read(self, stream: _Tee, free: Free, seen: set[tuple[str, str]]) -> list[Item]:
        """The items of the file; none where nothing of it is free."""
        items: list[Item] = []
        agreed: Treaty | None = None
        batch: list[tuple[str | None, int | None, str]] = []
        tags = ("", "")
        try:
            for record in markup.records(stream, RECORD, repairs=STRICT):  # type: ignore[arg-type]
                if not self.operation:
                    root = record.getroottree().getroot()
                    self._open(root)
                    if self.validate:
                        agreed = contract_file(self.folder, markup.local(root.tag))
                        tags = agreed.tags(_attributes(root))
                text = etree.tostring(record, encoding="unicode", with_tail=False) if agreed else ""
                if item := self._item(record, seen):
                    items.append(item)
                if agreed:
                    batch.append((item.reference if item else None, _line(record), text))
                    if len(batch) == BATCH:
                        self.problems += agreed.problems(tags, batch)
                        batch.clear()
            stream.drain()
        except Malformed as wrong:
            self.problems.append(Problem(None, self.name, wrong.what))
            return []
        if agreed and batch:
            self.problems += agreed.problems(tags, batch)
        if not self.operation:
            self.problems.append(Problem(None, self.name, english("s_row_no_record", record=RECORD)))
        return [] if self.problems else self._free(items, free)

    def _open(self, root: etree._Element) -> None:
        name, kind = markup.local(root.tag), _attributes(root).get("tipoGeracao", "").strip()
        self.operation = f"{name}-{kind.lstrip('0') or kind}"  # 01 is 1: what travelled under one travelled
        if not kind:
            self.problems.append(Problem(None, f"{name}.@tipoGeracao", english("s_row_no_kind")))
        if cards.holding(root.attrib.values()):
            self.problems.append(Problem(None, name, HOLDS))

    def _item(self, record: etree._Element, seen: set[tuple[str, str]]) -> Item | None:
        reference, echo = reference_of(record)
        rule = None
        if reference is None:
            rule = _NAMELESS
        elif cards.holding([reference, *_said(record)]):
            rule = HOLDS
        elif (self.operation, reference) in seen:
            rule = english("s_row_sent_twice")
        if rule or reference is None:
            self.problems.append(Problem(reference, RECORD, rule or "", _line(record)))
            return None
        seen.add((self.operation, reference))
        self._lines[reference] = _line(record)
        return Item(reference, echo)

    def _free(self, items: list[Item], free: Free) -> list[Item]:
        may: set[str] = set()
        for start in range(0, len(items), BATCH):
            may |= free(self.operation, [item.reference for item in items[start : start + BATCH]])
        if may and len(may) < len(items):
            self.problems += [
                Problem(item.reference, RECORD, _TRAVELS, self._lines[item.reference])
                for item in items
                if item.reference not in may
            ]
        return items if len(may) == len(items) else []


def _said(record: etree._Element) -> Iterator[str]:
    """Every value of an attribute and every text in a record, however deep."""
    for each in record.iter():
        yield from map(str, each.attrib.values())
    yield from map(str, record.itertext())


def _line(element: etree._Element) -> int | None:
    line: Any = element.sourceline
    return line if isinstance(line, int) else None


def _sources(params: Mapping[str, Any], rows: Iterable[Row], problems: list[Problem]) -> Iterator[tuple[str, BinaryIO]]:
    if path := params.get("arquivo"):
        try:
            yield Path(str(path)).name, place.open_regular(Path(str(path)))
        except (OSError, ValueError) as wrong:
            raise Misconfigured(
                english("s_own_unread", why=str(getattr(wrong, "strerror", wrong)).lower(), path=repr(str(path))),
                institution="ccee",
                todo=english("s_do_path"),
                kept=KEPT,
            ) from None
        return
    for row in rows:
        name, file = str(row.get("reference") or ""), row.get("arquivo")
        if not name.strip():
            problems.append(Problem(None, "reference", english("s_row_no_name")))
        elif not file:
            problems.append(Problem(name, "arquivo", english("s_row_nothing")))
        elif isinstance(file, str):
            try:
                yield name, io.BytesIO(file.encode(markup.declared_encoding(file[:4096].encode())))
            except UnicodeEncodeError as wrong:
                letter = f"U+{ord(wrong.object[wrong.start]):04X}"
                problems.append(Problem(name, "arquivo", english("s_row_undeclared", letter=letter)))
            except Malformed as wrong_name:
                problems.append(Problem(name, "arquivo", wrong_name.what))
        elif isinstance(file, (bytes, bytearray, memoryview)):
            yield name, io.BytesIO(bytes(file))
        else:
            problems.append(Problem(name, "arquivo", english("s_row_no_bytes", kind=type(file).__name__)))

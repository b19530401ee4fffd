"""Outgoing rows to contract files: `ContratosCCEAL`, at most so many records each, judged before they leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from malote.archive import Archive
from malote.errors import Invalid, Misconfigured, Problem
from malote.institution import Free, Row
from malote.institutions.ccee.documents.contract_file import contract_file
from malote.reading import markup
from malote.submission import Document, Item, Stored
from malote.texts import english
from malote.treaty import EXPLAINED, Plan, Treaty, Wrong

BATCH = 500
"""Rows that are looked at together: one question to the journal, one verdict of libxml2."""

FOLDER = "ccee/sent"
KEPT = english("s_kept_rows_there")


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
            raise _wrong(
                english("s_param_is", name="encoding", value=repr(encoding)),
                english("s_do_one_of", names=", ".join(sorted(markup.ENCODINGS))),
            )
        if not (per_file.isdecimal() and len(per_file) < 10 and int(per_file)):
            raise _wrong(english("s_param_is", name="records_per_file", value=per_file[:40]), english("s_do_whole"))
        attributes = {"tipoGeracao": "1", "tipoCCEAL": "1", **{k: v for k, v in params.items() if v not in (None, "")}}
        return cls(str(params.get("root") or "ContratosCCEAL"), encoding, int(per_file), attributes)


def contracts(
    params: Mapping[str, Any], rows: Iterable[Row], archive: Archive, free: Free, folder: Path | None, sign: str
) -> list[Document]:
    """Rows to files of at most `records_per_file` records, in the order of the SQL; the same bytes each time.

    :param folder: of the user's own treaties, or None
    :param sign: rule ``decimal_sign``
    :raises Invalid: with every problem of the selection
    """
    layout = Layout.of(params)
    agreed = contract_file(folder, layout.root)
    tags = agreed.tags(layout.attributes)
    selection = _Selection(layout, agreed, free, sign)
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

    def __init__(self, layout: Layout, agreed: Treaty, free: Free, sign: str) -> None:
        self.problems: list[Problem] = []
        self._layout, self._agreed, self._free, self._sign = layout, agreed, free, sign
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._numbered = any(markup.local(name) == "sequencialControle" for name in agreed.record.attributes if name)
        self._seen: set[str] = set()
        self._unnamed = False

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
        if echo is not None and echo != reference:
            rule = english("s_row_not_referencia", path=f"{plan.root.name}.@referencia")
            self.problems.append(Problem(reference, "reference", rule))
        return Item(reference, echo or plan.value(values, "@numeroContrato")), text

    def judge(self, tags: tuple[str, str], records: list[tuple[Item, str]]) -> None:
        """Note what breaks the treaty in these records."""
        left = max(EXPLAINED - len(self.problems), 0)
        self.problems += self._agreed.problems(tags, [(item.reference, None, text) for item, text in records], left)

    def _plan(self, row: Row) -> Plan:
        columns = tuple(row)
        if columns not in self._plans:
            self._plans[columns] = Plan(self._agreed, columns, self._layout.encoding, self.problems, sign=self._sign)
        return self._plans[columns]

    def _reference(self, row: Row) -> str | None:
        reference, rule = row.get("reference"), None
        self._plan(row)  # a column that names no path is a problem, although no row travels
        if "reference" not in row:
            if not self._unnamed:
                self.problems.append(Problem(None, "reference", english("s_row_no_column")))
            self._unnamed = True
            return None
        text = "" if reference is None else str(reference)
        if not text.strip():
            rule = english("s_row_empty")
        elif text in self._seen:
            rule = english("s_row_twice")
        self._seen.add(text)
        if rule:
            self.problems.append(Problem(text or None, "reference", rule))
        return None if rule and not text.strip() else text


def document(operation: str, name: str, stored: Stored, items: list[Item]) -> Document:
    """A file in the archive as a document, with the number of answers that make its answer whole."""
    # Edits of one contract share its number: an answer is whole when it names as many contracts as the file does.
    echoes = len({item.echo or item.reference for item in items})
    return Document(operation, name, stored, tuple(items), {"echoes": echoes})


def invalid(problems: list[Problem]) -> Invalid:
    """One error for all problems of a selection."""
    return Invalid(
        english("s_problems", n=len(problems)),
        institution="ccee",
        problems=tuple(problems),
        todo=english("s_do_rows_file"),
        kept=KEPT,
    )


def _wrong(what: str, todo: str) -> Misconfigured:
    return Misconfigured(what, institution="ccee", todo=todo, kept=KEPT)

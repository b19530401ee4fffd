"""Outgoing rows to documents, one each: the reference checked, the text by the layout, the verdict before it leaves."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from malote.archive import Archive
from malote.errors import Invalid, Problem
from malote.institution import Free, Row
from malote.institutions.bndes.answers import Tags, name_of
from malote.institutions.bndes.layouts import Layout, is_shipped
from malote.institutions.bndes.rules import Service
from malote.submission import Document, Item, Order
from malote.texts import english
from malote.treaty import Plan, Wrong

log = logging.getLogger("malote.institutions.bndes")

BATCH = 500
"""Rows about which the journal is asked at once."""

EXPLAINED = 200
"""Bad rows of a selection that xmlschema explains; beyond them libxml2's shorter words are kept."""

FOLDER = "bndes/sent"
OWN = frozenset({"reference", "ambiente", "conta"})
"""Columns that are no paths. `ambiente` and `conta` name where a row's numeroBNDES comes from: elsewhere it stays."""

KEYS = {"ano_proposta": "anoProposta", "numero_proposta": "numeroProposta", "numero_bndes": "numeroBNDES"}
"""What is frozen of a row beside its reference, by column of the tables and by name in the facts."""

_PADDED = re.compile(r"\A([12][0-9]{3}/)?0+([0-9]+)\Z")
_PROPOSAL = re.compile(r"([12][0-9]{3})/(.+)")
_KEPT = english("s_kept_rows_there")


@dataclass(frozen=True, slots=True)
class Made:
    """A row that may travel: its document, and what is frozen of it."""

    reference: str
    data: bytes
    facts: Mapping[str, Any]


def documents(
    service: Service,
    layout: Layout,
    tags: Tags,
    order: Order,
    rows: Iterable[Row],
    archive: Archive,
    free: Free,
    *,
    here: tuple[str, str],
) -> Iterator[Document | Problem]:
    """A document of each row that is free, in the order of the SQL; the same bytes each time.

    :param here: environment and account, which `ambiente` and `conta` of a row must be where it has them
    :raises Invalid: with every problem of the selection; where `valid_rest` is asked for only those of its columns
    """
    if is_shipped(layout) and here[0] != "simulator":
        log.warning(
            "%s is made by malote's reconstruction of its layout, not by BNDES's: give BNDES's XSD by extra.schemas",
            service.name,
        )
    if not service.documented:
        log.warning("%s is undocumented: the manual gives only the name; it goes to %s", service.name, service.path)
    selection = _Selection(service, layout, tags, here)
    rest = _true(order.params.get("valid_rest"))
    frozen: dict[str, Any] = {"preparado_em": order.at.isoformat()}
    if _true(order.params.get("hold_after_cut_off")):
        frozen["hold_after_cut_off"] = True
    made: list[Made] = []
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        named = [(reference, row) for row in batch if (reference := selection.reference(row)) is not None]
        may = free(service.name, [reference for reference, _ in named]) if named else set()
        made += filter(None, (selection.made(reference, row) for reference, row in named if reference in may))
    if selection.columns or (selection.problems and not rest):
        raise _invalid([*selection.columns, *selection.problems])
    yield from selection.problems
    for each in made:
        name = f"{service.name}-{each.reference}.xml"
        with archive.write(FOLDER, name) as sheet:
            sheet.write(each.data)
        yield Document(service.name, name, sheet.stored, (Item(each.reference),), {**each.facts, **frozen})


def question(layout: Layout, row: Row) -> bytes:
    """One row as a document, e.g. that of a pesquisa.

    :raises Invalid: where it breaks the layout
    """
    problems: list[Problem] = []
    columns = {name: value for name, value in row.items() if name not in OWN}
    plan, wrong = _plan(layout, tuple(columns), problems), list[Wrong]()
    data = layout.document(plan.record(tuple(columns.values()), layout.attributes, wrong))
    found = [*problems, *(Problem(None, column, rule) for column, _, rule in wrong)]
    found = found or [Problem(None, path, rule) for path, rule in layout.problems(data)]
    if found:
        raise _invalid(found)
    return data


class _Selection:
    """One selection on its way to documents: what was seen, what is wrong with it."""

    def __init__(self, service: Service, layout: Layout, tags: Tags, here: tuple[str, str]) -> None:
        self.columns: list[Problem] = []
        self.problems: list[Problem] = []
        self._service, self._layout, self._here = service, layout, here
        self._names = {fact: frozenset(map(name_of, tags[column])) for column, fact in KEYS.items()}
        self._plans: dict[tuple[str, ...], tuple[Plan, dict[str, str]]] = {}
        self._seen: set[str] = set()
        self._explained = 0

    def reference(self, row: Row) -> str | None:
        """The reference of a row that is meant for here; a missing or a double one is a problem."""
        if any(
            row.get(name) not in (None, "", ours) for name, ours in zip(("ambiente", "conta"), self._here, strict=True)
        ):
            return None
        if "reference" not in row:
            if not any(each.path == "reference" for each in self.columns):
                self.columns.append(Problem(None, "reference", english("s_row_no_column")))
            return None
        text = "" if row["reference"] is None else str(row["reference"])
        if not text.strip():
            self.problems.append(Problem(None, "reference", english("s_row_empty")))
            return None
        text = self._bare(text)
        if text in self._seen:
            self.problems.append(Problem(text, "reference", english("s_row_twice")))
            return None
        self._seen.add(text)
        return text

    def made(self, reference: str, row: Row) -> Made | None:
        """The document of a row, or None where it has problems."""
        columns, values = tuple(row), tuple(row.values())
        if columns not in self._plans:
            plan = _plan(self._layout, columns, self.columns)
            self._plans[columns] = plan, self._keys(plan)
        plan, keys = self._plans[columns]
        wrong: list[Wrong] = []
        data = self._layout.document(plan.record(values, self._layout.attributes, wrong))
        facts = {fact: text for fact, path in keys.items() if (text := plan.value(values, path)) is not None}
        problems = [(column, rule) for column, _, rule in wrong]
        if rule := self._misnamed(reference, facts):
            problems.append(("reference", rule))
        if not problems:
            problems = self._layout.problems(data, explain=self._explained < EXPLAINED)
            self._explained += bool(problems)
        if problems:
            self.problems += [Problem(reference, path, rule) for path, rule in problems]
            return None
        return Made(reference, data, {"reference": reference, **facts})

    def _keys(self, plan: Plan) -> dict[str, str]:
        """Fact to the path in the layout that carries it."""
        last = {path: name_of(path.rpartition(".")[2].lstrip("@")) for path in plan.at}
        found = {fact: [path for path, name in last.items() if name in names] for fact, names in self._names.items()}
        return {fact: paths[0] for fact, paths in found.items() if len(paths) == 1}

    def _misnamed(self, reference: str, facts: dict[str, str]) -> str:
        """The broken rule where a reference is not what the service identifies a request by (manual 5.5)."""
        if self._service.identity == "propria":
            return ""
        ano, numero = facts.get("anoProposta"), facts.get("numeroProposta")
        proposal = self._bare(f"{ano}/{numero}") if ano and numero else None
        if self._service.identity == "proposta":
            return "" if reference == proposal else english("s_row_proposal", proposal=proposal or "–")
        if reference == self._bare(facts.get("numeroBNDES") or "") or reference == proposal:
            return ""
        said = _PROPOSAL.fullmatch(reference)
        if said is None or proposal is not None:
            return english("s_row_proposal_or_number")
        facts["anoProposta"], facts["numeroProposta"] = said[1], said[2]
        return ""

    def _bare(self, reference: str) -> str:
        """Of what is a number over there: without zeros in front. `2026/01000` is the operation `2026/1000`."""
        return reference if self._service.identity == "propria" else _PADDED.sub(r"\1\2", reference)


def _plan(layout: Layout, columns: Sequence[str], problems: list[Problem]) -> Plan:
    # A Layout has what a Plan asks of a Treaty: its lead and its record.
    return Plan(cast(Any, layout), columns, "UTF-8", problems, own=OWN)


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "1", "yes")


def _invalid(problems: Sequence[Problem]) -> Invalid:
    return Invalid(
        english("s_problems", n=len(problems)),
        institution="bndes", problems=tuple(problems), todo=english("s_do_rows_schema"),
        kept=_KEPT,
    )  # fmt: skip

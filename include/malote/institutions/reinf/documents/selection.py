"""Outgoing rows to judged events: references, what malote fills in, the verdict of the layout, what is frozen."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from malote.errors import Problem
from malote.institution import Free, Row
from malote.institutions.reinf.layouts import ID, Layout
from malote.institutions.reinf.masking import discreet, masked
from malote.institutions.reinf.rules import Event
from malote.texts import english
from malote.treaty import EXPLAINED, Fixed, Plan, Wrong

log = logging.getLogger("malote.institutions.reinf")

BATCH = 500
"""Rows about which the journal is asked at once."""

OWN = frozenset({"reference", "ambiente", "conta", "falta"})
"""Columns that are no paths. `ambiente` and `conta` say where a row's receipt comes from: elsewhere it stays. `falta`
says, by `ambiente/conta`, what has to land before this row may travel: until then it waits."""

FROZEN = frozenset(
    [
        "perApur",
        "tpInscEstab",
        "nrInscEstab",
        "cnpjBenef",
        "ideEvtAdic",
        "indRetif",
        "nrRecibo",
        "tpEvento",
        "nrRecEvt",
        "iniValid",
        "fechRet",
    ]
)
"""What is frozen of an event, by its element; of nobody's CPF or name."""

_RECEIPTS = frozenset({"ideEvento.nrRecibo", "infoExclusao.nrRecEvt", "ideEstab.nrInscEstab"})
"""Long numbers of a form of their own: no place where a card number would be looked for."""

_DIGITS = re.compile("[0-9]{11}")


@dataclass(frozen=True, slots=True)
class Made:
    """A row that may travel: its main element, judged, with :data:`ID` where its Id goes; and what is frozen of it."""

    reference: str
    record: str
    facts: Mapping[str, str]


class Selection:
    """One selection on its way to events: what was seen, what is wrong with it.

    :param fixed: what malote fills in of every event
    :param home: environment and account
    :param rest: wrong rows are left out, the others travel
    """

    def __init__(
        self, event: Event, layout: Layout, fixed: Sequence[Fixed], home: tuple[str, str], *, rest: bool
    ) -> None:
        self.columns: list[Problem] = []
        self.problems: list[Problem] = []
        self._event, self._layout, self._fixed, self._home, self._rest = event, layout, fixed, home, rest
        self._plans: dict[tuple[str, ...], tuple[Plan, dict[str, str]]] = {}
        self._seen: set[str] = set()
        self._explained = 0
        self.waiting: dict[str, list[str]] = {}
        """Reference of each row that waits, and what for."""

    @property
    def blocked(self) -> bool:
        """Whether nothing of it may travel any more."""
        return bool(self.columns) or (bool(self.problems) and not self._rest)

    def travelling(self, rows: Iterable[Row], free: Free) -> Iterator[Made]:
        """The rows whose reference is good, new and free, as events; memory does not grow with the selection."""
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            named = [(reference, row) for row in batch if (reference := self._reference(row)) is not None]
            may = free(self._event.code, [reference for reference, _ in named]) if named else set()
            for reference, row in named:
                if reference in may and not self._waits(reference, row) and (made := self._made(reference, row)):
                    yield made

    def noted(self) -> list[Problem]:
        """The problems so far of rows that were left out, each given once."""
        found, self.problems = self.problems, []
        return found

    def _reference(self, row: Row) -> str | None:
        """The reference of a row that is meant for here; a missing or a double one is a problem."""
        pairs = zip(("ambiente", "conta"), self._home, strict=True)
        if any(row.get(name) not in (None, "", ours) for name, ours in pairs):
            return None
        if "reference" not in row:
            if not any(each.path == "reference" for each in self.columns):
                self.columns.append(Problem(None, "reference", english("s_row_no_column")))
            return None
        text, rule = "" if row["reference"] is None else str(row["reference"]), ""
        if not text.strip():
            rule = english("s_row_empty")
        elif text in self._seen:
            rule = english("s_row_twice")
        elif masked(text) != text:
            rule = english("s_row_cpf")
        self._seen.add(text)
        if rule:
            self.problems.append(Problem(masked(text) or None, "reference", rule))
            return None
        return text

    def _waits(self, reference: str, row: Row) -> bool:
        """Whether something has to land first; it is said, and the row stays where it is."""
        missing = row.get("falta") or {}
        words = missing.get("/".join(self._home), ()) if isinstance(missing, Mapping) else missing
        if words:
            self.waiting[reference] = (
                [str(each) for each in words] if isinstance(words, (list, tuple)) else [str(words)]
            )
        return bool(words)

    def _made(self, reference: str, row: Row) -> Made | None:
        """The event of a row, or None where it has problems."""
        columns, values = tuple(row), [_bare(value) for value in row.values()]
        plan, frozen = self._plan(columns)
        wrong: list[Wrong] = []
        record = plan.record(values, f' id="{ID}"', wrong)
        facts = {name: text for name, path in frozen.items() if (text := plan.value(values, path)) is not None}
        if _DIGITS.fullmatch(facts.get("nrInscEstab", "")):
            del facts["nrInscEstab"]  # an establishment may be a person
        broken = [(column, rule) for column, _, rule in wrong]
        if facts.get("indRetif") == "2" and not facts.get("nrRecibo"):
            broken.append(("ideEvento.nrRecibo", english("s_row_rectification")))
        if not broken:
            broken = self._layout.problems(record, explain=self._explained < EXPLAINED)
            self._explained += bool(broken)
        self.problems += [Problem(reference, path, discreet(path, rule)) for path, rule in broken]
        return None if broken or self.columns else Made(reference, record, facts)

    def _plan(self, columns: tuple[str, ...]) -> tuple[Plan, dict[str, str]]:
        if columns not in self._plans:
            # A Layout has what a Plan asks of a Treaty: its lead and its record.
            plan = Plan(
                cast(Any, self._layout), columns, "UTF-8", self.columns, own=OWN, fixed=self._fixed, cards=_RECEIPTS
            )
            last = {path: path.rpartition(".")[2] for path in plan.at}
            self._plans[columns] = plan, {name: path for path, name in last.items() if name in FROZEN}
        return self._plans[columns]


def _bare(value: Any) -> Any:
    """Without blanks at the ends; nothing where nothing is left: no empty element is sent (M 5.2)."""
    if isinstance(value, str):
        return value.strip() or None
    return [_bare(each) for each in value] if isinstance(value, list) else value

"""The paths that Cielo's outgoing SQL may name, and its rows on their way into a lot, by the column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, repeat
from operator import contains, itemgetter
from pathlib import Path
from typing import Any

from malote.errors import Problem
from malote.institution import Row
from malote.institutions.cielo.documents.cards import SEALED, discreet, hidden
from malote.institutions.cielo.documents.money import CARD, Broken, Checks
from malote.institutions.cielo.rules import Operation
from malote.place import schemas
from malote.submission import Item
from malote.texts import english
from malote.treaty import Fixed, Plan, Treaty, Wrong, treaty

OWN = frozenset({"reference", "tipo-operacao", "autorizado.valor", "autorizado.data-hora", "autorizado.em", SEALED})
"""Columns that are no path below the item: what a rule looks at, and the sealed card."""

CARDS = frozenset({SEALED, f"{SEALED}.numero"})
"""Columns that are made for a card number."""

LIST = "lista-requisicoes"

_CARD = english("s_row_card")
_PAID = english("s_row_paid")


def lot(folder: Path | None, element: str) -> Treaty:
    """The treaty of a lot and of one kind of item in it, from the user's folder or the shipped one.

    :raises Misconfigured: where no schema there declares that, or one is broken
    """
    home = folder or schemas("cielo")
    return treaty((home,), ("ecm-lote.xsd", "*.xsd"), "requisicao-lote", (LIST, element), institution="cielo")


class Columns:
    """The columns of one selection, bound to the treaty and to what the operation asks of a row.

    :param problems: columns that name no path of the treaty are added here
    """

    def __init__(
        self, agreed: Treaty, names: Sequence[str], checks: Checks, fixed: Sequence[Fixed], problems: list[Problem]
    ) -> None:
        self.plan = Plan(agreed, names, "UTF-8", problems, own=OWN, fixed=fixed, cards=CARDS)
        self.checks = checks
        self._at = {name: place for place, name in enumerate(names) if name in OWN} | self.plan.at

    def place(self, path: str | None) -> int | None:
        """Where the column of a whole path, or an own one, stands; None where there is none."""
        return None if path is None else self._at.get(path)

    def given(self, values: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The values by column, an empty or blank text of a card (a ``char(n)`` pads) as what is not given.

        An empty element would be written otherwise, beside a token too, and Cielo is reported to refuse those. The
        holder and his papers are so only beside a token: of a card they are asked for.
        """
        tokens = self.place(f"{SEALED}.token")
        found = list(values)
        for path, place in self._at.items():
            if path.startswith(f"{SEALED}.") and any(map(_blank, found[place])):
                always = path in CARD
                found[place] = [
                    None if _blank(each) and (always or (tokens is not None and values[tokens][at])) else each
                    for at, each in enumerate(found[place])
                ]
        return found


def _blank(value: Any) -> bool:
    return value.__class__ is str and not value.strip()


class Batch:
    """Some rows, by the column, and the rules that they break, by the row's place.

    :param references: of the rows, not empty
    :param values: of each column, in the order of ``columns``
    """

    def __init__(self, columns: Columns, references: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        self.columns, self.references, self.values = columns, references, values
        self.broken: dict[int, list[Broken]] = {}

    def __len__(self) -> int:
        return len(self.references)

    def part(self, start: int, stop: int | None = None) -> Batch:
        """The rows from a place on."""
        return self if not start and stop is None else self.some(range(*slice(start, stop).indices(len(self))))

    def some(self, places: Sequence[int]) -> Batch:
        """The rows at these places, in this order."""
        if not places:
            return Batch(self.columns, (), [()] * len(self.values))
        pick = itemgetter(*places, places[0])  # of one place alone it would give no tuple
        found = Batch(self.columns, pick(self.references)[:-1], [pick(column)[:-1] for column in self.values])
        found.broken = {at: self.broken[place] for at, place in enumerate(places) if place in self.broken}
        return found

    def items(self) -> list[Item]:
        """What the journal keeps of the rows."""
        echoes = self.column(self.columns.checks.echo)
        if echoes is None:
            return list(map(Item, self.references))
        return [
            Item(reference, None if echo is None else str(echo))
            for reference, echo in zip(self.references, echoes, strict=True)
        ]

    def texts(self, ids: Sequence[str]) -> list[str]:
        """The text of each item; a value that cannot be written is left out, and noted in ``broken``.

        :param ids: the attributes of each item, as they are written
        """
        wrong: dict[int, list[Wrong]] = {}
        found = self.columns.plan.records(self.values, ids, wrong)
        for place, each in wrong.items():
            self.note(place, ((path, rule) for _, path, rule in each))
        return found

    def note(self, place: int, said: Iterable[Broken]) -> None:
        """What the treaty says of a row, where nothing is said of that path yet; never a value that must be hidden."""
        broken = self.broken.setdefault(place, [])
        known = {path for path, _ in broken}
        for path, rule in said:
            if path not in known:
                problem = discreet(Problem(None, path, rule))
                broken.append((problem.path, problem.rule))

    def look(self, operation: Operation, now: datetime, home: str) -> None:
        """Note every rule beyond the treaty that a row breaks.

        :param home: whose lots they are, `environment/EC`: one of what `autorizado.em` holds
        """
        checks = self.columns.checks
        absent = (None,) * len(self)
        columns = [self.column(path) or absent for path in checks.paths]
        identity = self.column(checks.identity) or self.references
        cards = self.column(f"{SEALED}.numero")
        kinds = self.column("tipo-operacao") or absent
        paid = self.column("autorizado.em") or absent
        if (
            checks.clean(columns)
            and (identity is self.references or list(identity) == list(self.references))
            and (cards is None or not any(map(contains, self.references, [card or "\n" for card in cards])))
            and set(kinds) == {None}
            and not any(paid)
        ):
            return
        rows = zip(*columns, strict=True) if columns else repeat((), len(self))
        numbers = absent if cards is None else cards
        for place, (row, name, card, kind, there) in enumerate(zip(rows, identity, numbers, kinds, paid, strict=True)):
            broken = checks.broken(row, now)
            if name is not None and str(name) != self.references[place]:
                broken.append(("reference", english("s_row_not_identity", path=checks.identity)))
            if card and str(card) in self.references[place]:
                broken.append(("reference", _CARD))
            if kind is not None and str(kind).lstrip("0") != operation.code.lstrip("0"):
                said = {"kind": str(kind)[:10], "code": operation.code, "title": operation.title}
                broken.append(("tipo-operacao", english("s_row_operation", **said)))
            if there and not isinstance(there, list):
                broken.append(("autorizado.em", english("s_row_array", kind=type(there).__name__)))
            elif there and home in there:
                broken.append(("reference", _PAID))
            if broken:
                self.broken[place] = broken + self.broken.get(place, [])

    def problems(self, place: int) -> list[Problem]:
        """What is wrong with a row, for people."""
        cards, reference = self.column(f"{SEALED}.numero"), self.references[place]
        if cards is not None and cards[place]:
            reference = hidden(reference, str(cards[place]))
        return [Problem(reference, path, rule) for path, rule in self.broken.get(place, ())]

    def column(self, path: str | None) -> Sequence[Any] | None:
        """The values at a whole path, or of an own column; None where there is no such column."""
        place = self.columns.place(path)
        return None if place is None else self.values[place]


def by_column(rows: Sequence[Row]) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
    """The names of the columns, and the values of each; a row that lacks a column has None there."""
    names = tuple(rows[0])
    if all(map(names.__eq__, map(tuple, rows))):
        flat = list(chain.from_iterable([row.values() for row in rows]))
        return names, [flat[place :: len(names)] for place in range(len(names))]
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    return names, [[row.get(name) for row in rows] for name in names]

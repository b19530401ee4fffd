"""Column names that are paths into a treaty, and the plan by which rows become its records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from malote.errors import Problem
from malote.texts import english
from malote.treaty.guard import Guard
from malote.treaty.paths import attributes, elements, filled, written
from malote.treaty.schema import Treaty
from malote.treaty.template import Node, Template, Unwritable, is_plain, nodes, shape
from malote.treaty.template import Wrong as Wrong
from malote.treaty.values import Leaf

CUT = 63
"""Bytes that PostgreSQL keeps of a name: hence `..` for the elements in between, where only one path fits."""

TEMPLATES = 1000
"""Shapes of rows that a plan remembers: which columns are absent, of what type the others are."""

Segment = tuple[str, str, str | None]
"""`@` or "", the name, and the index: None, "" for `[]`, or a number."""

_SEGMENT = re.compile(r"(@?)([^\W\d][\w-]*)(?:\[(\d*)\])?", re.UNICODE)
_SHORTEN = english("s_row_cut")


@dataclass(frozen=True, slots=True)
class Fixed:
    """What stands at a whole path in every record; None where it comes with the record's lead."""

    path: str
    text: str | None


class Plan:
    """The columns of one selection, resolved against the treaty, and how a row becomes a record.

    :param columns: of the selection, in the order in which a row's values come
    :param problems: columns that name no path of the treaty are added here
    :param own: columns that are no paths: they are left alone
    :param fixed: what no column may name
    :param sign: the decimal sign of types that take both
    :param cards: columns, or whole paths, that are made for a card number; it is wrong in every other
    """

    def __init__(
        self,
        treaty: Treaty,
        columns: Sequence[str],
        encoding: str,
        problems: list[Problem],
        *,
        own: frozenset[str] = frozenset({"reference"}),
        fixed: Sequence[Fixed] = (),
        sign: str = ",",
        cards: frozenset[str] = frozenset(),
    ) -> None:
        self.at: dict[str, int] = {}
        self._treaty, self._encoding, self._problems, self._sign = treaty, encoding, problems, sign
        self._columns = {column: at for at, column in enumerate(columns)}
        self._leaves: list[Leaf] = []
        tree: dict[Any, Any] = {}
        for each in fixed:
            self._place(f"{treaty.lead}{each.path}", each, tree)
        for column in columns:
            if column not in own:
                self._place(column, column, tree)
        self.root = self._grow(Node(str(treaty.record.local_name)), treaty.record, tree, "")
        self._shape: Callable[[Any], Any] = shape if any(node.repeated for node in nodes(self.root)) else type
        self._templates: dict[Any, Template] = {}
        paths = {leaf.column: leaf.path for leaf in self._leaves}
        self._guard = Guard([(column, paths.get(column, column)) for column in columns], cards)

    def record(self, values: Sequence[Any], lead: str, wrong: list[Wrong]) -> str:
        """One row as the text of its record. What is wrong is added to ``wrong``; what cannot be written is left out.

        :param values: as many as columns, in their order
        :param lead: further attributes of the record, as they are written: ``' id="1"'``
        """
        wrong += self._guard.row(values)
        return self._record(values, lead, wrong)

    def _record(self, values: Sequence[Any], lead: str, wrong: list[Wrong]) -> str:
        try:
            return self._template(tuple(map(self._shape, values))).filled(values, lead, wrong)
        except Unwritable as unwritable:
            return self._record(unwritable.rest, lead, wrong)

    def records(
        self, columns: Sequence[Sequence[Any]], leads: Sequence[str], wrong: dict[int, list[Wrong]]
    ) -> list[str]:
        """Many rows, given by column, as the texts of their records: as :meth:`record`, and far faster.

        :param wrong: by the row's place
        """
        self._guard.rows(columns, wrong)
        plain, mixed = self._looked_at(columns)
        groups: dict[tuple[Any, ...], list[int]] = {}
        if mixed:
            for place, key in enumerate(zip(*mixed, strict=True)):
                groups.setdefault(key, []).append(place)
        if len(groups) < 2:
            return self._together(columns, leads, range(len(leads)), wrong, plain) if leads else []
        texts = [""] * len(leads)
        for places in groups.values():
            some = itemgetter(*places, places[0])  # of one place alone it would give no tuple
            those = [some(column)[:-1] for column in columns]
            found = self._together(those, some(leads)[:-1], places, wrong, plain)
            for place, text in zip(places, found, strict=True):
                texts[place] = text
        return texts

    def _looked_at(self, columns: Sequence[Sequence[Any]]) -> tuple[set[int], list[list[Any]]]:
        """The places of the columns of plain text, and the shapes in those that hold more than one shape."""
        plain: set[int] = set()
        mixed: list[list[Any]] = []
        for place, column in enumerate(columns):
            try:
                if is_plain("".join(column), self._encoding):  # the fastest way to know that all are texts
                    plain.add(place)
            except TypeError:
                if len(set(map(self._shape, column))) > 1:
                    mixed.append(list(map(self._shape, column)))
        return plain, mixed

    def _together(
        self,
        columns: Sequence[Sequence[Any]],
        leads: Sequence[str],
        places: Sequence[int],
        wrong: dict[int, list[Wrong]],
        plain: Set[int],
    ) -> list[str]:
        """Rows of one shape."""
        template = self._template(tuple(self._shape(column[0]) for column in columns))
        with suppress(ValueError):
            return template.all_filled(columns, leads, plain)
        texts = []
        for at, place in enumerate(places):
            broken: list[Wrong] = []
            texts.append(self._record([column[at] for column in columns], leads[at], broken))
            if broken:
                wrong.setdefault(place, []).extend(broken)
        return texts

    def _template(self, key: tuple[Any, ...]) -> Template:
        found = self._templates.get(key)
        if found is None:
            if len(self._templates) >= TEMPLATES:
                self._templates.clear()
            found = self._templates[key] = Template(self.root, self._columns, key, self._encoding)
        return found

    def value(self, values: Sequence[Any], path: str) -> str | None:
        """The text at a whole path, or None where the row has none (or a wrong one)."""
        at = self.at.get(path)
        value = None if at is None else values[at]
        leaf = next((leaf for leaf in self._leaves if leaf.path == path), None)
        try:
            return None if leaf is None or value is None else leaf.text(value)
        except ValueError:
            return None

    def _place(self, column: str, what: str | Fixed, tree: dict[Any, Any]) -> None:
        segments, rule = self._resolved(column)
        if not rule:
            here = tree
            for segment in segments:
                here = here.setdefault(segment, {})
            other = here.setdefault("", what)
            if other is what:
                return
            ours = isinstance(other, Fixed)
            rule = english("s_row_ours") if ours else english("s_row_same_path", other=other)
        self._problems.append(Problem(None, column, rule))

    def _resolved(self, column: str) -> tuple[list[Segment], str]:
        """The segments of a column's path below the record, `..` filled in; else the broken rule."""
        lead, record = self._treaty.lead, self._treaty.record
        if not column.startswith(lead):
            return [], english("s_row_lead", lead=lead.rstrip("."))
        below = column[len(lead) :]
        parts = ["", *below.lstrip(".").split(".")] if below.startswith(".") else below.split(".")
        if "" in parts:
            found = list(filled(record, parts, 0))
            if len(found) != 1:
                fits = ", ".join(lead + ".".join(path) for path in found)
                return [], english("s_row_several", fits=fits) if fits else english("s_row_none")
            parts = found[0]
        matches = [_SEGMENT.fullmatch(part) for part in parts]
        if not all(matches) or any(each and each[1] for each in matches[:-1]):
            return [], english("s_row_no_path", cut=_SHORTEN if len(column.encode()) >= CUT else "")
        if any(each and each[3] and not int(each[3]) for each in matches):
            return [], english("s_row_first")
        # What says no index is the first: one thing, one way to say it.
        return [(each[1], each[2], _index(each[3])) for each in matches if each], ""

    def _grow(self, node: Node, element: Any, tree: Mapping[Any, Any], path: str) -> Node:
        known, children = attributes(element), elements(element)
        grown: list[tuple[tuple[int, int, int], Node]] = []
        every = {name for mark, name, index in filter(None, tree) if index == ""}
        for segment, below in tree.items():
            if segment and segment[2] != "" and segment[1] in every:
                rule = english("s_row_one_and_all", name=segment[1], every=f"{segment[1]}[]")
                self._problems += [Problem(None, column, rule) for column in _below(below)]
                continue
            if segment == "":
                self._fill(node, element, below, path.rstrip("."))
                continue
            mark, name, index = segment
            if mark and name in known:
                if not isinstance(below[""], Fixed):
                    node.attributes[written(known[name].name)] = self._leaf(
                        below[""], f"{path}@{name}", known[name].type
                    )
            elif not mark and name in children:
                child = children[name]
                grown_child = self._grow(
                    Node(name, index == "", child.turn, child.nil), child.element, below, f"{path}{name}."
                )
                place = child.place_of(int(index or 0))
                grown.append(((place if child.turn is None else child.turn, int(index or 0), place), grown_child))
            else:
                for column in _below(below):
                    said = {"node": node.name, "name": name, "cut": _SHORTEN if len(column.encode()) >= CUT else ""}
                    rule = english("s_row_no_attribute", **said) if mark else english("s_row_no_element", **said)
                    self._problems.append(Problem(None, column, rule))
        node.children = [child for _, child in sorted(grown, key=lambda each: each[0])]
        return node

    def _fill(self, node: Node, element: Any, what: str | Fixed, path: str) -> None:
        if isinstance(what, Fixed):
            node.content = what.text
        elif element.type.is_simple() or element.type.has_simple_content():
            node.content = self._leaf(what, path, element.type if element.type.is_simple() else element.type.content)
        else:
            self._problems.append(Problem(None, what, english("s_row_no_text")))

    def _leaf(self, column: str, path: str, kind: Any) -> Leaf:
        self._leaves.append(Leaf(column, path, kind, self._encoding, self._sign))
        self.at.setdefault(path, self._columns[column])
        return self._leaves[-1]


def _index(said: str | None) -> str | None:
    return said and (str(int(said)) if int(said) > 1 else None)


def _below(tree: Mapping[Any, Any]) -> Iterable[str]:
    for segment, below in tree.items():
        if segment != "":
            yield from _below(below)
        else:
            yield below.path if isinstance(below, Fixed) else below

"""The paths that CCEE's outgoing SQL may name, by the contract file's schema, and the columns that land."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from malote import markup
from malote.ccee.treaty import ESCAPES, Treaty
from malote.ccee.values import Leaf
from malote.errors import Problem
from malote.institution import Table

TABLE = Table(
    "ccee.resultado_processamento",
    (
        "codigo_processamento",
        "status",
        "descricao",
        "codigo_origem",
        "codigo_contrato",
        "comprador_codigo",
        "vendedor_codigo",
    ),
)
"""Where results land: one row per `detalhe` (manual 5.1.2.1)."""

CUT = 63
"""Bytes that PostgreSQL keeps of a name: hence `..` for the elements in between, where only one path fits."""

Segment = tuple[str, str, str | None]
"""`@` or "", the name, and the index: None, "" for `[]`, or a number."""

_SEGMENT = re.compile(r"(@?)([^\W\d][\w-]*)(?:\[(\d*)\])?", re.UNICODE)


@dataclass(slots=True)
class Node:
    """An element that columns name: its attributes, text and children, in the schema's order."""

    name: str
    repeated: bool = False
    attributes: dict[str, Leaf] = field(default_factory=dict)
    content: Leaf | None = None
    children: list[Node] = field(default_factory=list)

    def leaves(self) -> Iterable[Leaf]:
        """Every column at or below this element."""
        yield from self.attributes.values()
        if self.content:
            yield self.content
        for child in self.children:
            yield from child.leaves()


class Plan:
    """The columns of one selection, resolved against the treaty, and how a row becomes a record.

    :param problems: columns that name no path of the treaty are added here
    """

    def __init__(self, treaty: Treaty, columns: Sequence[str], encoding: str, problems: list[Problem]) -> None:
        self._record = treaty.record
        self._encoding = encoding
        self.root = Node(str(treaty.record.local_name))
        self._numbered = "sequencialControle" in _attributes(treaty.record)
        tree: dict[Any, Any] = {}
        for column in columns:
            segments, rule = self._resolved(column)
            if rule:
                problems.append(Problem(None, column, rule))
                continue
            here = tree
            for segment in segments[1:]:
                here = here.setdefault(segment, {})
            here[""] = column
        self._grow(self.root, treaty.record, tree, problems)

    def record(self, row: Mapping[str, Any], sequence: int, reference: str | None, problems: list[Problem]) -> str:
        """One row as the text of its record; `sequence` fills `sequencialControle` where the SQL does not."""
        ours = self._numbered and "sequencialControle" not in self.root.attributes
        extra = f' sequencialControle="{sequence}"' if ours else ""

        def problem(path: str, rule: str) -> None:
            problems.append(Problem(reference, path, rule))

        return self._text(self.root, row, (), problem, extra) or f"<{self.root.name}/>"

    def value(self, row: Mapping[str, Any], attribute: str) -> str | None:
        """The text of an attribute of the record, or None where the row has none (or a wrong one)."""
        leaf = self.root.attributes.get(attribute)
        value = row.get(leaf.column) if leaf else None
        try:
            return None if leaf is None or value is None else leaf.text(value)
        except ValueError:
            return None

    def _resolved(self, column: str) -> tuple[list[Segment], str]:
        """The segments of a column's path, `..` filled in; else the broken rule."""
        parts = column.split(".")
        if parts[0] != self.root.name:
            return [], f"names no path of the treaty: a path begins with {self.root.name!r}"
        if "" in parts:
            found = [[parts[0], *path] for path in _filled(self._record, parts[1:], 0)]
            if len(found) != 1:
                fits = ", ".join(".".join(path) for path in found) or "none"
                return [], f"names no single path of the treaty; what fits: {fits}"
            parts = found[0]
        matches = [_SEGMENT.fullmatch(part) for part in parts]
        if not all(matches) or any(each and each[1] for each in matches[:-1]):
            cut = "; PostgreSQL cuts names at 63 bytes, shorten it with `..`" if len(column.encode()) >= CUT else ""
            return [], f"is no path{cut}"
        return [(each[1], each[2], each[3]) for each in matches if each], ""

    def _grow(self, node: Node, element: Any, tree: Mapping[Any, Any], problems: list[Problem]) -> None:
        attributes, elements = _attributes(element), _elements(element)
        grown: list[tuple[tuple[int, int], Node]] = []
        for segment, below in tree.items():
            if segment == "":
                if element.type.is_simple() or element.type.has_simple_content():
                    kind = element.type if element.type.is_simple() else element.type.content
                    node.content = Leaf(below, kind, self._encoding)
                else:
                    problems.append(Problem(None, below, "names an element that holds no text"))
                continue
            mark, name, index = segment
            if mark and name in attributes:
                node.attributes[name] = Leaf(below[""], attributes[name].type, self._encoding)
            elif not mark and name in elements:
                at, found = elements[name]
                child = Node(name, index == "")
                self._grow(child, found, below, problems)
                grown.append(((at, int(index or 0)), child))
            else:
                rule = f"names no path of the treaty: {node.name} has no {'attribute' if mark else 'element'} {name!r}"
                cut = "; PostgreSQL cuts names at 63 bytes, shorten it with `..`"
                for column in _columns(below):
                    problems.append(Problem(None, column, rule + cut * (len(column.encode()) >= CUT)))
        node.children = [child for _, child in sorted(grown, key=lambda each: each[0])]

    def _text(self, node: Node, row: Mapping[str, Any], at: tuple[int, ...], problem: Any, extra: str = "") -> str:
        attributes, inside, content = extra, "", None
        for name, leaf in node.attributes.items():
            if (text := _value(leaf, row, at, problem)) is not None:
                attributes += f' {name}="{text.translate(ESCAPES)}"'
        if node.content and (content := _value(node.content, row, at, problem)) is not None:
            inside = content.translate(ESCAPES)
        for child in node.children:
            if child.repeated:
                for number in range(_length(child, row, at, problem)):
                    inside += self._text(child, row, (*at, number), problem)
            else:
                inside += self._text(child, row, at, problem)
        if not attributes and not inside and content is None:
            return ""
        return f"<{node.name}{attributes}>{inside}</{node.name}>" if inside else f"<{node.name}{attributes}/>"


def _attributes(element: Any) -> dict[str, Any]:
    return {markup.local(name): each for name, each in element.attributes.items() if name}


def _elements(element: Any) -> dict[str, tuple[int, Any]]:
    """The children that an element may have, by local name, each with its place in the schema's order."""
    inside = element.type.content.iter_elements() if element.type.has_complex_content() else ()
    return {each.local_name: (at, each) for at, each in enumerate(inside) if each.local_name}


def _filled(element: Any, parts: Sequence[str], depth: int) -> Iterable[list[str]]:
    """Every way from `element` along `parts`, in which "" stands for any elements, at most 16 deep."""
    if not parts:
        yield []
    elif parts[0] == "":
        yield from _filled(element, parts[1:], depth)
        for name, (_, child) in _elements(element).items() if depth < 16 else ():
            yield from ([name, *rest] for rest in _filled(child, parts, depth + 1))
    elif parts[0].startswith("@"):
        if len(parts) == 1 and parts[0][1:] in _attributes(element):
            yield [parts[0]]
    elif (found := _elements(element).get(parts[0].partition("[")[0])) is not None:
        yield from ([parts[0], *rest] for rest in _filled(found[1], parts[1:], depth + 1))


def _columns(tree: Mapping[Any, Any]) -> Iterable[str]:
    for segment, below in tree.items():
        yield from ((below,) if segment == "" else _columns(below))


def _value(leaf: Leaf, row: Mapping[str, Any], at: tuple[int, ...], problem: Any) -> str | None:
    value = row.get(leaf.column)
    for index in at:
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            return None  # _length has said so
        value = value[index] if index < len(value) else None
    if value is None:
        return None
    try:
        return leaf.text(value)
    except ValueError as wrong:
        problem(leaf.column, str(wrong))
        return None


def _length(node: Node, row: Mapping[str, Any], at: tuple[int, ...], problem: Any) -> int:
    """How often a repeated element stands in this row: the length of the arrays below it, which must agree."""
    lengths: dict[int, str] = {}
    for leaf in node.leaves():
        value = row.get(leaf.column)
        for index in at:
            value = value[index] if isinstance(value, (list, tuple)) and index < len(value) else None
        if isinstance(value, (list, tuple)):
            lengths[len(value)] = leaf.column
        elif value is not None:
            problem(leaf.column, "is repeated ([]) and its value is no array")
    if len(lengths) > 1:
        sizes = " and ".join(map(str, lengths))
        problem(" and ".join(lengths.values()), f"are repeated together and have arrays of {sizes}")
    return max(lengths, default=0)

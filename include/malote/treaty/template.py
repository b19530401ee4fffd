"""Rows of one shape as text: constant parts found once, values between them, escaped where they need it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, groupby, repeat
from typing import Any

from malote.texts import english
from malote.treaty.values import ESCAPES, Leaf

Wrong = tuple[str, str, str]
"""A value that cannot be written: its column, its whole path, the broken rule."""

At = tuple[int, ...]
"""The indexes into the arrays of a repeated element; () outside of one."""

NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
"""Of an element that must be there and has no value."""

_NONE = type(None)
_PLAIN = bytes(sign for sign in range(0x20, 0x7F) if chr(sign) not in '&<>"')
_CARE = re.compile('[\x00-\x1f"&<>\x7f-\x9f\ud800-\udfff\ufffe\uffff]')
_CARE_ASCII = re.compile('[\x00-\x1f"&<>\x7f-\U0010ffff]')


@dataclass(slots=True)
class Node:
    """An element that columns name: its attributes, text and children, in the schema's order.

    :param turn: the repeated sequence that it stands in: its repeated neighbours of the same one take turns with it
    :param nil: without a value it is written with `xsi:nil`, where what holds it is written at all
    """

    name: str
    repeated: bool = False
    turn: int | None = None
    nil: bool = False
    attributes: dict[str, Leaf] = field(default_factory=dict)
    content: Leaf | str | None = None
    children: list[Node] = field(default_factory=list)

    def leaves(self) -> Iterable[Leaf]:
        """Every column at or below this element."""
        yield from self.attributes.values()
        if isinstance(self.content, Leaf):
            yield self.content
        for child in self.children:
            yield from child.leaves()


def _turns(children: Sequence[Node]) -> Iterable[list[Node]]:
    """Elements one by one; but those that stand in one repeated sequence and are repeated (`[]`) together."""
    for (turn, _), each in groupby(children, key=lambda child: (child.turn, child.repeated)):
        together = list(each)
        yield from [together] if turn is not None and together[0].repeated else ([child] for child in together)


def nodes(node: Node) -> Iterable[Node]:
    """An element and every one below it."""
    yield node
    for child in node.children:
        yield from nodes(child)


class Unwritable(Exception):
    """A row has values that cannot be written; ``rest`` is the row without them."""

    def __init__(self, rest: list[Any]) -> None:
        self.rest = rest


class Template:
    """How rows of one shape are written: constant parts, and what goes between them from where."""

    def __init__(self, root: Node, columns: Mapping[str, int], key: tuple[Any, ...], encoding: str) -> None:
        self._columns, self._key = columns, key
        self._slots: list[tuple[int, At, Leaf]] = []
        self._wrong: list[Wrong] = []
        self._care = _care(encoding)
        pieces = self._element(root, (), lead=True)[0] or [f"<{root.name}", None, "/>"]
        self._parts = [""]
        for piece in pieces:
            if piece is None:
                self._parts.append("")
            else:
                self._parts[-1] += piece
        self._writers = [leaf.writer(_kind(self._shape(place, at))) for place, at, leaf in self._slots]

    def filled(self, values: Sequence[Any], lead: str, wrong: list[Wrong]) -> str:
        """The text of one row of this shape; see :meth:`malote.treaty.layout.Plan.record`.

        :raises Unwritable: where values cannot be written; they are added to ``wrong``
        """
        try:
            picked = [leaf.text(_inside(values[place], at)).translate(ESCAPES) for place, at, leaf in self._slots]
        except ValueError:
            self._leave_out(values, wrong)
        wrong.extend(self._wrong)
        return "".join(chain.from_iterable(zip(self._parts, (lead, *picked, ""), strict=True)))

    def all_filled(self, columns: Sequence[Sequence[Any]], leads: Sequence[str], plain: Set[int]) -> list[str]:
        """The texts of many rows of this shape, given by column: some ten times faster than one by one.

        :param plain: places of the columns that hold only texts which can be written as they are
        :raises ValueError: where one of the rows cannot be written
        """
        if self._wrong:
            raise ValueError(self._wrong[0][2])
        streams: list[Iterable[str]] = [repeat(self._parts[0]), leads]
        constant = self._parts[1]
        for (place, at, leaf), write, part in zip(self._slots, self._writers, self._parts[2:], strict=True):
            column: Sequence[str] = [_inside(value, at) for value in columns[place]] if at else columns[place]
            if write is not Leaf.same:
                column = list(map(write, column))
            elif leaf.other_sign is not None:
                column = [leaf.text(each).translate(ESCAPES) for each in column]
            elif at or place not in plain:
                column = [leaf.text(each).translate(ESCAPES) if self._care(each) else each for each in column]
            elif column.count(column[0]) == len(column):  # the same in every row: it is joined once
                constant += column[0] + part
                continue
            streams += [repeat(constant), column]
            constant = part
        return list(map("".join, zip(*streams, repeat(constant))))

    def _leave_out(self, values: Sequence[Any], wrong: list[Wrong]) -> None:
        rest = list(values)
        for place, at, leaf in self._slots:
            try:
                leaf.text(_inside(values[place], at))
            except ValueError as broken:
                wrong.append((leaf.column, leaf.path, str(broken)))
                rest[place] = _without(rest[place], at)
        raise Unwritable(rest)

    def _shape(self, place: int, at: At) -> Any:
        kind = self._key[place]
        for index in at:
            if not isinstance(kind, tuple) or index >= len(kind):
                return _NONE  # _length has said so
            kind = kind[index]
        return kind

    def _slot(self, leaf: Leaf, at: At) -> bool:
        place = self._columns[leaf.column]
        if self._shape(place, at) is _NONE:
            return False
        self._slots.append((place, at, leaf))
        return True

    def _element(self, node: Node, at: At, *, lead: bool = False) -> tuple[list[str | None], bool]:
        """The pieces of an element, None for each value, and whether it holds one; nothing where it would be empty."""
        start: list[str | None] = [f"<{node.name}"] + [None] * lead
        bare = len(start)
        for name, leaf in node.attributes.items():
            start += [f' {name}="', None, '"'] if self._slot(leaf, at) else []
        inside: list[str | None] = []
        if isinstance(node.content, str):
            inside.append(node.content.translate(ESCAPES))
        elif node.content and self._slot(node.content, at):
            inside.append(None)
        holds = bool(inside) or len(start) > bare
        for turns in _turns(node.children):
            for number in range(self._length(turns, at)) if turns[0].repeated else (None,):
                for child in turns:
                    pieces, filled = self._element(child, at if number is None else (*at, number))
                    inside += pieces
                    holds = holds or filled
        if inside and (holds or lead):
            return [*start, ">", *inside, f"</{node.name}>"], holds
        if node.nil and not inside:
            return [*start, NIL, "/>"], holds
        return ([*start, "/>"], True) if len(start) > bare else ([], False)

    def _length(self, nodes: Sequence[Node], at: At) -> int:
        """How often repeated elements stand in such a row: the length of the arrays below them, which must agree."""
        lengths: dict[int, Leaf] = {}
        for leaf in chain.from_iterable(node.leaves() for node in nodes):
            kind = self._shape(self._columns[leaf.column], at)
            if isinstance(kind, tuple):
                lengths[len(kind)] = leaf
            elif kind is not _NONE:
                self._wrong.append((leaf.column, leaf.path, english("s_row_no_array")))
        if len(lengths) > 1:
            (one, leaf), (other, another), *_ = lengths.items()
            rule = english("s_row_lengths", one=one, other=other)
            self._wrong.append((f"{leaf.column}, {another.column}", leaf.path, rule))
        return max(lengths, default=0)


def is_plain(text: str, encoding: str) -> bool:
    """Whether a text can be written as it is: nothing to escape, to refuse or to look at closely."""
    return not (text.encode().translate(None, _PLAIN) if text.isascii() else _care(encoding)(text))


def _care(encoding: str) -> Callable[[str], object]:
    return (_CARE if encoding == "UTF-8" else _CARE_ASCII).search


def shape(value: Any) -> Any:
    """What decides how a value is written: its type, or those of an array's values."""
    return tuple(map(shape, value)) if isinstance(value, (list, tuple)) else type(value)


def _kind(shape: Any) -> type[Any]:
    return list if isinstance(shape, tuple) else shape


def _inside(value: Any, at: At) -> Any:
    for index in at:
        value = value[index]
    return value


def _without(value: Any, at: At) -> Any:
    if not at:
        return None
    return [_without(each, at[1:]) if index == at[0] else each for index, each in enumerate(value)]

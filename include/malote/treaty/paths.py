"""What may stand below an element of a schema, and every way down to a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from xmlschema.validators import XsdGroup

from malote.reading import markup


def attributes(element: Any) -> dict[str, Any]:
    """The attributes that an element may have, by local name."""
    return {markup.local(name): each for name, each in element.attributes.items() if name}


class Child(NamedTuple):
    """An element that may stand below another one.

    :param place: in the schema's order; members of one substitution group have the same
    :param element: as xmlschema gives it
    :param turn: where the repeated sequence that it stands in begins (a, b, a, b); None where it stands in none
    :param nil: it must be there and may be nil: without a value it is written with `xsi:nil`
    :param again: where the schema names it more than once (a, b, a, b, written out): how many stand at a place, and the
        next place
    """

    place: int
    element: Any
    turn: int | None
    nil: bool
    again: tuple[tuple[int, int], ...] = ()

    def place_of(self, index: int) -> int:
        """Where the one of an index stands, 1 for the first."""
        at = self.place
        for room, later in self.again:
            if index <= room:
                break
            index, at = index - room, later
        return at


_ENDLESS = 1 << 31


def elements(element: Any) -> dict[str, Child]:
    """The children that an element may have, by local name: of a substitution group its members, no abstract head."""
    if not element.type.has_complex_content():
        return {}
    found: dict[str, Child] = {}
    room: dict[str | None, int] = {}
    for place, (each, turn, must) in enumerate(_particles(element.type.content, None, 0, required=True)):
        nil = bool(each.min_occurs) and (must or turn is not None)
        heads = () if getattr(each, "abstract", False) else (each,)
        for one in (*heads, *(each.iter_substitutes() if hasattr(each, "iter_substitutes") else ())):
            name, first = one.local_name, found.get(one.local_name or "")
            if first is None and name:
                found[name] = Child(place, one, turn, nil and bool(one.nillable))
            elif first is not None and turn is None:
                found[name] = first._replace(again=(*first.again, (room[name], place)))
            room[name] = _ENDLESS if each.max_occurs is None else each.max_occurs
    return found


def _particles(group: Any, turn: int | None, at: int, *, required: bool) -> Iterator[tuple[Any, int | None, bool]]:
    """The elements of a content model in its order, with the repeated sequence of each and whether each must be there.

    The members of a repeated choice take no turns: any order of them is good.
    """
    repeated = group.max_occurs is None or group.max_occurs > 1
    required = required and bool(group.min_occurs) and group.model != "choice"
    own = at if turn is None and repeated else turn
    for each in group:
        if isinstance(each, XsdGroup):
            for found in _particles(each, own, at, required=required):
                yield found
                at += 1
        else:
            yield each, turn if group.model == "choice" else own, required
            at += 1


def filled(element: Any, parts: Sequence[str], depth: int) -> Iterable[list[str]]:
    """Every way from `element` along `parts`, in which "" stands for any elements, at most 16 deep."""
    if not parts:
        yield []
    elif parts[0] == "":
        yield from filled(element, parts[1:], depth)
        for name, child in elements(element).items() if depth < 16 else ():
            yield from ([name, *rest] for rest in filled(child.element, parts, depth + 1))
    elif parts[0].startswith("@"):
        if len(parts) == 1 and parts[0][1:] in attributes(element):
            yield [parts[0]]
    elif (found := elements(element).get(parts[0].partition("[")[0])) is not None:
        yield from ([parts[0], *rest] for rest in filled(found.element, parts[1:], depth + 1))

"""What may stand below an element of a schema, and every way down to a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from xmlschema.validators import XsdGroup

from malote.reading import markup

_XML = "{http://www.w3.org/XML/1998/namespace"

PREFIX = "n"
"""Of the schema's namespace, where a name needs one: an attribute that is in it, a root whose elements are in none."""


def written(attribute: str) -> str:
    """The name of an attribute, `{namespace}name`, as it is written."""
    space, _, name = attribute.rpartition("}")
    return f"{'xml' if space == _XML else PREFIX}:{name}" if space else name


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
    particles = list(_particles(element.type.content, None, 0, (), required=True))
    for place, (each, turn, must, _) in zip(_places(particles), particles, strict=True):
        nil = bool(each.min_occurs) and (must or turn is not None)
        heads = () if getattr(each, "abstract", False) else (each,)
        for one in (*heads, *(each.iter_substitutes() if hasattr(each, "iter_substitutes") else ())):
            name, first = one.local_name, found.get(one.local_name or "")
            if first is None and name:
                found[name] = Child(place, one, turn, nil and bool(one.nillable))
            elif first is not None and turn is None and place != first.place:
                found[name] = first._replace(again=(*first.again, (room[name], place)))
            room[name] = _ENDLESS if each.max_occurs is None else each.max_occurs
    return found


_Particle = tuple[Any, int | None, bool, tuple[tuple[int, int], ...]]


def _places(particles: Sequence[_Particle]) -> list[int]:
    """Where each stands: one behind the other; but what several ways of a choice name (`cpf, nome` or `cnpj, nome, ie`)
    stands at one place that is right for each of them, where there is one."""
    plain = list(range(len(particles)))
    names = [each.local_name for each, *_ in particles]
    several = {name for name, n in Counter(names).items() if n > 1 and name}
    alike = {name for name in several if _apart([at for at in plain if names[at] == name], particles)}
    if not alike or any(turn is not None for _, turn, *_ in particles):
        return plain
    nodes: list[Any] = [name if name in alike else at for at, name in enumerate(names)]
    order: TopologicalSorter[Any] = TopologicalSorter()
    for at, node in enumerate(nodes):
        order.add(node, *(nodes[one] for one in range(at) if nodes[one] != node and not _apart((one, at), particles)))
    try:
        place = {node: at for at, node in enumerate(order.static_order())}
    except CycleError:
        return plain
    return [place[node] for node in nodes]


def _apart(some: Sequence[int], particles: Sequence[_Particle]) -> bool:
    """No two of them can stand beside each other: each is in another way of one choice."""
    ways = [dict(particles[at][3]) for at in some]
    return all(
        any(one[choice] != other[choice] for choice in one.keys() & other.keys())
        for at, one in enumerate(ways)
        for other in ways[:at]
    )


def _particles(
    group: Any, turn: int | None, at: int, ways: tuple[tuple[int, int], ...], *, required: bool
) -> Iterator[_Particle]:
    """The elements of a content model in its order, with the repeated sequence of each, whether each must be there, and
    the ways of choices that it stands in.

    The members of a repeated choice take no turns: any order of them is good.
    """
    repeated = group.max_occurs is None or group.max_occurs > 1
    required = required and bool(group.min_occurs) and group.model != "choice"
    own = at if turn is None and repeated else turn
    for way, each in enumerate(group):
        taken = (*ways, (id(group), way)) if group.model == "choice" else ways
        if isinstance(each, XsdGroup):
            for found in _particles(each, own, at, taken, required=required):
                yield found
                at += 1
        else:
            yield each, turn if group.model == "choice" else own, required, taken
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

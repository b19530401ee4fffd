"""What may stand below an element of a schema, and every way down to a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from malote.reading import markup


def attributes(element: Any) -> dict[str, Any]:
    """The attributes that an element may have, by local name."""
    return {markup.local(name): each for name, each in element.attributes.items() if name}


def elements(element: Any) -> dict[str, tuple[int, Any]]:
    """The children that an element may have, by local name, each with its place in the schema's order."""
    inside = element.type.content.iter_elements() if element.type.has_complex_content() else ()
    return {each.local_name: (at, each) for at, each in enumerate(inside) if each.local_name}


def filled(element: Any, parts: Sequence[str], depth: int) -> Iterable[list[str]]:
    """Every way from `element` along `parts`, in which "" stands for any elements, at most 16 deep."""
    if not parts:
        yield []
    elif parts[0] == "":
        yield from filled(element, parts[1:], depth)
        for name, (_, child) in elements(element).items() if depth < 16 else ():
            yield from ([name, *rest] for rest in filled(child, parts, depth + 1))
    elif parts[0].startswith("@"):
        if len(parts) == 1 and parts[0][1:] in attributes(element):
            yield [parts[0]]
    elif (found := elements(element).get(parts[0].partition("[")[0])) is not None:
        yield from ([parts[0], *rest] for rest in filled(found[1], parts[1:], depth + 1))

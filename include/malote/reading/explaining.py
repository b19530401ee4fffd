"""A sample answer said back: where each thing stands, how often, and what of it may be shown; no card, CPF or CNPJ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from malote import cards
from malote.composing import normal_form
from malote.errors import MaloteError
from malote.reading import markup

MOST = 400
"""Paths that are shown of one answer, at most."""

Names = tuple[str, ...]
"""The local names from the root to an element, or to an attribute, whose name begins with ``@``."""

Meaning = Callable[[Names], str | None]
"""What a place is read as, and by which rule; None where it is not."""

_PERSON = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){8,}")
_COMPANY = re.compile(r"(?<!\w)[0-9A-Z]{2}[.]?[0-9A-Z]{3}[.]?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}(?!\w)", re.IGNORECASE)
_INSTANT = re.compile(
    r"(?:20[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-3][0-9]/[01][0-9]/20[0-9]{2})"
    r"(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


@dataclass(slots=True)
class _Place:
    names: Names
    text: str
    count: int = 0


def discreet(text: str) -> str:
    """A text as it may stand on a screen: whatever may be somebody's number is cut to three digits."""
    plain = " ".join(normal_form("NFKC", text[:2000]).split())
    return plain if _INSTANT.fullmatch(plain) else _PERSON.sub(_cut, _COMPANY.sub(_cut, cards.masked(plain)))


def heard(kind: str, read: Callable[[], object]) -> str:
    """What comes of an answer where it is read as one of a kind: as the reader has it, or its error and what to do."""
    try:
        return discreet(f"as {kind}: {read()}")
    except MaloteError as error:
        return discreet(f"as {kind}: {error.what}{f'. Do then: {error.todo}' if error.todo else ''}")


def lines(root: etree._Element, meaning: Meaning) -> Iterator[str]:
    """One line for each place of an answer that holds a text: its path, what it is read as; what is not is counted.

    Of what is not read only the length is shown: nobody knows what it is.
    """
    found = [(place, meaning(place.names)) for place in _places(root)]
    for place, read in found[:MOST]:
        path, often = "/".join(place.names), f" (×{place.count})" if place.count > 1 else ""
        if read is None:
            yield f"  {path}{often}: not read; a text of {len(place.text)} characters"
        else:
            yield f"  {path}{often}: {discreet(place.text)[:80]!r} is {read}"
    if len(found) > MOST:
        yield f"  … and {len(found) - MOST} paths more"
    yield f"{sum(read is not None for _, read in found)} of {len(found)} places are read"


def _places(root: etree._Element) -> Iterator[_Place]:
    """Every path that holds a text, in the order of its first, which it shows."""
    places: dict[Names, _Place] = {}
    above: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            above.pop()
            continue
        above.append(markup.local(element.tag))
        names = tuple(above)
        texts = [(names, element.text or "")]
        texts += [((*names, f"@{markup.local(str(name))}"), str(value)) for name, value in markup.attributes(element)]
        for where, text in texts:
            if text.strip():
                places.setdefault(where, _Place(where, text.strip())).count += 1
    yield from places.values()


def _cut(found: re.Match[str]) -> str:
    kept = [each for each in found[0] if each.isalnum()]
    return f"{''.join(kept[:3])}…({len(kept)} characters)"

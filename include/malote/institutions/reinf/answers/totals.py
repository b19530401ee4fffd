"""The totals that come with an event, by code of revenue, whichever event tells them (R-9001, 9005, 9011, 9015)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from malote.reading import figures, markup

_CODE = re.compile(r"CR[A-Z]\w{0,30}")
MOST = 2000
"""Totals of one event, at most."""
_PARTS = 100
"""Elements beside a code that are looked at: the Receita's groups have fewer than twenty."""


def totals(event: etree._Element, unread: dict[str, str]) -> str | None:
    """The totals of an event as JSON, a list of objects; None where it tells none.

    Each has `grupo` (the element that holds it), `CR`, and what else is there, by its name without the group's ending:
    `vlrBaseCRMen` is `vlrBaseCR`. Amounts are decimal text; one that cannot be read is added to ``unread``.
    """
    found = [each for _, each in zip(range(MOST), _each(event, unread), strict=False)]
    return json.dumps(found, ensure_ascii=False) if found else None


def _each(event: etree._Element, unread: dict[str, str]) -> Iterator[dict[str, str]]:
    for leaf in event.iter():
        if not isinstance(leaf.tag, str) or not _CODE.fullmatch(name := markup.local(leaf.tag)) or len(leaf):
            continue
        holder, ending, code = leaf.getparent(), name[2:], (leaf.text or "").strip()
        if holder is None or not code:
            continue
        total = {"grupo": markup.local(holder.tag), "CR": code}
        for part in islice(holder.iter(), _PARTS):
            if part is leaf or len(part) or not isinstance(part.tag, str) or not (text := (part.text or "").strip()):
                continue
            own = markup.local(part.tag).replace(ending, "")
            if not own.startswith("vlr"):
                total[own] = text[:100]
            elif (amount := figures.amount(text)) is not None:
                total[own] = amount
            else:
                unread[f"totais.{own}"] = text
        yield total

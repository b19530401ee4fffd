"""Cuts card numbers out of the rows of an answer before they land, whatever the institution put them into."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import ne
from typing import Any

import psycopg

from malote import cards
from malote.institution import Table

log = logging.getLogger(__name__)

_TOGETHER = 500
"""Rows that are looked at together: nearly all hold nothing, and one look at many costs a tenth of one at each."""


def _no_card(text: str) -> str | None:
    """A number as text, or None where it reads as a card's: cut to its first 6 and last 4 it would be no number."""
    return None if cards.holding((text,)) else text


_WAYS: dict[str, Callable[[str], str | None]] = {
    **dict.fromkeys(("text", "character varying", "character"), cards.masked),
    **dict.fromkeys(("json", "jsonb"), cards.masked_json),
    **dict.fromkeys(("numeric", "bigint"), _no_card),
}
"""By type of a column; the others hold no card number."""


@dataclass(frozen=True, slots=True)
class Discreet:
    """The columns of a landed table that can hold a card number, by place, with what cuts it out of them.

    :param names: columns of the table; what a row has beyond them does not land
    """

    ways: dict[int, Callable[[str], str | None]]
    names: tuple[str, ...]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any], table: Table) -> Discreet:
        """From the types that the table has in the warehouse."""
        schema, name = table.name.split(".")
        found = connection.execute(
            """select column_name::text, data_type::text from information_schema.columns
               where table_schema = %s and table_name = %s""",
            (schema, name),
        )
        types = dict(found.fetchall())
        ways = {at: _WAYS[types[each]] for at, each in enumerate(table.columns) if types.get(each) in _WAYS}
        return cls(ways, tuple(table.columns))

    def rows(self, rows: Iterable[tuple[Any, ...]], ours: Container[str] = ()) -> Iterator[tuple[Any, ...]]:
        """The same rows; in those of an answer the code and the message, which the journal keeps, are looked at too.

        :param ours: texts that we made ourselves, such as the tags of items: of their digits some read as a card's
        """
        source, cut = iter(rows), Counter[str]()
        while some := list(islice(source, _TOGETHER)):
            yield from self._looked_at(some, ours, cut)
        for name, n in cut.items():
            log.warning("%s: %d values read as card numbers: cut to first 6 and last 4, of a number nothing", name, n)

    def _looked_at(
        self, rows: list[tuple[Any, ...]], ours: Container[str], cut: Counter[str]
    ) -> Iterable[tuple[Any, ...]]:
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        ways = {**dict.fromkeys(range(len(self.names), len(columns))[-2:], cards.masked), **self.ways}
        # Most columns say the same few things over and over: one look at what is said at all is mostly enough.
        said = set(chain.from_iterable(map(columns.__getitem__, ways)))
        long = {each for each in cards.long(said) if each not in ours}
        if not cards.suspect(long):
            return rows
        changed = False
        for at, way in ways.items():
            texts = [each for each in columns[at] if each in long]
            if texts and cards.suspect(texts):
                column = [way(each) if each in long else each for each in columns[at]]
                if n := sum(map(ne, column, columns[at])):
                    columns[at], changed = column, True
                    if at < len(self.names):
                        cut[self.names[at]] += n
        return zip(*columns, strict=True) if changed else rows

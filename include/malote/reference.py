"""One spelling of a reference: what the guard compares, what is rendered, what a person types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from malote.composing import normal_form
from malote.errors import Invalid
from malote.texts import english

_UNSEEN = "".join(
    map(chr, (0xFEFF, 0xAD, 0x2060, *range(0x200B, 0x2010), *range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680,
              *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x61C, 0x180E, *range(0x202A, 0x202F),
              *range(0x2061, 0x2070), *range(0xFE00, 0xFE10)))
)  # fmt: skip
"""Signs of no width, those that turn the direction of a text, and every blank, for one may stand behind the other."""


_KINDS = frozenset({str, int, Decimal, date, datetime, UUID, type(None)})
"""Of a reference. A float is rounded where it is large; an array or an object has many spellings."""


def normal(reference: str) -> str:
    """A reference without the blanks around it (a ``char(n)`` pads), and without what nobody sees there (the byte order
    mark of a CSV file, signs of no width), in NFC: one thing, one spelling.

    Institutions do the like: no answer shows the blanks around a reference, nor says how its accents were composed.
    """
    text = reference.strip()
    return text if text.isascii() else normal_form("NFC", text.strip(_UNSEEN))


class Named:
    """Outgoing rows with their references, and whatever else names the item, in the one spelling.

    :param rows: read again by each iteration, where they can be
    :param columns: those that name the item over there, beside ``reference``
    """

    def __init__(self, rows: Iterable[Any], columns: Sequence[str]) -> None:
        self._rows, self._columns = rows, ("reference", *columns)

    def __iter__(self) -> Iterator[Any]:
        """The rows.

        :raises Invalid: where a reference is of a type that says one thing in more than one way
        """
        for row in self._rows:
            if kind := _unfit(row.get("reference")):
                raise Invalid(
                    english("s_reference_kind", kind=kind),
                    todo=english("s_do_cast"), kept=english("s_kept_unsent"),
                )  # fmt: skip
            # A lot has 27,000 rows, of which hardly one is spelt otherwise: only that is copied.
            for column in self._columns:
                value = row.get(column)
                if value.__class__ is str and (spelt := normal(value)) != value:
                    row = {**row, column: spelt}
            yield row


def _unfit(reference: Any) -> str | None:
    """The type of a value that says one thing in more than one way: `10` and `10.00`, one instant in two zones."""
    kind = reference.__class__
    if kind is str or kind is int:
        return None
    if kind is Decimal and reference.as_tuple().exponent != 0:
        return "numeric"
    if kind is datetime and reference.tzinfo is not None:
        return "timestamptz"
    return None if kind in _KINDS else str(kind.__name__)

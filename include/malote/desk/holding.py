"""Which submissions held an item of some reference, by the promise's own index, which begins with it."""

from __future__ import annotations

from collections.abc import Sequence

from malote.journal import Journal
from malote.reference import normal

_MOST = 500


def submissions_holding(journal: Journal, reference: str, most: int = _MOST) -> list[str]:
    """The ids of the submissions in which an item of that reference was, whatever became of it."""
    rows = journal.connection.execute(
        "select distinct submission from malote.item_row where reference = %s limit %s", (normal(reference), most)
    )
    return [row["submission"] for row in rows]


def numbers_of(journal: Journal, ids: Sequence[str]) -> list[int]:
    """The numbers of those of the ids that there are."""
    rows = journal.connection.execute("select number from malote.submission where id = any (%s)", (list(ids),))
    return [row["number"] for row in rows]

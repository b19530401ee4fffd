"""Which submissions held an item of some reference, without a scan and without an index of its own."""

from __future__ import annotations

from collections.abc import Iterator

from malote.journal import Journal
from malote.reference import normal

_MOST = 500


def submissions_holding(journal: Journal, reference: str, most: int = _MOST) -> list[str]:
    """The ids of the submissions in which an item of that reference was, whatever became of it."""
    scopes = [scope for one in ("is distinct from 'refused'", "= 'refused'") for scope in _scopes(journal, one)]
    rows = journal.connection.execute(
        """select submission from malote.item_row
           where scope = any (%(scopes)s) and reference = %(reference)s and outcome is distinct from 'refused'
           union
           select submission from malote.item_row
           where scope = any (%(scopes)s) and reference = %(reference)s and outcome = 'refused' limit %(most)s""",
        {"scopes": sorted(set(scopes)), "reference": normal(reference), "most": most},
    )
    return [row["submission"] for row in rows]


def _scopes(journal: Journal, outcome: str) -> Iterator[str]:
    """The scopes there are, a few among millions of items: one step in the index for each."""
    rows = journal.connection.execute(
        f"""with recursive step as (
                (select scope from malote.item_row where outcome {outcome} order by scope limit 1)
                union all
                select (select i.scope from malote.item_row as i
                        where i.outcome {outcome} and i.scope > step.scope order by i.scope limit 1)
                from step where step.scope is not null)
            select scope from step where scope is not null"""
    )
    return (row["scope"] for row in rows)

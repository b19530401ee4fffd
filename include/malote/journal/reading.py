"""What the journal says: submissions, tallies, stories, and who holds a reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from malote.journal.ledger import COLUMNS, Ledger, submission_of
from malote.scope import Scope
from malote.submission import Standing, Submission


class Reading(Ledger):
    """The questions to the journal; none of them changes it."""

    def submissions(self, scope: Scope, *standings: Standing, limit: int | None = None) -> list[Submission]:
        """The submissions of a scope in the given standings (all where none is given), oldest first."""
        rows = self.connection.execute(
            f"""select {COLUMNS} from malote.submission
                where {scope.where} and (%(standings)s::text[] is null or standing = any (%(standings)s))
                order by number limit %(limit)s""",
            {**scope.values, "standings": [s.value for s in standings] or None, "limit": limit},
        )
        return [submission_of(row) for row in rows]

    def tally(self, scope: Scope) -> dict[str, int]:
        """``{standing: count}`` of a scope."""
        rows = self.connection.execute(
            f"select standing, count(*) as n from malote.submission where {scope.where} group by standing", scope.values
        )
        return {row["standing"]: row["n"] for row in rows}

    def waiting(self, scope: Scope) -> tuple[int, datetime | None]:
        """How many of a scope are waited for (not the overdue ones), and when the next may be asked."""
        row = self.connection.execute(
            f"""select count(*) as n, min(greatest(next_at, coalesce(leased_until, next_at))) as at
                from malote.submission where {scope.where} and standing = 'received' and not ready""",
            scope.values,
        ).fetchone()
        return (row["n"], row["at"]) if row else (0, None)

    def story(self, id: str) -> list[dict[str, Any]]:
        """The events of a submission, oldest first: ``at``, ``what``, ``detail``."""
        return self.connection.execute(
            "select at, what, detail from malote.event where submission = %s order by id", (id,)
        ).fetchall()

    def holders(self, scope: str, references: Sequence[str], *, refused_too: bool) -> dict[str, str]:
        """Which of the references may not travel: reference to the submission that holds it.

        :param refused_too: a refused item counts as held as well (nobody asked for it to travel again)
        """
        rows = self.connection.execute(
            """select reference, submission from malote.item_row
               where scope = %(scope)s and reference = any (%(references)s) and outcome is distinct from 'refused'
               union all
               select reference, submission from malote.item_row
               where %(refused_too)s and scope = %(scope)s and reference = any (%(references)s)
                 and outcome = 'refused'""",
            {"scope": scope, "references": list(references), "refused_too": refused_too},
        )
        return {row["reference"]: row["submission"] for row in rows}

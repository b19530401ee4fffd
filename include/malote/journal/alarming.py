"""What a person was told of, and when last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from malote.journal.ledger import Ledger


class Alarming(Ledger):
    """Kept here and not in a task: whatever is cleared or run twice, nobody is told twice a day of the same thing."""

    def told(self, kind: str, since: datetime) -> set[str]:
        """Of which subjects of a kind a person was told at that instant or later."""
        rows = self.connection.execute(
            "select subject from malote.alarm where kind = %s and told_at >= %s", (kind, since)
        )
        return {row["subject"] for row in rows}

    def tell(self, subjects: Sequence[tuple[str, str]]) -> None:
        """A person was told of these now: ``(kind, subject)``."""
        self.connection.execute(
            """insert into malote.alarm (kind, subject, told_at)
               select kind, subject, %s from unnest(%s::text[], %s::text[]) as told (kind, subject)
               on conflict (kind, subject) do update set told_at = excluded.told_at""",
            (self.clock.now(), [kind for kind, _ in subjects], [subject for _, subject in subjects]),
        )

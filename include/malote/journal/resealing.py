"""A change of the archive's key: which submission holds a sealed file, and where its bytes lie from then on."""

from __future__ import annotations

from collections.abc import Sequence

from malote.journal.ledger import Ledger, noted
from malote.submission import Stored


class Resealing(Ledger):
    """The journal while sealed bytes move to files under another key."""

    def sealed_as(self, names: Sequence[str]) -> dict[str, tuple[str, Stored]]:
        """Those of the stored names that a submission holds: its id, and what is known of the file."""
        rows = self.connection.execute(
            """select id, document as name, document_sha256 as sha256, document_size as size from malote.submission
               where sealed and purged_at is null and document = any (%(names)s)
               union all
               select id, answer, answer_sha256, answer_size from malote.submission
               where sealed and answer is not null and answer = any (%(names)s)""",
            {"names": list(names)},
        )
        return {row["name"]: (row["id"], Stored(row["name"], row["sha256"], row["size"], sealed=True)) for row in rows}

    def resealed(self, id: str, old: Stored, new: Stored, *, key: str) -> bool:
        """The bytes of a document or an answer lie elsewhere now, their hash made by another key.

        False where somebody is at it, or it was purged meanwhile: nothing is changed then.

        :param key: the id of that key
        """
        moved = self.connection.execute(
            """with moved as (
                   update malote.submission
                   set document = case when document = %(old)s then %(new)s else document end,
                       document_sha256 = case when document = %(old)s then %(sha256)s else document_sha256 end,
                       answer = case when answer = %(old)s then %(new)s else answer end,
                       answer_sha256 = case when answer = %(old)s then %(sha256)s else answer_sha256 end
                   where id = %(id)s and (document = %(old)s and purged_at is null or answer = %(old)s)
                     and coalesce(leased_until, %(now)s) <= %(now)s
                   returning id)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'resealed', %(detail)s from moved""",
            {"id": id, "old": old.name, "new": new.name, "sha256": new.sha256, "now": self.clock.now(),
             "detail": noted({"key": key, "sha256": new.sha256})},
        )  # fmt: skip
        return moved.rowcount == 1

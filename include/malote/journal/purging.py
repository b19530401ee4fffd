"""Which sealed bytes may go, and the note that they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from malote.institution import Institution
from malote.journal.ledger import COLUMNS, Ledger, noted, submission_of
from malote.submission import Submission
from malote.texts import english


class Purging(Ledger):
    """The journal of what was purged."""

    def sealed(self, institution: Institution, *, before: datetime) -> list[Submission]:
        """The submissions of an account whose sealed bytes may go: settled, or prepared before that instant."""
        rows = self.connection.execute(
            f"""select {COLUMNS} from malote.submission
                where sealed and (purged_at is null or answer is not null)
                  and institution = %s and environment = %s and account = %s
                  and (standing in ('landed', 'refused', 'withdrawn') or (prepared_at < %s
                       and not (purged_at is not null and standing = 'answered')))
                order by number""",
            (institution.name, institution.access.environment, institution.account, before),
        )
        return [submission_of(row) for row in rows]

    def purged(self, id: str, why: str, *, answer: bool) -> None:
        """The bytes are gone: those of the document, and of the answer where ``answer`` says so."""
        self.connection.execute(
            """with moved as (
                   update malote.submission
                   set purged_at = coalesce(purged_at, %(now)s), answer = case when not %(answer)s then answer end
                   where id = %(id)s returning id)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'purged', %(detail)s from moved""",
            {"id": id, "now": self.clock.now(), "answer": answer, "detail": noted({"why": why})},
        )

    def expired(self, id: str, why: str) -> None:
        """It was never sent and its bytes must go: withdrawn, and its items are free.

        One that a person let be sent again did leave once: it is in doubt, as it was.
        """
        with self.connection.transaction():
            if self.resent(id):
                self.move(
                    id, ["prepared"], "in doubt", {"evidence": english("s_purged_doubt", why=why)},
                    "standing = 'in_doubt', uncertain = true, message = %(message)s", message=why,
                )  # fmt: skip
                return
            self.move(id, ["prepared"], "expired", {"why": why}, "standing = 'withdrawn', next_at = null")
            self.release(id, "refused", None, why)

    def holds(self, names: Sequence[str], *, without: Sequence[str] = ()) -> set[str]:
        """Those of the stored names that a submission still holds, other than these."""
        rows = self.connection.execute(
            """select document as name from malote.submission where document = any (%(names)s)
                   and purged_at is null and id <> all (%(without)s)
               union all select answer from malote.submission where answer = any (%(names)s)
                   and id <> all (%(without)s)""",
            {"names": list(names), "without": list(without)},
        )
        return {row["name"] for row in rows}

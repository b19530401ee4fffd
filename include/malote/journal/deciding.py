"""The moves that only a person makes: give the receipt, resend, withdraw."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from malote.errors import Misconfigured
from malote.journal.ledger import Ledger
from malote.submission import Standing


class Deciding(Ledger):
    """Each says why, and the story keeps it."""

    def give_receipt(self, id: str, receipt: str, why: str, *, patience: timedelta = timedelta(days=1)) -> None:
        """A person has found the submission over there, under this receipt: it is asked for like any other.

        :raises Misconfigured: where another submission holds that receipt
        """
        now = self.clock.now()
        try:
            self.move(
                id, ["in_doubt"], "received", {"receipt": receipt, "how": "given by a person", "why": why},
                """standing = 'received', uncertain = false, receipt = %(receipt)s, received_at = %(now)s,
                   message = null, next_at = %(now)s, deadline = %(deadline)s, answer = null, ready = false""",
                receipt=receipt, deadline=now + patience,
            )  # fmt: skip
        except psycopg.errors.UniqueViolation:
            raise Misconfigured(
                f"another submission already holds receipt {receipt}", submission=id, kept="the journal is unchanged",
                todo="look again over there: a receipt is one submission's",
            ) from None  # fmt: skip

    def resend(self, id: str, why: str) -> None:
        """A person has found that it did not arrive: it may be sent again.

        :raises Misconfigured: where its bytes have been purged meanwhile
        """
        if self.submission(id).purged:
            raise Misconfigured(
                "its bytes held card data and were purged: they cannot be sent again", submission=id,
                todo="`malote resolve --withdraw --absent`; its rows then travel in another document",
                kept="the journal is unchanged",
            )  # fmt: skip
        self._decided(
            id,
            "resend",
            why,
            "standing = 'prepared', uncertain = false, absent_seen = 0, next_at = null, message = null",
        )

    def withdraw(self, id: str, why: str, *, absent: bool) -> None:
        """A person gives it up. Its items are free only where they never left, or are proven absent (``absent``)."""
        with self.connection.transaction():
            never_left = self.submission(id).standing is Standing.PREPARED and not self.resent(id)
            self._decided(id, "withdraw", why, "standing = 'withdrawn', leased_until = null, next_at = null")
            self.release(id, "refused" if absent or never_left else "unanswered", None, f"withdrawn: {why}")

    def _decided(self, id: str, what: str, why: str, sets: str) -> None:
        self.move(id, ["in_doubt", "prepared", "overdue"], f"a person: {what}", {"why": why}, sets)

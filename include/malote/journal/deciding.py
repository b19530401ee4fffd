"""The moves that only a person makes: give the receipt, resend, withdraw, ask again, settle an item."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import psycopg

from malote import cards
from malote.errors import Misconfigured
from malote.journal.ledger import Ledger, noted
from malote.submission import Standing
from malote.texts import english

_NEVER = (1 << 63) - 1


def _said(why: str, who: str, **more: Any) -> dict[str, Any]:
    return {**more, "why": why, **({"who": who} if who else {})}


class Overtaken(Misconfigured):
    """Raised when something happened since the person looked: ``event`` has its ``at``, ``what`` and ``detail``."""

    event: dict[str, Any]


class Deciding(Ledger):
    """Each says why and who, and the story keeps it."""

    @contextmanager
    def deciding(self, id: str, seen: int | None) -> Iterator[None]:
        """One transaction about what a person has seen; nobody moves the submission meanwhile.

        :param seen: the newest event that the person has seen, see :meth:`newest`; None does not look
        :raises Overtaken: where there is a newer one
        """
        with self.connection.transaction():
            self.submission(id)
            self.connection.execute("select 1 from malote.submission where id = %s for update", (id,))
            newer = self.connection.execute(
                "select at, what, detail from malote.event where submission = %s and id > %s order by id limit 1",
                (id, seen if seen is not None else _NEVER),
            ).fetchone()
            if newer:
                who = newer["detail"].get("who")
                raise Overtaken(
                    english("s_meanwhile", who=who or 'malote', what=repr(newer['what'])), submission=id,
                    todo=english("s_meanwhile_do"), kept=english("s_unchanged"), event=newer,
                )  # fmt: skip
            yield

    def newest(self, id: str) -> int:
        """The number of the newest event of a submission; 0 where there is none."""
        query = "select coalesce(max(id), 0) as n from malote.event where submission = %s"
        row = self.connection.execute(query, (id,)).fetchone()
        return int(row["n"]) if row else 0

    def note(self, id: str, what: str, detail: dict[str, Any]) -> None:
        """Write down what was done about a submission outside the journal."""
        self.connection.execute(
            "insert into malote.event (submission, at, what, detail) values (%s, %s, %s, %s)",
            (id, self.clock.now(), what, noted(detail)),
        )

    def give_receipt(
        self, id: str, receipt: str, why: str, *, patience: timedelta = timedelta(days=1), who: str = ""
    ) -> None:
        """A person has found the submission over there, under this receipt: it is asked for like any other.

        Where it had that receipt already, its answer was strange, and the person says that it is ours all the same.

        :raises Misconfigured: where another submission holds that receipt
        """
        now = self.clock.now()
        try:
            self.move(
                id, ["in_doubt"], "received", _said(why, who, receipt=receipt, how=english("s_given")),
                """standing = 'received', uncertain = false, receipt = %(receipt)s, received_at = %(now)s,
                   confirmed = receipt is not distinct from %(receipt)s, message = null, next_at = %(now)s,
                   deadline = %(deadline)s, answer = null, ready = false""",
                receipt=receipt, deadline=now + patience,
            )  # fmt: skip
        except psycopg.errors.UniqueViolation:
            raise Misconfigured(
                english("s_receipt_held", receipt=receipt), submission=id, kept=english("s_unchanged"),
                todo=english("s_receipt_held_do"),
            ) from None  # fmt: skip

    def resend(self, id: str, why: str, *, who: str = "") -> None:
        """A person has found that it did not arrive: it may be sent again.

        :raises Misconfigured: where its bytes have been purged meanwhile
        """
        if self.submission(id).purged:
            raise Misconfigured(
                english("s_purged"), submission=id,
                todo=english("s_purged_do"),
                kept=english("s_unchanged"),
            )  # fmt: skip
        self._decided(
            id,
            "resend",
            _said(why, who),
            """standing = 'prepared', uncertain = false, arrived = false, absent_seen = 0, next_at = null,
               message = null""",
        )

    def withdraw(self, id: str, why: str, *, absent: bool, who: str = "") -> None:
        """A person gives it up. Its items are free only where they never left, or are proven absent (``absent``)."""
        with self.connection.transaction():
            never_left = self.submission(id).standing is Standing.PREPARED and not self.resent(id)
            self._decided(
                id,
                "withdraw",
                _said(why, who, absent=absent),
                "standing = 'withdrawn', leased_until = null, next_at = null",
            )
            self.release(id, "refused" if absent or never_left else "unanswered", None, english("s_withdrawn", why=why))

    def ask_anew(self, id: str, why: str, *, patience: timedelta = timedelta(days=1), who: str = "") -> None:
        """It is asked for now, and on for that long at its slow rhythm, where it landed with items unanswered.

        :raises Misconfigured: where nothing of it is open, or it has no receipt to ask with
        """
        with self.connection.transaction():
            submission = self.submission(id)
            if submission.standing is Standing.LANDED and not self._unanswered(id):
                raise Misconfigured(
                    english("s_all_answered"), submission=id,
                    kept=english("s_unchanged"), todo=english("s_all_answered_do", id=id),
                )  # fmt: skip
            now = self.clock.now()
            self.move(
                id, ["landed", "received", "overdue"], "a person: ask again", _said(why, who),
                """next_at = %(now)s, leased_until = null,
                   deadline = case when standing = 'landed' then greatest(deadline, %(deadline)s) else deadline end""",
                deadline=now + patience,
            )  # fmt: skip

    def settle(self, id: str, reference: str, why: str, *, accepted: bool, who: str = "") -> None:
        """A person knows what became of an unanswered item: accepted it stays locked, refused it may travel again.

        :raises Misconfigured: where that submission holds no such item, or it is not unanswered
        """
        standing = "accepted" if accepted else "refused"
        with self.connection.transaction():
            self.submission(id)
            # The lock keeps a landing out: what an answer says of the item meanwhile comes before or after, not beside.
            self.connection.execute("select 1 from malote.submission where id = %s for update", (id,))
            settled = self.connection.execute(
                """update malote.item_row set outcome = %s, message = %s
                   where submission = %s and reference = %s and outcome = 'unanswered'""",
                (standing, cards.masked(english("s_settled", why=why)), id, reference),
            )
            if settled.rowcount == 0:
                self._cannot_settle(id, reference)
            self.connection.execute(
                """with quiet as (
                       update malote.submission set next_at = null
                       where id = %(id)s and standing = 'landed' and not %(more)s)
                   insert into malote.event (submission, at, what, detail)
                   values (%(id)s, %(now)s, 'a person: settle', %(detail)s)""",
                {"id": id, "more": self._unanswered(id), "now": self.clock.now(),
                 "detail": noted(_said(why, who, item=reference, **{"as": standing}))},
            )  # fmt: skip

    def _unanswered(self, id: str) -> bool:
        query = "select exists (select 1 from malote.item_row where submission = %s and outcome = 'unanswered') as n"
        return bool(self.one(query, (id,))["n"])

    def _cannot_settle(self, id: str, reference: str) -> NoReturn:
        row = self.connection.execute(
            "select standing from malote.item where submission = %s and reference = %s", (id, reference)
        ).fetchone()
        if row:
            what = english("s_item_stands", item=repr(reference), standing=repr(row["standing"]))
        else:
            what = english("s_item_not_there", item=repr(reference))
        raise Misconfigured(
            what,
            submission=id,
            kept=english("s_unchanged"),
            todo=english("s_items_of", id=id),
        )

    def _decided(self, id: str, what: str, detail: dict[str, Any], sets: str) -> None:
        self.move(id, ["in_doubt", "prepared", "overdue"], f"a person: {what}", detail, sets)

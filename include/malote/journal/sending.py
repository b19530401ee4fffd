"""The moves before a receipt: the intent, the attempt, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from malote.institution import Institution
from malote.journal.intake import Intake
from malote.journal.ledger import Ledger, noted
from malote.submission import Holder, Order, Receipt

_TOGETHER = 5000


class Sending(Ledger):
    """Every method is one transaction, and :meth:`intake` is one for a whole selection."""

    def open_pouch(self, order: Order, institution: Institution) -> None:
        """Note what a task run was asked for; doing it again changes nothing."""
        access = institution.access
        self.connection.execute(
            """insert into malote.pouch (id, institution, environment, account, service, params, opened_at)
               values (%s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing""",
            (order.pouch, institution.name, access.environment, institution.account, order.service,
             noted(order.params), self.clock.now()),
        )  # fmt: skip

    @contextmanager
    def intake(self, order: Order, institution: Institution) -> Iterator[Intake]:
        """One transaction that takes in the documents of a selection: all of them or none.

        :raises psycopg.errors.UniqueViolation: where another run has taken an item meanwhile
        """
        with self.connection.transaction():
            intake = Intake(self.connection, order, institution, self.clock)
            yield intake
            intake.flush()

    def held(self, holders: Sequence[Holder]) -> None:
        """Note what a selection held back. What is known already is written again once a day, not at each run."""
        noted = {(each.scope, each.reference): each for each in holders}
        ordered = [noted[key] for key in sorted(noted)]  # two runs at once lock them in one order
        now = self.clock.now()
        for start in range(0, len(ordered), _TOGETHER):
            batch = ordered[start : start + _TOGETHER]
            self.connection.execute(
                """insert into malote.held (scope, reference, submission, reason, since, seen_at)
                   select *, %(now)s, %(now)s
                   from unnest(%(scopes)s::text[], %(references)s::text[], %(by)s::text[], %(reasons)s::text[])
                   on conflict (scope, reference) do update
                   set submission = excluded.submission, reason = excluded.reason, seen_at = excluded.seen_at,
                       since = case when held.submission = excluded.submission then held.since
                           else excluded.since end
                   where held.submission <> excluded.submission or held.reason <> excluded.reason
                      or held.seen_at <= excluded.seen_at - interval '1 day'""",
                {"now": now, "scopes": [h.scope for h in batch], "references": [h.reference for h in batch],
                 "by": [h.submission for h in batch], "reasons": [h.reason for h in batch]},
            )  # fmt: skip

    def begin_send(self, id: str, *, under_way: timedelta) -> bool:
        """Open the next attempt: from here on the fate is unknown. False where somebody else was faster.

        :param under_way: how long this send may still be under way if this process dies now
        """
        now = self.clock.now()
        noted = self.connection.execute(
            """with moved as (
                    update malote.submission
                    set standing = 'sending', attempt = attempt + 1, repeats = 0, sent_at = %(now)s,
                        leased_until = %(until)s, next_at = null, moved_at = %(now)s
                    where id = %(id)s and standing = 'prepared' returning id, attempt)
                insert into malote.event (submission, at, what, detail)
                select id, %(now)s, 'sending', jsonb_build_object('attempt', attempt) from moved""",
            {"id": id, "now": now, "until": now + under_way},
        )
        return noted.rowcount == 1

    def unsent(self, id: str, why: str) -> None:
        """Nothing left this machine, or nothing was done over there: back to prepared."""
        self.move(id, ["sending"], "not sent", {"why": why}, "standing = 'prepared', leased_until = null")

    def uncertain(self, id: str, why: str, *, reply: str | None = None, arrived: bool = False) -> None:
        """It is unclear whether it arrived: nothing is sent until asking, or a person, settles it.

        :param arrived: they say that they have it: asking finds it, and no silence counts as absence any more
        """
        detail = {"why": why, "reply": reply} if reply else {"why": why}
        self.move(
            id, ["sending"], "fate unknown", detail | {"arrived": True} if arrived else detail,
            "uncertain = true, leased_until = null, absent_seen = 0, arrived = arrived or %(arrived)s", arrived=arrived,
        )  # fmt: skip

    def ask_again(self, id: str, said: Mapping[str, str], *, at: datetime, reply: str | None = None) -> None:
        """Asking whether it arrived failed: belief stays as it is, and it is asked again."""
        detail = {**said, "reply": reply} if reply else dict(said)
        self.move(id, ["sending"], "could not ask", detail, "next_at = %(at)s", at=at)

    def repeated(self, id: str) -> None:
        """Its bytes go again under the same number, inside a question: noted before they leave."""
        self.move(id, ["sending"], "sent again to find out", {}, "repeats = repeats + 1")

    def absent(self, id: str, evidence: str, *, ask_again_at: datetime, counts: bool) -> None:
        """Asked, and they do not have it (yet); ``counts`` where it is late enough to count as a finding."""
        self.move(
            id, ["sending"], "not found there", {"evidence": evidence, "counts": counts},
            "absent_seen = absent_seen + %(n)s, next_at = %(at)s", n=int(counts), at=ask_again_at,
        )  # fmt: skip

    def proven_absent(self, id: str, evidence: str) -> None:
        """Absent by the rule: it may be sent again."""
        self.move(
            id, ["sending"], "proven absent", {"evidence": evidence},
            "standing = 'prepared', uncertain = false, absent_seen = 0, leased_until = null, next_at = null",
        )  # fmt: skip

    def received(
        self,
        id: str,
        receipt: Receipt,
        *,
        ask_at: datetime,
        deadline: datetime,
        how: str,
        by: Sequence[str] = ("sending",),
    ) -> None:
        """The institution has it, and this is its number.

        :param how: ``replied``, ``found`` or ``resolved by a person``
        :raises psycopg.errors.UniqueViolation: where another submission holds the same receipt
        """
        self.move(
            id, by, "received", {"receipt": receipt.number, "how": how, **receipt.facts},
            """standing = 'received', uncertain = false, leased_until = null, receipt = %(receipt)s,
               received_at = %(received_at)s, next_at = %(ask_at)s, deadline = %(deadline)s""",
            receipt=receipt.number, received_at=receipt.received_at or self.clock.now(), ask_at=ask_at,
            deadline=deadline,
        )  # fmt: skip

    def refused(
        self, id: str, code: str | None, message: str, *, frees: bool, reasons: Sequence[tuple[str | None, ...]] = ()
    ) -> None:
        """The door said no; its items may travel again only where the code frees them."""
        detail = {"code": code, "message": message, "frees": frees}
        with self.connection.transaction():
            self.move(
                id, ["sending"], "refused", {**detail, "reasons": list(reasons)} if reasons else detail,
                "standing = 'refused', leased_until = null, uncertain = false, code = %(code)s, message = %(message)s, "
                "unexplained = true",
                code=code, message=message,
            )  # fmt: skip
            self.release(id, "refused" if frees else "unanswered", code, message)

    def parked(self, id: str, evidence: str, search: str) -> None:
        """In doubt: a person decides."""
        self.move(
            id, ["sending", "received", "overdue", "answered"], "in doubt", {"evidence": evidence, "search": search},
            "standing = 'in_doubt', leased_until = null, uncertain = true, message = %(message)s", message=evidence,
        )  # fmt: skip

    def number(self, sequence: str, *, pouch: str, start: int = 1) -> int:
        """The next number of a sequence, for a document of this pouch; nobody else is ever given it.

        The document's alone: a task that runs twice at once would otherwise give two documents one number.
        """
        with self.connection.transaction():
            self.connection.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"malote.sequence {sequence}",)
            )
            row = self.one(
                """insert into malote.sequence (name, number, taken_for, taken_at)
                   select %(name)s, greatest(coalesce(max(number) + 1, %(start)s), %(start)s),
                          %(pouch)s || '/' || gen_random_uuid(), %(now)s
                   from malote.sequence where name = %(name)s
                   returning number""",
                {"name": sequence, "pouch": pouch, "start": start, "now": self.clock.now()},
            )
        return int(row["number"])

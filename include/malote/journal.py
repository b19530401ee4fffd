"""What we know we did: pouches, submissions, items and their story, in PostgreSQL, every move in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from malote.clock import Clock, SystemClock
from malote.errors import Misconfigured
from malote.institution import Institution
from malote.intake import Intake
from malote.scope import Scope
from malote.submission import Order, Receipt, Standing, Stored, Submission

_COLUMNS = """
    id, pouch, institution, environment, account, service, operation, standing, name, document, document_sha256,
    document_size, sealed, item_count, facts, receipt, attempt, uncertain, absent_seen, sent_at, received_at, next_at,
    deadline, leased_until, asked, partial, partial_since, ready, answer, answer_sha256, answer_size
"""


class Journal:
    """The journal of one warehouse. One connection, opened when first used; not shared between threads.

    Every method is one transaction (:meth:`intake` is one for a whole selection) and writes what happened to
    ``malote.event`` in the same statement as the move itself.

    :param dsn: ``postgresql://…`` or any libpq connection string of the warehouse
    """

    def __init__(self, dsn: str, clock: Clock | None = None) -> None:
        self._dsn = dsn
        self._clock = clock or SystemClock()
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    @property
    def connection(self) -> psycopg.Connection[dict[str, Any]]:
        """The open connection, in autocommit; rows are dicts.

        :raises Misconfigured: where there is no journal in that database
        """
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True, row_factory=dict_row)
            if not self._one("select to_regclass('malote.submission') is not null as there")["there"]:
                self.close()
                raise Misconfigured(
                    "the warehouse has no journal", todo="run `malote migrate` on it", kept="nothing was sent"
                )
        return self._connection

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- what is there

    def submission(self, id: str) -> Submission:
        """One submission by its id.

        :raises Misconfigured: where there is none
        """
        row = self.connection.execute(f"select {_COLUMNS} from malote.submission where id = %s", (id,)).fetchone()
        if row is None:
            raise Misconfigured(f"there is no submission {id!r} in the journal", todo="`malote status` lists them")
        return _submission(row)

    def submissions(self, scope: Scope, *standings: Standing, limit: int | None = None) -> list[Submission]:
        """The submissions of a scope in the given standings (all where none is given), oldest first."""
        rows = self.connection.execute(
            f"""select {_COLUMNS} from malote.submission
                where {scope.where} and (%(standings)s::text[] is null or standing = any (%(standings)s))
                order by number limit %(limit)s""",
            {**scope.values, "standings": [s.value for s in standings] or None, "limit": limit},
        )
        return [_submission(row) for row in rows]

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
        live = ["sent", "accepted", "unanswered"] + (["refused"] if refused_too else [])
        rows = self.connection.execute(
            """select distinct on (reference) reference, submission from malote.item
               where scope = %s and reference = any (%s) and standing = any (%s) order by reference, submission""",
            (scope, list(references), live),
        )
        return {row["reference"]: row["submission"] for row in rows}

    # ---- before the socket

    def open_pouch(self, order: Order, institution: Institution) -> None:
        """Note what a task run was asked for; doing it again changes nothing."""
        access = institution.access
        self.connection.execute(
            """insert into malote.pouch (id, institution, environment, account, service, params, opened_at)
               values (%s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing""",
            (order.pouch, institution.name, access.environment, institution.account, order.service,
             Jsonb(dict(order.params)), self._clock.now()),
        )  # fmt: skip

    @contextmanager
    def intake(self, order: Order, institution: Institution) -> Iterator[Intake]:
        """One transaction that takes in the documents of a selection: all of them or none.

        :raises psycopg.errors.UniqueViolation: where another run has taken an item meanwhile
        """
        with self.connection.transaction():
            yield Intake(self.connection, order, institution, self._clock)

    def begin_send(self, id: str, *, under_way: timedelta) -> Submission | None:
        """Open the next attempt: from here on the fate is unknown. None where somebody else was faster.

        :param under_way: how long this send may still be under way if this process dies now
        """
        now = self._clock.now()
        with self.connection.transaction():
            row = self.connection.execute(
                f"""update malote.submission
                    set standing = 'sending', attempt = attempt + 1, sent_at = %(now)s, leased_until = %(until)s,
                        next_at = null, moved_at = %(now)s
                    where id = %(id)s and standing = 'prepared' returning {_COLUMNS}""",
                {"id": id, "now": now, "until": now + under_way},
            ).fetchone()
            if row is None:
                return None
            self._note(id, "sending", attempt=row["attempt"])
        return _submission(row)

    # ---- what became of a send

    def unsent(self, id: str, why: str) -> None:
        """Nothing left this machine, or nothing was done over there: back to prepared."""
        self._move(id, ["sending"], "not sent", {"why": why}, "standing = 'prepared', leased_until = null")

    def uncertain(self, id: str, why: str, *, reply: str | None = None) -> None:
        """It is unclear whether it arrived: nothing is sent until asking, or a person, settles it."""
        detail = {"why": why, "reply": reply} if reply else {"why": why}
        self._move(id, ["sending"], "fate unknown", detail, "uncertain = true, leased_until = null, absent_seen = 0")

    def absent(self, id: str, evidence: str, *, ask_again_at: datetime, counts: bool) -> None:
        """Asked, and they do not have it (yet); ``counts`` where it is late enough to count as a finding."""
        self._move(
            id, ["sending"], "not found there", {"evidence": evidence, "counts": counts},
            "absent_seen = absent_seen + %(n)s, next_at = %(at)s", n=int(counts), at=ask_again_at,
        )  # fmt: skip

    def proven_absent(self, id: str, evidence: str) -> None:
        """Absent by the rule: it may be sent again."""
        self._move(
            id, ["sending"], "proven absent", {"evidence": evidence},
            "standing = 'prepared', uncertain = false, absent_seen = 0, leased_until = null, next_at = null",
        )  # fmt: skip

    def received(
        self, id: str, receipt: Receipt, *, ask_at: datetime, deadline: datetime, how: str, by: Sequence[str] = ("sending",)
    ) -> None:
        """The institution has it, and this is its number.

        :param how: ``replied``, ``found`` or ``resolved by a person``
        :raises psycopg.errors.UniqueViolation: where another submission holds the same receipt
        """
        self._move(
            id, by, "received", {"receipt": receipt.number, "how": how, **receipt.facts},
            """standing = 'received', uncertain = false, leased_until = null, receipt = %(receipt)s,
               received_at = %(received_at)s, next_at = %(ask_at)s, deadline = %(deadline)s""",
            receipt=receipt.number, received_at=receipt.received_at or self._clock.now(), ask_at=ask_at, deadline=deadline,
        )  # fmt: skip

    def refused(self, id: str, code: str | None, message: str, *, frees: bool) -> None:
        """The door said no; its items may travel again only where the code frees them."""
        with self.connection.transaction():
            self._move(
                id, ["sending"], "refused", {"code": code, "message": message, "frees": frees},
                "standing = 'refused', leased_until = null, uncertain = false, code = %(code)s, message = %(message)s",
                code=code, message=message,
            )  # fmt: skip
            self._release(id, "refused" if frees else "unanswered", code, message)

    def parked(self, id: str, evidence: str, search: str) -> None:
        """In doubt: a person decides."""
        self._move(
            id, ["sending", "received", "overdue", "answered"], "in doubt", {"evidence": evidence, "search": search},
            "standing = 'in_doubt', leased_until = null, uncertain = true, message = %(message)s", message=evidence,
        )  # fmt: skip

    # ---- waiting for the answer

    def due(self, scope: Scope, *, limit: int, lease: timedelta) -> list[Submission]:
        """Lease the submissions whose time to be asked has come, so that overlapping runs do not ask twice."""
        now = self._clock.now()
        rows = self.connection.execute(
            f"""with due as (
                    select id as due from malote.submission
                    where {scope.where} and standing in ('received', 'overdue') and not ready
                      and coalesce(next_at, %(now)s) <= %(now)s and coalesce(leased_until, %(now)s) <= %(now)s
                    order by next_at limit %(limit)s for update skip locked)
                update malote.submission set leased_until = %(until)s, asked = asked + 1
                from due where id = due returning {_COLUMNS}""",
            {**scope.values, "now": now, "until": now + lease, "limit": limit},
        ).fetchall()
        return sorted((_submission(row) for row in rows), key=lambda s: (s.next_at or now, s.id))

    def pending(self, waits: Sequence[tuple[str, datetime, str | None]]) -> None:
        """No answer yet for these: ``(id, next_at, partial)``; what is past its deadline becomes overdue."""
        if not waits:
            return
        self.connection.execute(
            """with news as (
                   select * from unnest(%(ids)s::text[], %(at)s::timestamptz[], %(partial)s::text[])
                       as news (id, next_at, partial)),
               before as (select id, standing, partial from malote.submission
                          where id = any (%(ids)s) and standing in ('received', 'overdue') for update),
               moved as (
                   update malote.submission s
                   set next_at = news.next_at, leased_until = null, partial = news.partial,
                       partial_since = case when news.partial is null then null
                           when s.partial = news.partial then s.partial_since else %(now)s end,
                       standing = case when s.deadline < %(now)s then 'overdue' else s.standing end,
                       moved_at = case when s.deadline < %(now)s and s.standing = 'received'
                           then %(now)s else s.moved_at end
                   from news join before using (id) where s.id = news.id
                   returning s.id, s.standing, before.standing as stood)
               insert into malote.event (submission, at, what)
               select id, %(now)s, 'overdue' from moved where standing = 'overdue' and stood = 'received'""",
            {"ids": [w[0] for w in waits], "at": [w[1] for w in waits], "partial": [w[2] for w in waits],
             "now": self._clock.now()},
        )  # fmt: skip

    def ready(self, ids: Sequence[str]) -> None:
        """The answers of these are there, to be fetched."""
        self._each(ids, "answer ready", "ready = true, leased_until = null", ["received", "overdue"])

    def answered(self, answers: Sequence[tuple[str, Stored]]) -> None:
        """The answers of these are in the archive."""
        if not answers:
            return
        self.connection.execute(
            """with news as (
                   select * from unnest(%(ids)s::text[], %(names)s::text[], %(hashes)s::text[], %(sizes)s::bigint[])
                       as news (id, name, sha256, size)),
               moved as (
                   update malote.submission s
                   set standing = 'answered', answer = news.name, answer_sha256 = news.sha256,
                       answer_size = news.size, ready = false, leased_until = null, next_at = null, moved_at = %(now)s
                   from news where s.id = news.id and s.standing in ('received', 'overdue') returning s.id, news.sha256)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'answered', jsonb_build_object('sha256', sha256) from moved""",
            {"ids": [a[0] for a in answers], "names": [a[1].name for a in answers],
             "hashes": [a[1].sha256 for a in answers], "sizes": [a[1].size for a in answers], "now": self._clock.now()},
        )  # fmt: skip

    def unreadable(self, id: str, why: str, *, ask_at: datetime) -> None:
        """The kept answer broke the treaty: it is asked for again; the bytes stay in the archive."""
        self._move(
            id, ["answered"], "answer unreadable", {"why": why},
            "standing = 'received', answer = null, answer_sha256 = null, answer_size = null, next_at = %(at)s", at=ask_at,
        )  # fmt: skip

    # ---- what a person decides

    def resend(self, id: str, why: str) -> None:
        """A person has found that it did not arrive: it may be sent again."""
        self._person(
            id, "resend", why, "standing = 'prepared', uncertain = false, absent_seen = 0, next_at = null, message = null"
        )

    def withdraw(self, id: str, why: str, *, absent: bool) -> None:
        """A person gives it up. Its items are free only where they never left, or are proven absent (``absent``)."""
        with self.connection.transaction():
            never_left = self.submission(id).standing is Standing.PREPARED
            self._person(id, "withdraw", why, "standing = 'withdrawn', leased_until = null, next_at = null")
            self._release(id, "refused" if absent or never_left else "unanswered", None, f"withdrawn: {why}")

    def number(self, sequence: str, *, taken_for: str, start: int = 1) -> int:
        """The number of a sequence taken for a thing: the same one each time it is asked, the next one for another."""
        with self.connection.transaction():
            self.connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"malote.sequence {sequence}",))
            row = self._one(
                """with mine as (select number from malote.sequence where name = %(name)s and taken_for = %(for)s),
                   taken as (
                       insert into malote.sequence (name, number, taken_for, taken_at)
                       select %(name)s, greatest(coalesce(max(number) + 1, %(start)s), %(start)s), %(for)s, %(now)s
                       from malote.sequence where name = %(name)s having not exists (select 1 from mine)
                       returning number)
                   select number from mine union all select number from taken""",
                {"name": sequence, "for": taken_for, "start": start, "now": self._clock.now()},
            )
        return int(row["number"])

    # ---- the pieces

    def _move(self, id: str, by: Iterable[str], what: str, detail: dict[str, Any], sets: str, **values: Any) -> None:
        moved = self.connection.execute(
            f"""with moved as (
                    update malote.submission set {sets}, moved_at = %(now)s
                    where id = %(id)s and standing = any (%(by)s) returning id)
                insert into malote.event (submission, at, what, detail)
                select id, %(now)s, %(what)s, %(detail)s from moved""",
            {**values, "id": id, "by": list(by), "now": self._clock.now(), "what": what, "detail": Jsonb(detail)},
        )
        if moved.rowcount == 0:
            standing = self.submission(id).standing.value
            raise Misconfigured(
                f"cannot note {what!r}: the submission stands at {standing!r}", submission=id,
                todo=f"`malote story {id}` shows what happened meanwhile", kept="the journal is unchanged",
            )  # fmt: skip

    def _person(self, id: str, what: str, why: str, sets: str) -> None:
        self._move(id, ["in_doubt", "prepared", "overdue"], f"a person: {what}", {"why": why}, sets)

    def _each(self, ids: Sequence[str], what: str, sets: str, by: Sequence[str]) -> None:
        self.connection.execute(
            f"""with moved as (
                    update malote.submission set {sets}, moved_at = %(now)s
                    where id = any (%(ids)s) and standing = any (%(by)s) returning id)
                insert into malote.event (submission, at, what) select id, %(now)s, %(what)s from moved""",
            {"ids": list(ids), "by": list(by), "now": self._clock.now(), "what": what},
        )

    def _release(self, id: str, standing: str, code: str | None, message: str) -> None:
        self.connection.execute(
            "update malote.item set standing = %s, code = %s, message = %s where submission = %s and standing = 'sent'",
            (standing, code, message, id),
        )

    def _note(self, id: str, what: str, **detail: Any) -> None:
        self.connection.execute(
            "insert into malote.event (submission, at, what, detail) values (%s, %s, %s, %s)",
            (id, self._clock.now(), what, Jsonb(detail)),
        )

    def _one(self, query: str, values: Any = None) -> dict[str, Any]:
        assert self._connection is not None
        row = self._connection.execute(query, values).fetchone()
        assert row is not None
        return row


def _submission(row: dict[str, Any]) -> Submission:
    values = dict(row)
    sealed = values.pop("sealed")
    stored = Stored(values.pop("document"), values.pop("document_sha256"), values.pop("document_size"), sealed)
    answer, sha256, size = values.pop("answer"), values.pop("answer_sha256"), values.pop("answer_size")
    values["standing"] = Standing(values["standing"])
    return Submission(**values, stored=stored, answer=Stored(answer, sha256, size, sealed) if answer else None)

"""The moves between a receipt and an answer, many submissions in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from malote.journal.ledger import COLUMNS, Ledger, noted, submission_of
from malote.scope import Scope
from malote.submission import Stored, Submission


class Waiting(Ledger):
    """Every method is one statement, however many submissions it is about."""

    def due(self, scope: Scope, *, limit: int, lease: timedelta, landed: bool = False) -> list[Submission]:
        """Lease the submissions whose time to be asked has come, so that overlapping runs do not ask twice.

        :param landed: instead of those that are waited for, those that landed with items unanswered
        """
        now = self.clock.now()
        which = "standing = 'landed' and next_at is not null" if landed else "standing in ('received', 'overdue')"
        rows = self.connection.execute(
            f"""with due as (
                    select id as due from malote.submission
                    where {scope.where} and {which} and not ready
                      and coalesce(next_at, %(now)s) <= %(now)s and coalesce(leased_until, %(now)s) <= %(now)s
                    order by next_at limit %(limit)s for update skip locked)
                update malote.submission set leased_until = %(until)s, asked = asked + 1
                from due where id = due returning {COLUMNS}""",
            {**scope.values, "now": now, "until": now + lease, "limit": limit},
        ).fetchall()
        return sorted((submission_of(row) for row in rows), key=lambda s: (s.next_at or now, s.id))

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
             "now": self.clock.now()},
        )  # fmt: skip

    def noted_once(self, what: str, told: Mapping[str, Mapping[str, Any]]) -> None:
        """What the replies to questions about these were like, once for each that is told alike."""
        if not told:
            return
        details = [noted(each) for each in told.values()]
        self.connection.execute(
            """insert into malote.event (submission, at, what, detail)
               select id, %(now)s, %(what)s, detail
               from unnest(%(ids)s::text[], %(details)s::jsonb[]) as news (id, detail)
               where not exists (select 1 from malote.event e
                   where e.submission = news.id and e.what = %(what)s and e.detail = news.detail)""",
            {"now": self.clock.now(), "what": what, "ids": list(told), "details": details},
        )

    def ready(self, ids: Sequence[str]) -> None:
        """The answers of these are there, to be fetched."""
        self.move_each(ids, "answer ready", "ready = true, leased_until = null", ["received", "overdue"])

    def not_ready(self, id: str, why: str, *, ask_at: datetime) -> None:
        """The answer that was said to be ready could not be fetched: it is asked for again."""
        self.move(
            id, ["received", "overdue"], "answer not fetched", {"why": why},
            "ready = false, next_at = %(at)s, leased_until = null", at=ask_at,
        )  # fmt: skip

    def asked_anew(self, news: Sequence[tuple[str, datetime | None, str | None, bool]]) -> None:
        """These landed with items unanswered and were asked: ``(id, next_at, partial, ready)``.

        Nothing moves by that, so that an old alarm is not told as a new one.

        :param news: ``next_at`` None where they are asked no more, ``ready`` where there is something to fetch
        """
        if not news:
            return
        self.connection.execute(
            """update malote.submission s
               set next_at = news.next_at, partial = coalesce(news.partial, s.partial), ready = news.ready,
                   leased_until = null
               from unnest(%s::text[], %s::timestamptz[], %s::text[], %s::boolean[])
                   as news (id, next_at, partial, ready)
               where s.id = news.id and s.standing = 'landed'""",
            tuple(map(list, zip(*news, strict=True))),
        )

    def answered(self, answers: Sequence[tuple[str, Stored]]) -> set[str]:
        """The answers of these are in the archive; returns whose are news: not the very bytes that landed before."""
        if not answers:
            return set()
        taken = self.connection.execute(
            """with news as (
                   select * from unnest(%(ids)s::text[], %(names)s::text[], %(hashes)s::text[], %(sizes)s::bigint[])
                       as news (id, name, sha256, size)),
               moved as (
                   update malote.submission s
                   set standing = 'answered', answer = news.name, answer_sha256 = news.sha256,
                       answer_size = news.size, ready = false, leased_until = null, next_at = null, moved_at = %(now)s
                   from news where s.id = news.id and (s.standing in ('received', 'overdue')
                       or s.standing = 'landed' and s.answer_sha256 is distinct from news.sha256)
                   returning s.id, news.sha256),
               same as (
                   update malote.submission s set ready = false, leased_until = null
                   from news where s.id = news.id and s.standing = 'landed' and s.answer_sha256 = news.sha256)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'answered', jsonb_build_object('sha256', sha256) from moved returning submission""",
            {"ids": [a[0] for a in answers], "names": [a[1].name for a in answers],
             "hashes": [a[1].sha256 for a in answers], "sizes": [a[1].size for a in answers], "now": self.clock.now()},
        )  # fmt: skip
        return {row["submission"] for row in taken}

    def unreadable(self, id: str, why: str, *, ask_at: datetime | None) -> None:
        """The kept answer broke the treaty: it is asked for again; the bytes stay in the archive."""
        self.move(
            id, ["answered"], "answer unreadable", {"why": why},
            """standing = case when landed_at is null then 'received' else 'landed' end,
               answer = null, answer_sha256 = null, answer_size = null,
               next_at = %(at)s""",
            at=ask_at,
        )  # fmt: skip

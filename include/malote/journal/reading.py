"""What the journal says: submissions, tallies, stories, and who holds a reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from malote.journal.ledger import COLUMNS, Ledger, submission_of
from malote.scope import Scope
from malote.submission import Holder, Refusal, Standing, Submission, Unanswered


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

    def tally(self, scope: Scope, *standings: Standing) -> dict[str, int]:
        """``{standing: count}`` of a scope: of the given standings, of all where none is given.

        All of a pouch is little; all of a service is years, so ask for those of it that are open.
        """
        rows = self.connection.execute(
            f"""select standing, count(*) as n from malote.submission
                where {scope.where} and (%(standings)s::text[] is null or standing = any (%(standings)s))
                group by standing""",
            {**scope.values, "standings": [s.value for s in standings] or None},
        )
        return {row["standing"]: row["n"] for row in rows}

    def landed(self, most: int) -> int:
        """How many have landed in all, counted no further than to that many."""
        query = "select count(*) as n from (select 1 from malote.submission where standing = 'landed' limit %s) as x"
        row = self.connection.execute(query, (most,)).fetchone()
        return int(row["n"]) if row else 0

    def waiting(self, scope: Scope) -> tuple[int, datetime | None, datetime | None]:
        """How many of a scope are waited for (not the overdue ones), when the next may be asked, the last deadline."""
        row = self.connection.execute(
            f"""select count(*) as n, min(greatest(next_at, coalesce(leased_until, next_at))) as at,
                    max(deadline) as deadline
                from malote.submission where {scope.where} and standing = 'received' and not ready""",
            scope.values,
        ).fetchone()
        return (row["n"], row["at"], row["deadline"]) if row else (0, None, None)

    def to_fetch(self, scope: Scope) -> list[Submission]:
        """The submissions of a scope whose answers are there, to be fetched, oldest first."""
        rows = self.connection.execute(
            f"""select {COLUMNS} from malote.submission
                where {scope.where} and ready and standing in ('received', 'overdue', 'landed') order by number""",
            scope.values,
        )
        return [submission_of(row) for row in rows]

    def unanswered(self, scope: Scope) -> list[Unanswered]:
        """The landed submissions of a scope with items that no answer settled, oldest first."""
        rows = self.connection.execute(
            f"""with open as (
                    select submission as id, count(*) as items, (array_agg(reference order by ordinal))[1:5] as some,
                           (array_agg(distinct concat_ws(': ', code, message)) filter (
                               where code is not null or message is not null))[1:3] as said
                    from malote.item_row where outcome = 'unanswered' group by submission)
                select s.id as submission, o.items, o.some, array_to_string(l.words || o.said, '; ') as words,
                       s.next_at as ask_at, s.moved_at
                from malote.submission s join open o using (id) join malote.load l on l.submission = s.id
                where {scope.where} and standing = 'landed' order by number""",
            scope.values,
        )
        return [Unanswered(**{**row, "some": tuple(row["some"]), "words": row["words"] or None}) for row in rows]

    def unanswered_items(self, id: str) -> int:
        """How many items of a submission no answer settled."""
        query = "select count(*) as n from malote.item_row where submission = %s and outcome = 'unanswered'"
        row = self.connection.execute(query, (id,)).fetchone()
        return int(row["n"]) if row else 0

    def landed_of(self, pouch: Scope, ids: Sequence[str]) -> dict[str, int]:
        """``{"files": n, "accepted": n, "refused": n}``: files of a pouch that have landed, and these; their items."""
        row = self.connection.execute(
            f"""select count(*) as files, coalesce(sum(items_accepted), 0)::bigint as accepted,
                       coalesce(sum(items_refused), 0)::bigint as refused
                from malote.load where submission = any (%(ids)s)
                   or submission in (select id from malote.submission where {pouch.where} and landed_at is not null)""",
            {**pouch.values, "ids": list(ids)},
        ).fetchone()
        return dict(row) if row else {"files": 0, "accepted": 0, "refused": 0}

    def refused_items(self, pouch: Scope, ids: Sequence[str], *, limit: int) -> list[tuple[str, int]]:
        """Which of these have refused items, as :meth:`landed_of` counts them: the first few, and how many each."""
        rows = self.connection.execute(
            f"""select submission, items_refused from malote.load where items_refused > 0 and (
                   submission = any (%(ids)s)
                   or submission in (select id from malote.submission where {pouch.where} and landed_at is not null))
                order by landed_at, submission limit %(limit)s""",
            {**pouch.values, "ids": list(ids), "limit": limit},
        )
        return [(row["submission"], row["items_refused"]) for row in rows]

    def items_held(self, scope: Scope) -> int:
        """How many items are held back by submissions of a scope, as ``malote.held_back`` lists them."""
        row = self.connection.execute(
            f"select count(*) as n from malote.held_back where {scope.where}", scope.values
        ).fetchone()
        return int(row["n"]) if row else 0

    def story(self, id: str) -> list[dict[str, Any]]:
        """The events of a submission, oldest first: ``id``, ``at``, ``what``, ``detail``."""
        return self.connection.execute(
            "select id, at, what, detail from malote.event where submission = %s order by id", (id,)
        ).fetchall()

    def refused_as(self, documents: Sequence[tuple[str, str, str]]) -> list[Holder]:
        """Who was refused with those very bytes: ``(scope, reference, SHA-256 of the document)``, newest last."""
        rows = self.connection.execute(
            """select i.scope, i.reference, i.submission, 'refused_unchanged' as reason, s.document_sha256 as sha256,
                      case when s.standing = 'refused' then s.message end as message
               from unnest(%s::text[], %s::text[], %s::text[]) as asked (scope, reference, sha256)
               join malote.item_row i on i.scope = asked.scope and i.reference = asked.reference
               join malote.submission s on s.id = i.submission and s.document_sha256 = asked.sha256
               where i.outcome = 'refused' and s.standing <> 'withdrawn' order by s.number""",
            ([d[0] for d in documents], [d[1] for d in documents], [d[2] for d in documents]),
        )
        return [Holder(**row) for row in rows]

    def unexplained(self, scope: Scope, *, without: Sequence[str] = (), limit: int) -> list[Refusal]:
        """The refused submissions of a scope, and those with a refused item, whose reasons have not landed yet.

        :param without: ids that are left out
        """
        rows = self.connection.execute(
            f"""select {COLUMNS},
                    (select i.reference from malote.item_row i where i.submission = s.id and s.item_count = 1) as item,
                    (select e.detail -> 'reasons' from malote.event e where e.submission = s.id and e.what = 'refused'
                     order by e.id desc limit 1) as brought
                from malote.submission s
                where {scope.where} and unexplained and reasons_at is null and id <> all (%(without)s)
                  and (standing = 'refused' or standing = 'landed' and exists (
                      select 1 from malote.load l where l.submission = s.id and l.items_refused > 0))
                order by number limit %(limit)s""",
            {**scope.values, "without": list(without), "limit": limit},
        ).fetchall()
        found = []
        for row in rows:
            item, brought = row.pop("item"), row.pop("brought") or []
            found.append(Refusal(submission_of(row), item, [tuple(each) for each in brought]))
        return found

    def holders(self, scope: str, references: Sequence[str], *, pouch: str, refused_too: bool) -> dict[str, Holder]:
        """Which of the references may not travel, and what holds each: see :class:`Holder`.

        :param pouch: what was refused in it is held: who asks a run to send again asks once, whatever is cleared
        :param refused_too: a refused item counts as held as well (nobody asked for it to travel again), but not one
            that never left, or that a person saw to be absent: the institution never said no to it
        """
        rows = self.connection.execute(
            # A look at the index each, never the table, however many are asked for.
            """with asked as (select distinct reference from unnest(%(references)s::text[]) as x (reference))
               select i.scope, i.reference, i.submission,
                   case when i.outcome = 'unanswered' then 'unanswered' when s.standing = 'landed' then 'accepted'
                        when s.standing in ('in_doubt', 'overdue') then s.standing else 'travelling' end as reason,
                   s.number
               from asked cross join lateral (
                   select * from malote.item_row i
                   where i.scope = %(scope)s and i.reference = asked.reference
                     and i.outcome is distinct from 'refused' offset 0) i
               join malote.submission s on s.id = i.submission
               union all
               select i.scope, i.reference, i.submission,
                   case when %(refused_too)s then 'refused' else 'refused_here' end, s.number
               from asked cross join lateral (
                   select * from malote.item_row i
                   where i.scope = %(scope)s and i.reference = asked.reference and i.outcome = 'refused' offset 0) i
               join malote.submission s on s.id = i.submission
               where (%(refused_too)s or s.pouch = %(pouch)s) and s.standing <> 'withdrawn'
               union all
               select %(scope)s, asked.reference, s.id,
                   case when r.fate <> 'refused' then 'accepted' when %(refused_too)s then 'refused'
                        else 'refused_here' end, s.number
               from asked cross join lateral malote.retired(%(scope)s, asked.reference) r
               join malote.submission s on s.number = r.number
               where (r.fate <> 'refused' or %(refused_too)s or s.pouch = %(pouch)s)
                 and (select exists (select 1 from malote.register) or exists (select 1 from malote.register_new))
               order by number""",
            {"scope": scope, "references": list(references), "pouch": pouch, "refused_too": refused_too},
        )
        return {
            row["reference"]: Holder(row["scope"], row["reference"], row["submission"], row["reason"]) for row in rows
        }

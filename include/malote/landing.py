"""Lands answers: COPY of raw strings into a staging table, one pre-filtered merge, the load record, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock, SystemClock
from malote.errors import InDoubt, Malformed
from malote.institution import Institution, Table
from malote.submission import Submission

# The n-th row about a thing is about the n-th item of that name; surplus rows are about the last one.
_MATCH = """
    create temp table matched on commit drop as
    with mine as (
        select submission, reference, coalesce(echo, reference) as echo,
               row_number() over by_echo as nth, count(*) over (partition by submission, coalesce(echo, reference)) as n
        from malote.item where submission = any (%(ids)s)
        window by_echo as (partition by submission, coalesce(echo, reference) order by ordinal)),
    theirs as (select *, row_number() over (partition by submission_id, echo order by ordem) as nth from staging)
    select theirs.*, mine.reference
    from theirs left join mine
        on mine.submission = theirs.submission_id and mine.echo = theirs.echo and mine.nth = least(theirs.nth, mine.n)
"""

_OUTCOMES = """
    create temp table outcome on commit drop as
    select submission_id, reference, count(*) as answers, max(code) as code, max(message) as message,
           case when bool_or(outcome = 'accepted') then 'accepted'
                when bool_or(outcome = 'unanswered') then 'unanswered' else 'refused' end as standing
    from matched where reference is not null group by submission_id, reference
"""

_ITEMS = """
    update malote.item i set standing = news.standing, code = news.code, message = news.message
    from (
        select mine.submission, mine.ordinal, coalesce(o.standing, 'unanswered') as standing, o.code, o.message
        from malote.item mine left join outcome o on o.submission_id = mine.submission and o.reference = mine.reference
        where mine.submission = any (%(ids)s)) as news
    where i.submission = news.submission and i.ordinal = news.ordinal
      and (i.standing, i.code, i.message) is distinct from (news.standing, news.code, news.message)
"""

_LOADS = """
    with items as (
        select submission, count(*) filter (where standing = 'accepted') as accepted,
               count(*) filter (where standing = 'refused') as refused,
               count(*) filter (where standing not in ('accepted', 'refused')) as unanswered
        from malote.item where submission = any (%(ids)s) group by submission),
    twice as (select submission_id, count(*) filter (where answers > 1) as n from outcome group by submission_id),
    rows as (select submission_id, count(*) as n, count(*) filter (where reference is null) as unmatched
             from matched group by submission_id)
    insert into malote.load (
        submission, landed_at, target, answer_sha256, row_count, items_accepted, items_refused, items_unanswered,
        items_answered_twice, rows_unmatched)
    select s.id, %(now)s, %(target)s, s.answer_sha256, coalesce(rows.n, 0), coalesce(items.accepted, 0),
           coalesce(items.refused, 0), coalesce(items.unanswered, 0), coalesce(twice.n, 0), coalesce(rows.unmatched, 0)
    from malote.submission s
    left join items on items.submission = s.id left join twice on twice.submission_id = s.id
    left join rows on rows.submission_id = s.id
    where s.id = any (%(ids)s)
    on conflict (submission) do nothing
"""

_LANDED = """
    with moved as (
        update malote.submission set standing = 'landed', moved_at = %(now)s
        where id = any (%(ids)s) and standing = 'answered' returning id)
    insert into malote.event (submission, at, what, detail)
    select moved.id, %(now)s, 'landed', to_jsonb(l) - 'submission' - 'landed_at'
    from moved join malote.load l on l.submission = moved.id
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one transaction landed: rows copied, rows that changed the table, and the submissions."""

    submissions: tuple[str, ...]
    rows: int
    changed: int


class Landing:
    """Lands the answers of submissions into the institution's table. One connection for each :meth:`land`."""

    def __init__(
        self,
        dsn: str,
        archive: Archive,
        clock: Clock | None = None,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._dsn = dsn
        self._archive = archive
        self._clock = clock or SystemClock()
        self._checkpoint = checkpoint

    def land(self, institution: Institution, submissions: Sequence[Submission]) -> Load:
        """Land the answers of these submissions of one service in one transaction; again changes no row.

        :raises Malformed: where an answer cannot be read; ``submission`` says whose; nothing has landed then
        :raises InDoubt: where not one row of an answer is about an item that was sent; nothing has landed then
        """
        table = institution.tables[submissions[0].service]
        ids = [s.id for s in submissions]
        with psycopg.connect(self._dsn, row_factory=dict_row) as connection:
            locked = connection.execute(
                "select id from malote.submission where id = any (%s) and answer is not null for update skip locked",
                (ids,),
            ).fetchall()
            held = {row["id"] for row in locked}
            mine = [s for s in submissions if s.id in held]
            values = {"ids": [s.id for s in mine], "now": self._clock.now(), "target": table.name}
            rows = self._stage(connection, table, institution, mine)
            self._checkpoint("rows staged")
            connection.execute(_MATCH, values)
            self._refuse_strangers(connection, mine)
            changed = merge(connection, table, values["now"])
            connection.execute(_OUTCOMES)
            connection.execute(_ITEMS, values)
            connection.execute(_LOADS, values)
            connection.execute(_LANDED, values)
            self._checkpoint("rows merged")
        self._checkpoint("rows landed")
        return Load(tuple(s.id for s in mine), rows, changed)

    def _stage(
        self,
        connection: psycopg.Connection[Any],
        table: Table,
        institution: Institution,
        submissions: Sequence[Submission],
    ) -> int:
        stage(connection, table)
        rows = 0
        with connection.cursor().copy(_copy_into_staging(table)) as copy:
            for submission in submissions:
                assert submission.answer is not None
                try:
                    with self._archive.open(submission.answer) as answer:
                        for ordem, row in enumerate(institution.read(submission, answer), 1):
                            copy.write_row((submission.id, ordem, *row))
                            rows += 1
                except Malformed as error:
                    error.about(institution=institution.name, submission=submission.id)
                    raise
        return rows

    @staticmethod
    def _refuse_strangers(connection: psycopg.Connection[Any], submissions: Sequence[Submission]) -> None:
        row = connection.execute(
            """select submission_id, count(*) as n from matched group by submission_id
               having count(reference) = 0 limit 1"""
        ).fetchone()
        if row is not None:
            sent = next(s.item_count for s in submissions if s.id == row["submission_id"])
            raise InDoubt(
                f"the answer has {row['n']} rows and not one is about the {sent} items that were sent: "
                "the receipt may be somebody else's",
                submission=row["submission_id"],
                todo="compare the receipt with the institution's own pages, then `malote resolve`",
                kept="the answer is in the archive, nothing of it has landed",
            )


def stage(connection: psycopg.Connection[Any], table: Table) -> None:
    """Make the staging table of this transaction, with the types of the target."""
    connection.execute(
        sql.SQL(
            """create temp table staging on commit drop as
               select submission_id, ordem, {columns}, null::text as echo, null::text as outcome, null::text as code,
                      null::text as message
               from {target} with no data"""
        ).format(target=_target(table), columns=_names(table))
    )


def merge(connection: psycopg.Connection[Any], table: Table, now: Any) -> int:
    """Merge the matched rows into the target; returns how many rows that changed.

    The join leaves out what is already there, so that landing again writes nothing, not even locks.
    """
    columns = [sql.Identifier(name) for name in ("reference", *table.columns)]
    done = connection.execute(
        sql.SQL(
            """insert into {target} (submission_id, ordem, {columns}, landed_at)
               select s.submission_id, s.ordem, {staged}, {now}
               from matched s left join {target} t on t.submission_id = s.submission_id and t.ordem = s.ordem
               where t.submission_id is null or ({there}) is distinct from ({staged})
               on conflict (submission_id, ordem) do update
               set ({columns}, landed_at) = ({excluded}, excluded.landed_at)"""
        ).format(
            target=_target(table),
            columns=sql.SQL(", ").join(columns),
            staged=sql.SQL(", ").join(sql.SQL("s.") + each for each in columns),
            there=sql.SQL(", ").join(sql.SQL("t.") + each for each in columns),
            excluded=sql.SQL(", ").join(sql.SQL("excluded.") + each for each in columns),
            now=sql.Literal(now),
        )
    )
    return done.rowcount


def _copy_into_staging(table: Table) -> sql.Composed:
    return sql.SQL("copy staging (submission_id, ordem, {columns}, echo, outcome, code, message) from stdin").format(
        columns=_names(table)
    )


def _target(table: Table) -> sql.Identifier:
    return sql.Identifier(*table.name.split("."))


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)

"""Lands answers: COPY of raw strings, one pre-filtered merge where rows are there, the load record, one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock, SystemClock
from malote.errors import InDoubt, Malformed
from malote.institution import Institution, Table
from malote.submission import Refusal, Submission
from malote.trip.accounting import account
from malote.trip.matching import Matching


@dataclass(frozen=True, slots=True)
class Load:
    """What one transaction landed: rows read, rows that changed the table, and the submissions."""

    submissions: tuple[str, ...]
    rows: int
    changed: int


class Landing:
    """Lands the answers of submissions into the institution's table. One connection for each :meth:`land`."""

    def __init__(
        self, dsn: str, archive: Archive, clock: Clock | None = None, checkpoint: Checkpoint = pass_by
    ) -> None:
        self._dsn = dsn
        self._archive = archive
        self._clock = clock or SystemClock()
        self._checkpoint = checkpoint

    def land(self, institution: Institution, submissions: Sequence[Submission]) -> Load:
        """Land the answers of these submissions of one service in one transaction; again changes no row.

        An answer to a submission that has landed before adds what it says of the items that were unanswered; of the
        others, and of what it no longer mentions, every row stays as it is.

        :raises Malformed: where an answer cannot be read; ``submission`` says whose; nothing has landed then
        :raises InDoubt: where the rows of an answer name other things than were sent; nothing has landed then
        """
        table = institution.tables[submissions[0].service]
        now = self._clock.now()
        with psycopg.connect(self._dsn) as connection:
            connection.execute("set temp_buffers = '64MB'")  # the default 8 MB writes staging to disk and reads it back
            mine = _lock(connection, submissions)
            matchings = _matchings(connection, institution, mine)
            # What lands for the first time has nothing to be merged with: its rows go straight to their place.
            first = _none_there(connection, table, mine)
            if not first:
                stage(connection, table)
            into, end = (copy_into(table), (now,)) if first else (copy_into_staging(table), ())
            changed = 0
            with connection.cursor().copy(into) as copy:
                for submission in mine:
                    for row in self._rows(institution, submission, matchings[submission.id]):
                        copy.write_row(row + end)
                        changed += 1
            self._checkpoint("rows staged")
            if not first:
                _place(connection, table, mine)
                changed = merge(connection, table, now)
            account(connection, institution, table, mine, matchings, now)
            self._checkpoint("rows merged")
        self._checkpoint("rows landed")
        return Load(tuple(s.id for s in mine), sum(m.tally().rows for m in matchings.values()), changed)

    def land_reasons(self, table: Table, told: Sequence[tuple[Refusal, Sequence[tuple[str | None, ...]]]]) -> None:
        """Land the reasons of refusals, each as rows of that table, in one transaction."""
        now = self._clock.now()
        with psycopg.connect(self._dsn) as connection:
            stage(connection, table)
            with connection.cursor().copy(copy_into_staging(table)) as copy:
                for refusal, rows in told:
                    for ordem, row in enumerate(rows, 1):
                        copy.write_row((refusal.submission.id, ordem, refusal.reference, *row))
            merge(connection, table, now)
            connection.execute(
                "update malote.submission set reasons_at = %s where id = any (%s)",
                (now, [refusal.submission.id for refusal, _ in told]),
            )

    def _rows(self, institution: Institution, submission: Submission, matching: Matching) -> Iterator[tuple[Any, ...]]:
        assert submission.answer is not None
        try:
            with self._archive.open(submission.answer) as answer:
                rows = institution.read(submission, answer)
                yield from matching.landed(submission.id, rows)
        except Malformed as error:
            raise error.about(institution=institution.name, submission=submission.id) from None
        if matching.strange:
            tally = matching.tally()
            ours = tally.rows - tally.unmatched
            about = "not one is" if not ours else f"only {ours} {'is' if ours == 1 else 'are'}"
            what = (
                f"the answer has {tally.rows} rows and {about} about the {submission.item_count} items that were sent"
            )
            if submission.landed_at:  # what landed first was ours, so this is no doubt about the receipt
                todo = "nothing, it is asked again; where it stays so, ask the institution"
                raise Malformed(what, institution=institution.name, submission=submission.id, todo=todo)
            raise InDoubt(
                f"{what}: the receipt may be somebody else's",
                institution=institution.name,
                submission=submission.id,
                todo=f"compare receipt {submission.receipt} with the institution's own pages, then `malote resolve`",
                kept="the answer is in the archive, nothing of it has landed",
            )
        # Where it has landed before, each item has its row already.
        if submission.landed_at is None and (own := institution.unmentioned(submission)) is not None:
            yield from matching.unmentioned(submission.id, own)


def _lock(connection: psycopg.Connection[Any], submissions: Sequence[Submission]) -> list[Submission]:
    rows = connection.execute(
        """select id, landed_at from malote.submission where id = any (%s) and answer is not null
           for update skip locked""",
        ([s.id for s in submissions],),
    ).fetchall()
    held = dict(rows)
    return [replace(s, landed_at=held[s.id]) for s in submissions if s.id in held]


def _matchings(
    connection: psycopg.Connection[Any], institution: Institution, submissions: Sequence[Submission]
) -> dict[str, Matching]:
    rows = connection.cursor(binary=True).execute(
        """select submission, array_agg(reference order by ordinal),
                  case when count(echo) > 0 then array_agg(echo order by ordinal) end
           from malote.item_row where submission = any (%s) group by submission""",
        ([s.id for s in submissions],),
    )
    by_id = {s.id: s for s in submissions}
    return {id: Matching() for id in by_id} | {
        id: Matching(references, echoes, institution.tags(by_id[id], references)) for id, references, echoes in rows
    }


def stage(connection: psycopg.Connection[Any], table: Table) -> None:
    """Make the staging table of this transaction, with the types of the target."""
    connection.execute(
        sql.SQL(
            """create temp table staging on commit drop as
               select submission_id, ordem, reference, {columns} from {target} with no data"""
        ).format(target=_target(table), columns=_names(table))
    )


def _none_there(connection: psycopg.Connection[Any], table: Table, submissions: Sequence[Submission]) -> bool:
    """Not one row of these submissions has landed. They are locked: nobody else lands them meanwhile."""
    query = sql.SQL("select exists (select 1 from {} where submission_id = any (%s))").format(_target(table))
    row = connection.execute(query, ([s.id for s in submissions],)).fetchone()
    return row is not None and not row[0]


def copy_into(table: Table) -> sql.Composed:
    """As :func:`copy_into_staging`, straight into the table, with ``landed_at`` last."""
    return sql.SQL("copy {} (submission_id, ordem, reference, {}, landed_at) from stdin").format(
        _target(table), _names(table)
    )


def copy_into_staging(table: Table) -> sql.Composed:
    """The COPY statement whose rows are ``submission_id, ordem, reference`` and the table's own columns."""
    return sql.SQL("copy staging (submission_id, ordem, reference, {}) from stdin").format(_names(table))


def _place(connection: psycopg.Connection[Any], table: Table, submissions: Sequence[Submission]) -> None:
    """Give each staged row its place among those that are there: an answer may come in parts, and in another order.

    The n-th row about an item replaces the n-th, as long as the item is unanswered; the others go behind the last. What
    is about nothing that was sent is told by what it says.
    """

    def numbered(source: sql.Identifier) -> sql.Composed:
        return sql.SQL(
            """(select submission_id, ordem, key,
                       row_number() over (partition by submission_id, key order by ordem) as nth
                from (select submission_id, ordem, case when reference is null then 'n' || md5(row({columns})::text)
                          else 'r' || reference end as key
                      from {source} where submission_id = any (%(ids)s)) as x)"""
        ).format(columns=_names(table), source=source)

    target = _target(table)
    connection.execute(
        sql.SQL(
            """with there as {there}, told as {told},
               lasts as (select submission_id, max(ordem) as last from there group by submission_id),
               placed as (
                   select submission_id, told.ordem as said, coalesce(there.ordem, coalesce(last, 0) + row_number()
                       over (partition by submission_id, there.ordem is null order by told.ordem)) as place
                   from told left join there using (submission_id, key, nth) left join lasts using (submission_id))
               update staging s set ordem = placed.place from placed
               where s.submission_id = placed.submission_id and s.ordem = placed.said and s.ordem <> placed.place"""
        ).format(there=numbered(target), told=numbered(sql.Identifier("staging"))),
        {"ids": [s.id for s in submissions]},
    )
    connection.execute(
        sql.SQL(
            """delete from staging s using {target} t, malote.item_row i
               where t.submission_id = s.submission_id and t.ordem = s.ordem and i.submission = s.submission_id
                 and i.reference = s.reference and i.outcome is distinct from 'unanswered'"""
        ).format(target=target)
    )


def merge(connection: psycopg.Connection[Any], table: Table, now: datetime) -> int:
    """Merge the staged rows into the target; returns how many rows that changed.

    The join leaves out what is already there, so that landing again writes nothing, not even locks.
    """
    columns = [sql.Identifier(name) for name in ("reference", *table.columns)]
    done = connection.execute(
        sql.SQL(
            """insert into {target} (submission_id, ordem, {columns}, landed_at)
               select s.submission_id, s.ordem, {staged}, {now}
               from staging s left join {target} t on t.submission_id = s.submission_id and t.ordem = s.ordem
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


def _target(table: Table) -> sql.Identifier:
    return sql.Identifier(*table.name.split("."))


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)

"""Lands answers: COPY of raw strings, one pre-filtered merge where rows are there, the load record, one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from malote.trip.matching import Matching

_EXCEPTIONS = """
    update malote.item_row i set outcome = e.standing, code = e.code, message = e.message
    from exceptions e where i.submission = e.submission and i.ordinal = e.ordinal
      and (i.outcome, i.code, i.message) is distinct from (e.standing, e.code, e.message)
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

        :raises Malformed: where an answer cannot be read; ``submission`` says whose; nothing has landed then
        :raises InDoubt: where not one row of an answer is about an item that was sent; nothing has landed then
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
                changed = merge(connection, table, now)
            _account(connection, table, mine, matchings, now)
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
            raise InDoubt(
                f"the answer has {tally.rows} rows and {about} about the {submission.item_count} items that were sent: "
                "the receipt may be somebody else's",
                institution=institution.name,
                submission=submission.id,
                todo=f"compare receipt {submission.receipt} with the institution's own pages, then `malote resolve`",
                kept="the answer is in the archive, nothing of it has landed",
            )
        if (own := institution.unmentioned(submission)) is not None:
            yield from matching.unmentioned(submission.id, own)


def _lock(connection: psycopg.Connection[Any], submissions: Sequence[Submission]) -> list[Submission]:
    rows = connection.execute(
        "select id from malote.submission where id = any (%s) and answer is not null for update skip locked",
        ([s.id for s in submissions],),
    ).fetchall()
    held = {row[0] for row in rows}
    return [s for s in submissions if s.id in held]


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


def _account(
    connection: psycopg.Connection[Any],
    table: Table,
    submissions: Sequence[Submission],
    matchings: dict[str, Matching],
    now: datetime,
) -> None:
    connection.execute(
        """create temp table exceptions (submission text, ordinal integer, standing text, code text, message text)
           on commit drop"""
    )
    with connection.cursor().copy("copy exceptions from stdin") as copy:
        for id, matching in matchings.items():
            for exception in matching.exceptions():
                copy.write_row((id, *exception))
    connection.execute(_EXCEPTIONS)
    tallies = [(s, matchings[s.id].tally()) for s in submissions]
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into malote.load (
                   submission, landed_at, target, answer_sha256, row_count, items_accepted, items_refused,
                   items_unanswered, items_answered_twice, rows_unmatched)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (submission) do nothing""",
            [
                (s.id, now, table.name, s.answer.sha256 if s.answer else "", t.rows, t.accepted, t.refused,
                 t.unanswered, t.answered_twice, t.unmatched)
                for s, t in tallies
            ],
        )  # fmt: skip
    connection.execute(_LANDED, {"ids": [s.id for s in submissions], "now": now})


def _target(table: Table) -> sql.Identifier:
    return sql.Identifier(*table.name.split("."))


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)

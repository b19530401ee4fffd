"""The statements that bring rows into a table: COPY, by way of a staging table where they are merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from malote.institution import Table
from malote.submission import Submission


def stage(connection: psycopg.Connection[Any], table: Table) -> None:
    """Make the staging table of this transaction, with the types of the target."""
    connection.execute(
        sql.SQL(
            """create temp table staging on commit drop as
               select submission_id, ordem, reference, {columns} from {target} with no data"""
        ).format(target=target(table), columns=names(table))
    )


def copy_into(table: Table) -> sql.Composed:
    """As :func:`copy_into_staging`, straight into the table, with ``landed_at`` last."""
    return sql.SQL("copy {} (submission_id, ordem, reference, {}, landed_at) from stdin").format(
        target(table), names(table)
    )


def copy_into_staging(table: Table) -> sql.Composed:
    """The COPY statement whose rows are ``submission_id, ordem, reference`` and the table's own columns."""
    return sql.SQL("copy staging (submission_id, ordem, reference, {}) from stdin").format(names(table))


def place(connection: psycopg.Connection[Any], table: Table, submissions: Sequence[Submission]) -> None:
    """Give each staged row its place among those that are there: an answer may come in parts, and in another order.

    The n-th row about an item replaces the n-th, as long as the item is unanswered; the others go behind the last. What
    is about nothing that was sent is told by what it says.
    """
    ids = {"ids": [s.id for s in submissions]}
    with _hashed(connection):
        if not _in_place(connection, table, ids):
            _move(connection, table, ids)


def merge(
    connection: psycopg.Connection[Any], table: Table, now: datetime, submissions: Sequence[Submission] = ()
) -> int:
    """Merge the staged rows into the target; returns how many rows that changed.

    The join leaves out what is already there, so that landing again writes nothing, not even locks.

    :param submissions: whose rows that are there stay as they are, unless they are about an item that is unanswered;
        all that is staged is theirs
    """
    columns = ("reference", *table.columns)
    query = sql.SQL(
        """insert into {target} (submission_id, ordem, {columns}, landed_at)
           select s.submission_id, s.ordem, {staged}, {now}
           from staging s left join {target} t on t.submission_id = s.submission_id and t.ordem = s.ordem {near}
           where (t.submission_id is null or ({there}) is distinct from ({staged})) {unanswered}
           on conflict (submission_id, ordem) do update
           set ({columns}, landed_at) = ({excluded}, excluded.landed_at)"""
    ).format(
        target=target(table),
        columns=_of(None, columns),
        staged=_of("s", columns),
        there=_of("t", columns),
        excluded=_of("excluded", columns),
        now=sql.Literal(now),
        near=sql.SQL("and t.submission_id = any (%(ids)s)" if submissions else ""),
        unanswered=_UNANSWERED if submissions else sql.SQL(""),
    )
    if not submissions:
        return connection.execute(query).rowcount
    with _hashed(connection):
        return connection.execute(query, {"ids": [s.id for s in submissions]}).rowcount


_UNANSWERED = sql.SQL(
    """and not exists (
           select 1 from malote.item_row i
           where t.submission_id is not null and i.submission = s.submission_id and i.reference = s.reference
             and i.outcome is distinct from 'unanswered' and i.submission = any (%(ids)s))"""
)


@contextmanager
def _hashed(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Nobody has counted what was just staged: each row would be looked for among all others, which is quadratic."""
    connection.execute("set local enable_nestloop = off")
    yield
    connection.execute("reset enable_nestloop")


def _in_place(connection: psycopg.Connection[Any], table: Table, ids: dict[str, list[str]]) -> bool:
    """The rows that are there are the first ones of those that were staged, as nearly always."""
    row = connection.execute(
        sql.SQL(
            """select not exists (
                          select 1 from {target} where submission_id = any (%(ids)s)
                          group by submission_id having max(ordem) <> count(*))
                      and not exists (
                          select 1 from {target} t inner join staging s using (submission_id, ordem)
                          where t.submission_id = any (%(ids)s)
                            and (t.reference is distinct from s.reference
                                 or (t.reference is null and ({there}) is distinct from ({told}))))"""
        ).format(target=target(table), there=_of("t", table.columns), told=_of("s", table.columns)),
        ids,
    ).fetchone()
    return row is not None and bool(row[0])


def _move(connection: psycopg.Connection[Any], table: Table, ids: dict[str, list[str]]) -> None:
    def numbered(source: sql.Identifier) -> sql.Composed:
        return sql.SQL(
            """(select submission_id, ordem, key,
                       row_number() over (partition by submission_id, key order by ordem) as nth
                from (select submission_id, ordem, case when reference is null then 'n' || md5(row({columns})::text)
                          else 'r' || reference end as key
                      from {source} where submission_id = any (%(ids)s)) as x)"""
        ).format(columns=names(table), source=source)

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
        ).format(there=numbered(target(table)), told=numbered(sql.Identifier("staging"))),
        ids,
    )


def target(table: Table) -> sql.Identifier:
    """The table's qualified name."""
    return sql.Identifier(*table.name.split("."))


def names(table: Table) -> sql.Composed:
    """The institution's own columns."""
    return _of(None, table.columns)


def _of(source: str | None, columns: Sequence[str]) -> sql.Composed:
    """Columns, those of one source where a statement has several."""
    before = (source,) if source else ()
    return sql.SQL(", ").join(sql.Identifier(*before, name) for name in columns)

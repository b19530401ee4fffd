"""The statements that bring rows into a table: COPY, by way of a staging table where they are merged."""

from __future__ import annotations

from collections.abc import Sequence
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

    def numbered(source: sql.Identifier) -> sql.Composed:
        return sql.SQL(
            """(select submission_id, ordem, key,
                       row_number() over (partition by submission_id, key order by ordem) as nth
                from (select submission_id, ordem, case when reference is null then 'n' || md5(row({columns})::text)
                          else 'r' || reference end as key
                      from {source} where submission_id = any (%(ids)s)) as x)"""
        ).format(columns=names(table), source=source)

    into = target(table)
    ids = {"ids": [s.id for s in submissions]}
    # Nobody has counted what was just staged: each row would be looked for among all others, which is quadratic.
    connection.execute("set local enable_nestloop = off")
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
        ).format(there=numbered(into), told=numbered(sql.Identifier("staging"))),
        ids,
    )
    connection.execute(
        sql.SQL(
            """delete from staging s using {target} t, malote.item_row i
               where t.submission_id = s.submission_id and t.ordem = s.ordem and i.submission = s.submission_id
                 and i.reference = s.reference and i.outcome is distinct from 'unanswered'
                 and t.submission_id = any (%(ids)s) and i.submission = any (%(ids)s)"""
        ).format(target=into),
        ids,
    )
    connection.execute("reset enable_nestloop")


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
            target=target(table),
            columns=sql.SQL(", ").join(columns),
            staged=sql.SQL(", ").join(sql.SQL("s.") + each for each in columns),
            there=sql.SQL(", ").join(sql.SQL("t.") + each for each in columns),
            excluded=sql.SQL(", ").join(sql.SQL("excluded.") + each for each in columns),
            now=sql.Literal(now),
        )
    )
    return done.rowcount


def target(table: Table) -> sql.Identifier:
    """The table's qualified name."""
    return sql.Identifier(*table.name.split("."))


def names(table: Table) -> sql.Composed:
    """The institution's own columns."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)

"""What a landing means for the books: the outcome of each item, the load record, and when to ask again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from malote.institution import Institution, Table
from malote.submission import Submission
from malote.trip.matching import Matching

_OUTCOMES = """
    update malote.item_row i set outcome = e.outcome, code = e.code, message = e.message
    from outcomes e join malote.submission s on s.id = e.submission
    where i.submission = e.submission and i.ordinal = e.ordinal and (s.landed_at is null or i.outcome = 'unanswered')
      and (i.outcome, i.code, i.message) is distinct from (e.outcome, e.code, e.message)
"""
"""What landed before, or was settled by a person, stays: its item may travel in another document by now."""

_LANDED = """
    with moved as (
        update malote.submission s
        set standing = 'landed', moved_at = %(now)s, landed_at = coalesce(s.landed_at, %(now)s),
            unexplained = s.reasons_at is null and l.items_refused > 0,
            next_at = case when l.items_unanswered > 0 and s.deadline > %(now)s
                then least(%(now)s + %(every)s, s.deadline) end
        from malote.load l
        where l.submission = s.id and s.id = any (%(ids)s) and s.standing = 'answered' returning s.id)
    insert into malote.event (submission, at, what, detail)
    select moved.id, %(now)s, 'landed', jsonb_strip_nulls(to_jsonb(l) - 'submission' - 'landed_at')
    from moved join malote.load l on l.submission = moved.id
"""


def account(
    connection: psycopg.Connection[Any],
    institution: Institution,
    table: Table,
    submissions: Sequence[Submission],
    matchings: Mapping[str, Matching],
    now: datetime,
) -> None:
    """Note what became of the items, in the transaction in which their rows were merged into ``table``."""
    connection.execute(
        """create temp table outcomes (submission text, ordinal integer, outcome text, code text, message text)
           on commit drop"""
    )
    with connection.cursor().copy("copy outcomes from stdin") as copy:
        for each in submissions:
            matching = matchings[each.id]
            for outcome in matching.news() if each.landed_at else matching.exceptions():
                copy.write_row((each.id, *outcome))
    connection.execute(_OUTCOMES)
    _first(connection, table, [s for s in submissions if not s.landed_at], matchings, now)
    for each in submissions:
        if each.landed_at:
            _again(connection, institution, table, each, matchings[each.id].words)
    every = institution.rules.unanswered_every
    connection.execute(_LANDED, {"ids": [s.id for s in submissions], "now": now, "every": every})


def _first(
    connection: psycopg.Connection[Any],
    table: Table,
    submissions: Sequence[Submission],
    matchings: Mapping[str, Matching],
    now: datetime,
) -> None:
    tallies = [(s, matchings[s.id].words, matchings[s.id].tally()) for s in submissions]
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into malote.load (
                   submission, landed_at, target, answer_sha256, row_count, items_accepted, items_refused,
                   items_unanswered, items_answered_twice, rows_unmatched, words)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (submission) do nothing""",
            [
                (s.id, now, table.name, s.answer.sha256 if s.answer else "", t.rows, t.accepted, t.refused,
                 t.unanswered, t.answered_twice, t.unmatched, words)
                for s, words, t in tallies
            ],
        )  # fmt: skip


def _again(
    connection: psycopg.Connection[Any],
    institution: Institution,
    table: Table,
    submission: Submission,
    words: str | None,
) -> None:
    """The load record of all answers to a submission together, counted where their rows and its items now stand."""
    target, columns = sql.Identifier(*table.name.split(".")), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    connection.execute(
        sql.SQL("create temp table if not exists own on commit drop as select {} from {} with no data").format(
            columns, target
        )
    )
    connection.execute("truncate own")
    if (own := institution.unmentioned(submission)) is not None:
        with connection.cursor().copy(sql.SQL("copy own ({}) from stdin").format(columns)) as copy:
            copy.write_row(own)
    connection.execute(
        sql.SQL(
            """with told as (
                   select t.reference from {target} t
                   where t.submission_id = %(id)s
                     and not exists (select 1 from own where row(own.*) is not distinct from row({mine}))),
               rows as (select count(*) as n, count(*) - count(reference) as unmatched from told),
               twice as (select count(*) as n from (
                   select reference from told where reference is not null group by reference having count(*) > 1) as x),
               items as (select count(*) filter (where outcome is null or outcome = 'accepted') as accepted,
                                count(*) filter (where outcome like 'refused%%') as refused,
                                count(*) filter (where outcome = 'unanswered') as unanswered
                         from malote.item_row where submission = %(id)s)
               update malote.load l
               set row_count = rows.n, rows_unmatched = rows.unmatched, items_answered_twice = twice.n,
                   items_accepted = items.accepted, items_refused = items.refused,
                   items_unanswered = items.unanswered, answer_sha256 = %(sha256)s, words = coalesce(%(words)s, l.words)
               from rows, twice, items where l.submission = %(id)s"""
        ).format(
            target=target, mine=sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(c)) for c in table.columns)
        ),
        {"id": submission.id, "sha256": submission.answer.sha256 if submission.answer else "", "words": words},
    )

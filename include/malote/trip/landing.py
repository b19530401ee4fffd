"""Lands answers: COPY of raw strings, one pre-filtered merge where rows are there, the load record, one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock, SystemClock
from malote.errors import Altered, InDoubt, Malformed
from malote.institution import Institution, Table
from malote.journal import noted
from malote.milestones import Milestones
from malote.reading import Mended, Repairs
from malote.submission import Refusal, Submission
from malote.texts import english
from malote.trip.accounting import account
from malote.trip.discreet import Discreet
from malote.trip.matching import Matching
from malote.trip.staging import copy_into, copy_into_staging, merge, place, stage, target
from malote.warehouse import connect

log = logging.getLogger("malote.trip.landing")

_REPAIRED = """
    insert into malote.event (submission, at, what, detail)
    select %(id)s, %(now)s, 'answer repaired', %(detail)s where not exists (
        select 1 from malote.event
        where submission = %(id)s and what = 'answer repaired' and detail = %(detail)s)
"""


# The default 8 MB writes staging to disk and reads it back. Behind a pooler it may have been used, and is fixed then.
_BUFFERS = """
    do $$ begin set local temp_buffers = '64MB'; exception when invalid_parameter_value then null; end $$
"""

ROWS, ROWS_PER_ITEM = 1000, 20
"""Rows of one answer, at most: so many, and so many for each item that was sent. More are no answer to it."""


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
        with connect(self._dsn) as connection:
            connection.execute(_BUFFERS)
            mine = _lock(connection, submissions)
            matchings = _matchings(connection, institution, table, mine)
            discreet = Discreet.of(connection, table)
            # What lands for the first time has nothing to be merged with: its rows go straight to their place.
            first = _none_there(connection, table, mine)
            if not first:
                stage(connection, table)
            into, end = (copy_into(table), (now,)) if first else (copy_into_staging(table), ())
            repairs: dict[str, Repairs] = {}
            changed = 0
            far = Milestones(self._clock, log, "landing", "rows", sum(s.item_count for s in mine), stride=100)
            with connection.cursor().copy(into) as copy:
                for submission in mine:
                    for row in self._rows(institution, submission, matchings[submission.id], repairs, discreet):
                        copy.write_row(row + end)
                        changed += 1
                        far.passed()
            self._checkpoint("rows staged")
            if not first:
                place(connection, table, mine)
                changed = merge(connection, table, now, mine)
            for id, found in repairs.items():
                if told := found.told():
                    connection.execute(_REPAIRED, {"id": id, "now": now, "detail": noted({"repaired": told})})
            account(connection, institution, table, mine, matchings, now)
            self._checkpoint("rows merged")
        self._checkpoint("rows landed")
        return Load(tuple(s.id for s in mine), sum(m.tally().rows for m in matchings.values()), changed)

    def land_reasons(self, table: Table, told: Sequence[tuple[Refusal, Sequence[tuple[str | None, ...]]]]) -> None:
        """Land the reasons of refusals, each as rows of that table, in one transaction."""
        now = self._clock.now()
        with connect(self._dsn) as connection:
            stage(connection, table)
            discreet = Discreet.of(connection, table)
            with connection.cursor().copy(copy_into_staging(table)) as copy:
                for refusal, rows in told:
                    for ordem, row in enumerate(discreet.rows(rows), 1):
                        copy.write_row((refusal.submission.id, ordem, refusal.reference, *row))
            merge(connection, table, now)
            connection.execute(
                "update malote.submission set reasons_at = %s, unexplained = false where id = any (%s)",
                (now, [refusal.submission.id for refusal, _ in told]),
            )

    def _rows(
        self,
        institution: Institution,
        submission: Submission,
        matching: Matching,
        repairs: dict[str, Repairs],
        discreet: Discreet,
    ) -> Iterator[tuple[Any, ...]]:
        assert submission.answer is not None
        most = ROWS + ROWS_PER_ITEM * submission.item_count
        try:
            with self._archive.open(submission.answer) as kept, Mended(kept) as answer:
                repairs[submission.id] = answer.repairs
                rows = discreet.rows(islice(institution.read(submission, answer), most + 1), matching.tags)
                yield from matching.landed(submission.id, rows)
            if matching.rows > most:
                raise Malformed(
                    english("s_too_many_rows", n=most, of=submission.item_count),
                    todo=english("s_do_ask_institution"),
                )
        except Malformed as error:
            raise error.about(institution=institution.name, submission=submission.id) from None
        except Altered as error:  # they still have it
            raise Malformed(
                error.what, institution=institution.name, submission=submission.id,
                todo=english("s_do_fetched_again"), kept=error.kept,
            ) from None  # fmt: skip
        if matching.strange and not submission.confirmed:
            tally = matching.tally()
            ours = tally.rows - tally.unmatched
            if ours:
                what = english("s_strange_some", n=tally.rows, ours=ours, of=submission.item_count)
            else:
                what = english("s_strange_none", n=tally.rows, of=submission.item_count)
            if submission.landed_at:  # what landed first was ours, so this is no doubt about the receipt
                todo = english("s_do_ask_institution")
                raise Malformed(what, institution=institution.name, submission=submission.id, todo=todo)
            raise InDoubt(
                english("s_strange_receipt", what=what),
                institution=institution.name,
                submission=submission.id,
                todo=english("s_strange_receipt_do", receipt=submission.receipt),
                kept=english("s_kept_not_landed"),
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
    connection: psycopg.Connection[Any], institution: Institution, table: Table, submissions: Sequence[Submission]
) -> dict[str, Matching]:
    rows = connection.cursor(binary=True).execute(
        """select submission, array_agg(reference order by ordinal),
                  case when count(echo) > 0 then array_agg(echo order by ordinal) end
           from malote.item_row where submission = any (%s) group by submission""",
        ([s.id for s in submissions],),
    )
    by_id = {s.id: s for s in submissions}
    own = table.columns.index(table.known_by) if table.known_by else None
    return {id: Matching() for id in by_id} | {
        id: Matching(references, echoes, institution.tags(by_id[id], references), own)
        for id, references, echoes in rows
    }


def _none_there(connection: psycopg.Connection[Any], table: Table, submissions: Sequence[Submission]) -> bool:
    """Not one row of these submissions has landed. They are locked: nobody else lands them meanwhile."""
    query = sql.SQL("select exists (select 1 from {} where submission_id = any (%s))").format(target(table))
    row = connection.execute(query, ([s.id for s in submissions],)).fetchone()
    return row is not None and not row[0]

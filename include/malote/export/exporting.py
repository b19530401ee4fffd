"""One export: what has landed since the last one, file by file, then the manifests, then the mark in the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.errors import Error

from malote import INSTITUTIONS
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import day_of
from malote.errors import MaloteError, Misconfigured
from malote.export.folder import Folder
from malote.export.manifest import Manifest, days_of
from malote.export.parquet import Columns, columns_of, write_each
from malote.institution import Institution, Table, load
from malote.journal import Journal, ToExport
from malote.texts import english
from malote.warehouse import told

log = logging.getLogger("malote.export")

_TOGETHER, _ITEMS = 500, 100_000
"""Of one batch, which is one transaction: submissions, and items."""


@dataclass(slots=True)
class Exported:
    """What one export wrote. ``tables`` counts the rows by table; ``problems`` are loads that stay behind, and why.

    :param to: the folder's URL, without login or password
    """

    to: str
    files: int = 0
    rows: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    problems: list[MaloteError] = field(default_factory=list)

    def __str__(self) -> str:
        each = ", ".join(f"{rows} rows of {table}" for table, rows in self.tables.items())
        return f"{self.files} files written to {self.to}: {each}" if self.files else f"nothing new for {self.to}"

    def complain(self) -> None:
        """Raise what stays behind, if anything does, as one error."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            each = "\n".join(f"- {error.submission}: {error.what}" for error in self.problems[:20])
            raise Misconfigured(
                english("s_export_stays", n=len(self.problems), each=each), todo=self.problems[0].todo,
                kept=english("s_kept_others"),
            )  # fmt: skip


def tables_of(institution: type[Institution]) -> list[Table]:
    """Where the answers of an institution land, and where the reasons of its refusals do: its own list."""
    return list(dict.fromkeys(table for table in (*institution.tables.values(), institution.reasons_table) if table))


def export(
    journal: Journal,
    folder: Folder,
    *,
    everything: bool = False,
    institutions: Mapping[str, type[Institution]] | None = None,
    checkpoint: Checkpoint = pass_by,
) -> Exported:
    """Write each load that has landed, or landed again, since the last export to that folder; again changes nothing.

    A file is put whole, in one step, under a name that is the load's own, so no reader sees a part of one, or a row
    twice. Stopped at any moment, the next export goes on. Loads that cannot be written are left out, and tried again.

    :param everything: look at all that ever landed, and write what the manifests do not list
    :param institutions: whose tables, see :func:`tables_of`; by default all of ``malote.INSTITUTIONS``
    :raises Misconfigured: where pyarrow or the folder's file system is not installed
    :raises Transient: where the folder cannot be written now, or another export to it takes longer
    """
    kinds = institutions or {name: load(name) for name in INSTITUTIONS}
    done = Exported(folder.name)
    try:
        mark = journal.begin_export(folder.name, everything=everything)
        after = mark.after
        columns = {
            name: [
                found for table in tables_of(kind)
                if (found := columns_of(journal.connection, table, reasons=table == kind.reasons_table))
            ]
            for name, kind in kinds.items()
        }  # fmt: skip
        while batch := journal.to_export(after, submissions=_TOGETHER, items=_ITEMS):
            with journal.exporting(folder.name):
                for institution in dict.fromkeys(each.institution for each in batch):
                    mine = [each for each in batch if each.institution == institution]
                    for table in columns.get(institution, ()):
                        _write(journal, folder, table, mine, done, checkpoint)
            checkpoint("batch exported")
            after = batch[-1].after
        if not done.problems:
            journal.end_export(folder.name, mark)
    except Error as failed:
        kept = english("s_kept_export")
        raise told(failed, english("s_db_export"), kept=kept) from None
    log.info("%s", done)
    return done


def _write(
    journal: Journal,
    folder: Folder,
    columns: Columns,
    batch: Sequence[ToExport],
    done: Exported,
    checkpoint: Checkpoint,
) -> None:
    """The files of one table that the manifests do not list as they now are, and then the manifests."""
    days = {each.id: _day(each, columns) for each in batch}
    manifests = {day: Manifest.read(folder, columns.table, day) for day in dict.fromkeys(days.values()) if day}
    due = [each for each in batch if (day := days[each.id]) and not manifests[day].has(each)]
    if not due:
        return
    with closing(write_each(journal.connection, folder, columns, due)) as files:
        for each, written in files:
            if isinstance(written, MaloteError):
                done.problems.append(written)
                continue
            day = days[each.id]
            assert day is not None
            folder.put(written.spooled, name := f"{columns.table}/{days_of(day)}/{each.id}.parquet")
            checkpoint("file written")
            manifests[day].add(each, name, written)
            done.files, done.rows = done.files + 1, done.rows + written.rows
            done.tables[columns.table] = done.tables.get(columns.table, 0) + written.rows
    for manifest in manifests.values():
        manifest.write(folder)
        checkpoint("manifest written")


def _day(submission: ToExport, columns: Columns) -> str | None:
    """The day in Brasília on which it landed first, which never changes; None where it has not landed there."""
    at: datetime | None = submission.reasons_at if columns.reasons else submission.landed_at
    return None if at is None else day_of(at)

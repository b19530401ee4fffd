"""Renders a selection and takes it into the journal: all of it or nothing, before any socket opens."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg

from malote.archive import Archive
from malote.checkpoint import Checkpoint
from malote.institution import Institution, Row
from malote.journal import Journal
from malote.submission import Order

log = logging.getLogger("malote.preparing")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a selection became: documents and items taken in, and items held back: they already travel."""

    submissions: int
    items: int
    held: int


def prepare(
    order: Order,
    rows: Iterable[Row],
    institution: Institution,
    journal: Journal,
    archive: Archive,
    checkpoint: Checkpoint,
    *,
    refused_too: bool,
) -> Prepared:
    """Render the rows and take the documents in, in one transaction.

    :param rows: read again where another run took an item meanwhile, so better no bare iterator
    :param refused_too: items that the institution refused travel again
    :raises Invalid: with every problem of the selection; nothing of it travels then
    """
    journal.open_pouch(order, institution)
    while True:
        held = submissions = items = 0

        def free(operation: str, references: Sequence[str]) -> set[str]:
            nonlocal held
            scope = institution.scope(order.service, operation)
            holders = journal.holders(scope, references, refused_too=not refused_too)
            held += len(holders)
            return set(references) - holders.keys()

        try:
            with journal.intake(order, institution) as intake:
                checkpoint("rows selected")
                for document in institution.render(order, rows, archive, free):
                    checkpoint("document ready")
                    intake.add(document)
                    submissions, items = submissions + 1, items + len(document.items)
        except psycopg.errors.UniqueViolation:
            if iter(rows) is rows:  # it cannot be read again
                raise
            log.info("another run took some of the same items meanwhile: selecting again")
            continue
        checkpoint("intent saved")
        return Prepared(submissions, items, held)

"""Renders a selection and takes it into the journal: all of it or nothing, before any socket opens."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import psycopg

from malote.archive import Archive
from malote.checkpoint import Checkpoint
from malote.errors import Problem
from malote.institution import Institution, Row
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import Order, Stored

log = logging.getLogger("malote.preparing")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a selection became: documents and items taken in, and items held back: they already travel.

    :param problems: of rows that were left out, where the order asked for the valid rest to travel
    """

    submissions: int
    items: int
    held: int
    problems: tuple[Problem, ...] = ()


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
    order = replace(order, at=journal.clock.now())
    before = sum(journal.tally(Scope.pouch(order.pouch)).values())
    while True:
        held = submissions = items = numbers = 0
        problems: list[Problem] = []
        sealed: list[Stored] = []

        def free(operation: str, references: Sequence[str]) -> set[str]:
            nonlocal held
            scope = institution.scope(order.service, operation)
            holders = journal.holders(scope, references, refused_too=not refused_too)
            held += len(holders)
            return set(references) - holders.keys()

        def number(sequence: str, start: int) -> int:
            nonlocal numbers
            numbers += 1
            return journal.number(sequence, taken_for=f"{order.pouch}/{before + numbers}", start=start)

        try:
            with journal.intake(order, institution) as intake:
                checkpoint("rows selected")
                for document in institution.render(order, rows, archive, free, number):
                    if isinstance(document, Problem):
                        problems.append(document)
                        continue
                    if document.stored.sealed:
                        sealed.append(document.stored)
                    checkpoint("document ready")
                    intake.add(document)
                    submissions, items = submissions + 1, items + len(document.items)
        except Exception as error:
            for stored in sealed:  # nothing refers to these any more
                archive.purge(stored)
            if not isinstance(error, psycopg.errors.UniqueViolation) or iter(rows) is rows:  # it cannot be read again
                raise
            log.info("another run took some of the same items meanwhile: selecting again")
            continue
        checkpoint("intent saved")
        return Prepared(submissions, items, held, tuple(problems))

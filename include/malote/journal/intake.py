"""Takes documents into the journal: the intent, committed before any socket opens."""

from __future__ import annotations

from typing import Any

import psycopg

from malote.clock import Clock
from malote.institution import Institution
from malote.journal.ledger import noted
from malote.submission import Document, Order

_TOGETHER = 500  # documents of one row each come by the thousand: a few statements for many, not some for each
_ITEMS_TOGETHER = 5000

_SUBMISSION = (
    "number", "id", "pouch", "institution", "environment", "account", "service", "operation", "standing", "name",
    "document", "document_sha256", "document_size", "sealed", "item_count", "facts", "prepared_at", "moved_at",
)  # fmt: skip


class Intake:
    """The open transaction of one selection; made by ``Journal.intake``. Everything goes in by ``COPY``."""

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], order: Order, institution: Institution, clock: Clock
    ) -> None:
        self._connection = connection
        self._order = order
        self._institution = institution
        self._clock = clock
        self._documents: list[Document] = []
        self._items = 0

    def add(self, document: Document) -> None:
        """Take in one document with its items.

        :raises psycopg.errors.UniqueViolation: here or at the next :meth:`flush`, where an item of it is live elsewhere
        """
        self._documents.append(document)
        self._items += len(document.items)
        if len(self._documents) == _TOGETHER or self._items >= _ITEMS_TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Write what was added since."""
        documents, self._documents, self._items = self._documents, [], 0
        if not documents:
            return
        cursor = self._connection.cursor()
        numbers = cursor.execute(
            """select nextval(pg_get_serial_sequence('malote.submission', 'number')) as number
               from generate_series(1, %s)""",
            (len(documents),),
        ).fetchall()
        name, now = self._institution.name, self._clock.now()
        taken = [(row["number"], f"{name}-{row['number']}", each) for row, each in zip(numbers, documents, strict=True)]
        with cursor.copy(f"copy malote.submission ({', '.join(_SUBMISSION)}) from stdin") as copy:
            for number, id, each in taken:
                stored = each.stored
                copy.write_row(
                    (number, id, self._order.pouch, name, self._institution.access.environment,
                     self._institution.account, self._order.service, each.operation, "prepared", each.name, stored.name,
                     stored.sha256, stored.size, stored.sealed, len(each.items), noted(each.facts), now, now)
                )  # fmt: skip
        with cursor.copy("copy malote.item_row (submission, ordinal, scope, reference, echo) from stdin") as copy:
            for _, id, each in taken:
                scope = self._institution.scope(self._order.service, each.operation)
                for ordinal, item in enumerate(each.items, 1):
                    copy.write_row((id, ordinal, scope, item.reference, item.echo))
        with cursor.copy("copy malote.event (submission, at, what, detail) from stdin") as copy:
            for _, id, each in taken:
                detail = {"sha256": each.stored.sha256, "items": len(each.items)}
                copy.write_row((id, now, "prepared", noted(detail)))

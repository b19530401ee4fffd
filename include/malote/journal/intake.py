"""Takes documents into the journal: the intent, committed before any socket opens."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from malote.clock import Clock
from malote.institution import Institution
from malote.submission import Document, Order


class Intake:
    """The open transaction of one selection; made by ``Journal.intake``. Items go in by ``COPY``."""

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], order: Order, institution: Institution, clock: Clock
    ) -> None:
        self._connection = connection
        self._order = order
        self._institution = institution
        self._clock = clock

    def add(self, document: Document) -> str:
        """Take in one document with its items; returns the submission's id, e.g. ``"ccee-42"``.

        :raises psycopg.errors.UniqueViolation: where an item of it is live elsewhere
        """
        institution, stored = self._institution, document.stored
        row = self._connection.execute(
            """with numbered as (select nextval(pg_get_serial_sequence('malote.submission', 'number')) as number),
               prepared as (
                   insert into malote.submission (
                       number, id, pouch, institution, environment, account, service, operation, standing, name,
                       document, document_sha256, document_size, sealed, item_count, facts, prepared_at, moved_at)
                   overriding system value
                   select number, %(institution)s || '-' || number, %(pouch)s, %(institution)s, %(environment)s,
                          %(account)s, %(service)s, %(operation)s, 'prepared', %(name)s, %(document)s, %(sha256)s,
                          %(size)s, %(sealed)s, %(item_count)s, %(facts)s, %(now)s, %(now)s
                   from numbered returning id)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'prepared', %(detail)s from prepared returning submission""",
            {
                "institution": institution.name, "pouch": self._order.pouch,
                "environment": institution.access.environment,
                "account": institution.account, "service": self._order.service, "operation": document.operation,
                "name": document.name, "document": stored.name, "sha256": stored.sha256, "size": stored.size,
                "sealed": stored.sealed, "item_count": len(document.items), "facts": Jsonb(dict(document.facts)),
                "now": self._clock.now(), "detail": Jsonb({"sha256": stored.sha256, "items": len(document.items)}),
            },
        ).fetchone()  # fmt: skip
        assert row is not None
        id: str = row["submission"]
        scope = institution.scope(self._order.service, document.operation)
        with self._connection.cursor().copy(
            "copy malote.item_row (submission, ordinal, scope, reference, echo) from stdin"
        ) as copy:
            for ordinal, item in enumerate(document.items, 1):
                copy.write_row((id, ordinal, scope, item.reference, item.echo))
        return id

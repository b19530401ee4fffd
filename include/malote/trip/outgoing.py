"""Outgoing rows: what one SQL statement selects in the warehouse, streamed, as often as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from malote.errors import Invalid, Misconfigured
from malote.institution import Row


class Outgoing:
    """The rows of a statement, read through a server-side cursor: memory does not grow with the selection.

    Iterating again runs the statement again. A statement without a ``reference`` column is refused.

    :param dsn: of the warehouse
    :param query: one statement whose column aliases are paths into the treaty, beside ``reference``
    :param values: values of its ``%(name)s`` placeholders
    """

    def __init__(self, dsn: str, query: str, values: Mapping[str, Any] | None = None) -> None:
        self._dsn = dsn
        self._query = query
        self._values = dict(values) if values else None

    def __iter__(self) -> Iterator[Row]:
        with psycopg.connect(self._dsn, row_factory=dict_row) as connection:
            connection.read_only = True
            with connection.cursor("outgoing") as cursor:
                cursor.itersize = 1000
                try:
                    cursor.execute(self._query.rstrip().rstrip(";"), self._values)
                    names = [column.name for column in cursor.description or ()]
                    if "reference" not in names:
                        raise Invalid(
                            "the outgoing SQL gives no column `reference`: it is what may not travel twice",
                            todo="alias the column that identifies a row as `reference`",
                        )
                    yield from cursor
                except psycopg.DataError as wrong:  # the server's own words quote the value, which may be a card
                    raise _misconfigured(
                        f"fails on a row: {type(wrong).__name__}", "run the statement by hand to see the value"
                    ) from None
                except (psycopg.errors.SyntaxErrorOrAccessRuleViolation, psycopg.ProgrammingError) as wrong:
                    raise _misconfigured(
                        f"does not run: {wrong.diag.message_primary or 'it is not one statement'}",
                        "correct the SQL, or run `malote migrate` where a table is missing",
                    ) from None


def _misconfigured(what: str, todo: str) -> Misconfigured:
    return Misconfigured(f"the outgoing SQL {what}", todo=todo, kept="nothing was selected, nothing was sent")

"""Outgoing rows: what one SQL statement selects in the warehouse, streamed, as often as it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import psycopg

from malote.errors import Invalid, MaloteError, Misconfigured
from malote.institution import Row
from malote.texts import english
from malote.trip.selecting import TIMEOUT, failed, session, timed

_TOGETHER = 1000


class Outgoing:
    """The rows of a statement, read through a server-side cursor: memory does not grow with the selection.

    Iterating again runs the statement again. It runs read-only, as the least role there is, within a time limit, and is
    one SELECT: what else it tries is refused, in words that hold nothing of any row.

    :param dsn: of the warehouse, best with the login ``malote_select``
    :param query: one statement whose column aliases are paths into the treaty, beside ``reference``
    :param values: values of its ``%(name)s`` placeholders
    :param timeout: for each thousand rows
    :param scope: whose items ``malote.travelling`` shows to the statement, see
        :meth:`malote.institution.Institution.scope_of`; none where it is empty
    """

    def __init__(
        self,
        dsn: str,
        query: str,
        values: Mapping[str, Any] | None = None,
        *,
        timeout: timedelta = TIMEOUT,
        scope: str = "",
    ) -> None:
        self._dsn = dsn
        self._query = query
        self._values = dict(values) if values else None
        self._timeout = timeout
        self._scope = scope

    def __iter__(self) -> Iterator[Row]:
        """The rows.

        :raises Invalid: where there is no column ``reference``, or two of one name
        :raises MaloteError: for whatever the database does not do
        """
        if "\0" in self._query:
            raise Misconfigured(english("s_sql_nul"), todo=english("s_do_save_text"), kept=english("s_kept_unselected"))
        with session(self._dsn, self._timeout) as (connection, selector), connection.cursor("outgoing") as cursor:
            try:
                connection.execute("select set_config('malote.scope', %s, true)", (self._scope,))
                cursor.execute(self._query.rstrip().rstrip(";"), self._values)
                names = [column.name for column in cursor.description or ()]
            except (psycopg.Error, UnicodeError) as wrong:
                raise _not_run(wrong) from None
            if "reference" not in names:
                raise Invalid(
                    english("s_sql_no_reference"),
                    todo=english("s_do_alias"),
                )
            if twice := sorted(name for name, times in Counter(names).items() if times > 1):
                raise Invalid(
                    english("s_sql_twice", names=", ".join(f"`{name}`" for name in twice)),
                    todo=english("s_do_aliases"),
                    kept=english("s_kept_neither"),
                )
            while True:
                try:
                    rows = cursor.fetchmany(_TOGETHER)
                    role = timed(connection, self._timeout)
                except (psycopg.Error, UnicodeError) as wrong:
                    raise failed(wrong) from None
                if role != selector.role:
                    raise Misconfigured(
                        english("s_sql_role"), todo=english("s_do_only_read"),
                        kept=english("s_kept_unsent"),
                    )  # fmt: skip
                yield from rows
                if len(rows) < _TOGETHER:
                    return


def _not_run(wrong: Exception) -> MaloteError:
    """What the server's parser says of the text may be shown: it has seen no row. Of all else, only what it means."""
    diag = wrong.diag if isinstance(wrong, psycopg.Error) else None
    parsed = diag and diag.statement_position and not (diag.context or diag.internal_query)
    if parsed and (wrong.sqlstate or "")[:2] == "42":  # type: ignore[attr-defined]
        return Misconfigured(
            english("s_sql_unrun", why=diag.message_primary),  # type: ignore[union-attr]
            todo=english("s_do_sql"),
            kept=english("s_kept_neither"),
        )
    return failed(wrong)

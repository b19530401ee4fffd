"""Outgoing rows: what one SQL statement selects in the warehouse, streamed, as often as it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from malote.errors import Invalid, MaloteError, Misconfigured, Transient
from malote.institution import Row
from malote.warehouse import connect

_MINUTES = 15
_KEPT = "nothing was selected, nothing was sent"
_MAY = """
    select exists (select 1 from pg_catalog.pg_roles where rolname = 'malote_select'
                   and pg_catalog.pg_has_role(current_user, oid, 'member')) as may
"""


class Outgoing:
    """The rows of a statement, read through a server-side cursor: memory does not grow with the selection.

    Iterating again runs the statement again. A statement without a ``reference`` column is refused. It runs in a
    read-only transaction, as role ``malote_select`` where there is one, with ``search_path`` public; each step of it
    may take a quarter of an hour.

    :param dsn: of the warehouse
    :param query: one statement whose column aliases are paths into the treaty, beside ``reference``
    :param values: values of its ``%(name)s`` placeholders
    """

    def __init__(self, dsn: str, query: str, values: Mapping[str, Any] | None = None) -> None:
        self._dsn = dsn
        self._query = query
        self._values = dict(values) if values else None

    def __iter__(self) -> Iterator[Row]:
        with connect(self._dsn, name="malote select", row_factory=dict_row) as connection:
            connection.read_only = True
            row = connection.execute(_MAY).fetchone()
            if row and row["may"]:
                connection.execute("set local role malote_select")
            connection.execute(f"set local statement_timeout = '{_MINUTES}min'")
            connection.execute("set local search_path = public, pg_temp")
            with connection.cursor("outgoing") as cursor:
                cursor.itersize = 1000
                try:
                    cursor.execute(self._query.rstrip().rstrip(";"), self._values)
                    _need_reference([column.name for column in cursor.description or ()])
                    yield from cursor
                except psycopg.Error as wrong:
                    raise _in_words(wrong) from None


def _need_reference(names: list[str]) -> None:
    if "reference" not in names:
        raise Invalid(
            "the outgoing SQL gives no column `reference`: it is what may not travel twice",
            todo="alias the column that identifies a row as `reference`",
        )
    seen: dict[str, str] = {}
    for name in names:
        if other := seen.get(name.strip().casefold()):
            raise Invalid(
                f"the outgoing SQL gives two columns that cannot be told apart: {other!r} and {name!r}",
                todo="leave one of them out, or give it another alias", kept=_KEPT,
            )  # fmt: skip
        seen[name.strip().casefold()] = name


def _in_words(wrong: psycopg.Error) -> MaloteError:
    # The server's words about a row quote its values, which may be a card; only those about the statement are repeated.
    said = re.sub(r"[0-9]{9,}", "…", wrong.diag.message_primary or "it is not one statement")
    if isinstance(wrong, psycopg.errors.QueryCanceled):
        return _misconfigured(f"takes longer than {_MINUTES} minutes", "make it select less, or give it an index")
    if isinstance(wrong, psycopg.errors.InsufficientPrivilege):
        todo = "as the owner of it: grant select on … to malote_select, and usage on its schema"
        return _misconfigured(f"reads what it may not: {said}", todo)
    if isinstance(wrong, (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.ActiveSqlTransaction)):
        return _misconfigured(f"writes: {said}", "select only: what prepares the rows is a task of its own before")
    if isinstance(wrong, psycopg.OperationalError):
        return Transient(f"the warehouse failed while rows were selected ({type(wrong).__name__})", kept=_KEPT)
    if isinstance(wrong, (psycopg.ProgrammingError, psycopg.NotSupportedError)):
        todo = "correct the SQL, or run `malote migrate` where a table is missing"
        return _misconfigured(f"does not run: {said}", todo)
    return _misconfigured(f"fails on a row: {type(wrong).__name__}", "run the statement by hand to see the value")


def _misconfigured(what: str, todo: str) -> Misconfigured:
    return Misconfigured(f"the outgoing SQL {what}", todo=todo, kept=_KEPT)

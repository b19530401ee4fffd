"""The session in which outgoing rows are selected: read-only, timed, with a fixed path, as the least role there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from malote.errors import MaloteError
from malote.texts import english
from malote.warehouse import SELECTION_SECONDS, SELECTOR, connect, told

SUPERUSERS = "pg_read_all_data"
"""What a superuser steps down to where nobody made roles: it reads every table, and no file."""

TIMEOUT = timedelta(seconds=SELECTION_SECONDS)

PATH = "pg_catalog, outgoing, public, malote, pg_temp"

_PLANNED = "select set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true)"
"""By the server's default a look-up costs four pages in order: then a few thousand rows are held against all that ever
travelled by reading that from end to end. And few rows are left over, whatever it expects: compiling what is done with
them would take longer than doing it."""

_SET = "select set_config('statement_timeout', %s, true), set_config('search_path', %s, true), current_user as role"
_WHO = """
    select
        current_user as login,
        (select rolsuper from pg_roles where rolname = current_user) as super,
        exists (
            select from pg_roles
            where rolname = %(select)s and pg_has_role(current_user, oid, %(may)s)
                and has_schema_privilege(oid, to_regnamespace('outgoing'), 'usage')
        ) as may
"""


@dataclass(frozen=True, slots=True)
class Selector:
    """Who selects: the role that logs in, the one that it steps down to, and whether it is a superuser."""

    login: str
    role: str
    superuser: bool

    @property
    def walled(self) -> bool:
        """Nothing that the SQL says makes it more than ``malote_select``."""
        return self.login == SELECTOR

    def __str__(self) -> str:
        if self.walled:
            return english("s_selects_walled", role=SELECTOR)
        if self.superuser:
            return english("s_selects_superuser", login=self.login, role=self.role)
        if self.role != self.login:
            return english("s_selects_down", login=self.login, role=self.role, own=SELECTOR)
        return english("s_selects_as", login=self.login, own=SELECTOR)


@contextmanager
def session(dsn: str, timeout: timedelta = TIMEOUT) -> Iterator[tuple[psycopg.Connection[dict[str, Any]], Selector]]:
    """A transaction that reads, is never committed, and is over with the block; and who reads in it.

    :raises MaloteError: where the database cannot be reached or does not let us
    """
    connection = connect(dsn, name="malote selection", row_factory=dict_row)
    with closing(connection):  # which rolls back: not even a notification leaves
        connection.read_only = True
        try:
            connection.execute(_PLANNED)
            timed(connection, timeout)
            selector = _stepped_down(connection)
        except psycopg.Error as wrong:
            raise failed(wrong) from None
        yield connection, selector


def timed(connection: psycopg.Connection[dict[str, Any]], timeout: timedelta) -> str:
    """Say the time limit and the path, again for each thousand rows, since SQL can set them; returns who we are."""
    found = connection.execute(_SET, (f"{int(timeout / timedelta(milliseconds=1))}ms", PATH)).fetchone()
    return str(found and found["role"])


def failed(wrong: Exception) -> MaloteError:
    """What went wrong while rows were selected; see :func:`malote.warehouse.told`."""
    return told(wrong, english("s_db_sql"), kept=english("s_kept_neither"))


def selector(dsn: str, timeout: timedelta = TIMEOUT) -> Selector:
    """Who would select there.

    :raises MaloteError: where the database cannot be reached or does not let us
    """
    with session(dsn, timeout) as (_, who):
        return who


def _stepped_down(connection: psycopg.Connection[dict[str, Any]]) -> Selector:
    may = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    found = connection.execute(_WHO, {"select": SELECTOR, "may": may}).fetchone() or {}
    login, superuser = str(found["login"]), bool(found["super"])
    role = SELECTOR if found["may"] else SUPERUSERS if superuser else login
    if role != login:
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    return Selector(login, role, superuser)

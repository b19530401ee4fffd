"""Opens the warehouse: the same settings in every connection, and what is wrong with it before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from malote.errors import Misconfigured
from malote.warehouse.telling import told

if TYPE_CHECKING:
    import psycopg

_SETTINGS = "set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set standard_conforming_strings = on"
"""What a server or a role may have otherwise. All are settings that a pooler keeps apart for each client."""


def connect(dsn: str, *, autocommit: bool = False, name: str = "malote", **options: Any) -> psycopg.Connection[Any]:
    """A connection to the warehouse, whatever its server, database or role have as defaults.

    Works behind a pooler: nothing is prepared on the server, no setting is relied upon that a pooler mixes up.

    :param name: what the server shows as ``application_name``
    :param options: further ones of ``psycopg.connect``
    :raises Misconfigured: where the address, the login or the database is wrong
    :raises Transient: where it cannot be reached now
    """
    import psycopg
    from psycopg import conninfo

    usual = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": name}
    try:
        values = {**usual, **conninfo.conninfo_to_dict(dsn), "client_encoding": "UTF8", **options}
        connection: psycopg.Connection[Any] = psycopg.connect(autocommit=True, prepare_threshold=None, **values)
        connection.execute(_SETTINGS)
    except psycopg.ProgrammingError:  # libpq's own words repeat what it could not read, the password perhaps
        raise _wrong("its address cannot be read", "postgresql://login@host:port/database") from None
    except (psycopg.Error, UnicodeError) as failed:
        raise told(failed, kept="nothing was sent, and nothing of the journal is lost") from None
    connection.autocommit = autocommit
    return connection


def examine(connection: psycopg.Connection[Any], *, writes: bool = True) -> None:
    """That this database can hold the journal.

    :param writes: it must be written to, so a read replica will not do
    :raises Misconfigured: where its encoding is not UTF-8, it is a read replica, or too old
    """
    row = connection.execute(
        """select current_setting('server_encoding') as encoding, pg_is_in_recovery() as replica,
                  current_setting('default_transaction_read_only') = 'on' as frozen, current_database() as name,
                  current_setting('server_version_num')::integer / 10000 as version, current_user as role"""
    ).fetchone()
    assert row is not None
    encoding, replica, frozen, name, version, role = row.values() if isinstance(row, dict) else row
    if encoding != "UTF8":
        raise _wrong(
            f"the database {name} keeps text as {encoding}: names and messages of institutions do not fit into it",
            f"another database: create database {name}_utf8 encoding 'UTF8' template template0",
        )
    if version < 13:
        raise _wrong(f"the database {name} is of PostgreSQL {version}", "PostgreSQL 13 or later")
    if writes and replica:
        raise _wrong(f"the database {name} is a read replica: the journal must be written to", "the primary")
    if writes and frozen:
        raise _wrong(
            f"the database {name} is read-only for role {role}", "default_transaction_read_only = off for that role"
        )


def _wrong(what: str, needed: str) -> Misconfigured:
    return Misconfigured(f"the warehouse will not do: {what}", todo=f"needed: {needed}", kept="nothing was sent")

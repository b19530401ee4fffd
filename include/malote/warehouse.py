"""Opens the warehouse: one way in, the same settings in every connection, and what is wrong with it in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from malote.errors import Misconfigured, Transient

if TYPE_CHECKING:
    import psycopg

_SETTINGS = "set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set standard_conforming_strings = on"
"""What a server or a role may have otherwise. All are settings that a pooler keeps apart for each client."""

_DENIED = ("authentication failed", "no pg_hba.conf entry", "does not exist", "not permitted to log in", "no password",
           "invalid dsn", "certificate")  # fmt: skip
_ADDRESS = "postgresql://user@host:5432/database"
_KEPT = "nothing was sent, and nothing of the journal is lost"


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
        raise _misconfigured("the address of the warehouse cannot be read", _ADDRESS) from None
    except psycopg.OperationalError as error:
        said = " ".join(str(error).split())
        if any(each in said for each in _DENIED):
            raise _misconfigured(f"the warehouse lets us not in: {said}", "login, password and database name") from None
        raise Transient(
            f"the warehouse cannot be reached: {said}", kept=_KEPT,
            todo="see that the database of the malote_warehouse connection is up; the task retries by itself",
        ) from None  # fmt: skip
    connection.autocommit = autocommit
    return connection


def examine(connection: psycopg.Connection[Any], *, writes: bool = True) -> str | None:
    """That this database can hold the journal; returns a warning about the role that looks into it, if there is one.

    :param writes: it must be written to, so a read replica will not do
    :raises Misconfigured: where its encoding is not UTF-8, it is a read replica, or too old
    """
    row = connection.execute(
        """select current_setting('server_encoding') as encoding, pg_is_in_recovery() as replica,
                  current_setting('default_transaction_read_only') = 'on' as frozen, current_database() as name,
                  current_setting('server_version_num')::integer / 10000 as version, current_user as role,
                  (select rolsuper from pg_roles where rolname = current_user) as super"""
    ).fetchone()
    assert row is not None
    encoding, replica, frozen, name, version, role, superuser = row.values() if isinstance(row, dict) else row
    if encoding != "UTF8":
        raise _misconfigured(
            f"the database {name} keeps text as {encoding}: names and messages of institutions do not fit into it",
            f"another database: create database {name}_utf8 encoding 'UTF8' template template0",
        )
    if version < 13:
        raise _misconfigured(f"the database {name} is of PostgreSQL {version}", "PostgreSQL 13 or later")
    if writes and replica:
        raise _misconfigured(f"the database {name} is a read replica: the journal must be written to", "the primary")
    if writes and frozen:
        raise _misconfigured(
            f"the database {name} is read-only for role {role}", "default_transaction_read_only = off for that role"
        )
    return f"role {role} is a superuser: give malote one that is not, see docs/security.md" if superuser else None


def dsn_of(parts: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """libpq connection string of an Airflow connection.

    :param parts: ``host``, ``port``, ``login``, ``password``, ``schema``, as Airflow names them; blank ones are absent
    :param extra: of which libpq's own options are taken (``sslmode``, ``sslrootcert``, …)
    """
    from psycopg import conninfo, pq

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    names = {"host": "host", "port": "port", "login": "user", "password": "password", "schema": "dbname"}
    values = {name: value for name, value in extra.items() if name in known}
    values |= {libpq: parts.get(name) for name, libpq in names.items()}
    return conninfo.make_conninfo(**{name: value for name, value in values.items() if value not in (None, "")})


def dsn_in(text: str) -> str:
    """The same from the text of ``AIRFLOW_CONN_…``: JSON or URI; a libpq connection string stays what it is.

    :raises Misconfigured: where it can be neither; what it says is not repeated
    """
    try:
        if text.startswith("{"):
            parts = json.loads(text)
            extra = parts.get("extra") or {}
            return dsn_of(parts, json.loads(extra) if isinstance(extra, str) else extra)
        if "://" not in text:
            return text
        uri = urlsplit(text)
        extra = dict(parse_qsl(uri.query))
        extra |= json.loads(extra.pop("__extra__", "{}"))
        parts = {
            "host": unquote(uri.hostname or ""), "port": uri.port, "login": unquote(uri.username or ""),
            "password": unquote(uri.password or ""), "schema": unquote(uri.path.lstrip("/")),
        }  # fmt: skip
        return dsn_of(parts, extra)
    except (ValueError, TypeError, AttributeError):
        raise _misconfigured("the address of the warehouse cannot be read", _ADDRESS) from None


def _misconfigured(what: str, needed: str) -> Misconfigured:
    return Misconfigured(what, todo=f"give the connection malote_warehouse, or --warehouse: {needed}", kept=_KEPT)

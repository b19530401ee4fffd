"""Opens the warehouse: the same settings in every connection, and what is wrong with it before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from malote.errors import Misconfigured
from malote.texts import english
from malote.warehouse.telling import told

if TYPE_CHECKING:
    import psycopg

_SETTINGS = """
    set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set standard_conforming_strings = on;
    set default_transaction_isolation = 'read committed';
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
"""
"""What a server or a role may have otherwise. A pooler keeps the first three apart for each client; the others are a
server's own defaults, which harm nobody who gets them by a pooler. An intent that is committed and not on the disk yet
is forgotten by a server that falls: its document would be sent again."""


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
        raise _wrong(english("s_db_not_address"), english("s_db_not_no_url")) from None
    except (psycopg.Error, UnicodeError) as failed:
        raise told(failed, kept=english("s_kept_journal")) from None
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
            english("s_db_not_encoding", name=name, encoding=encoding),
            english("s_db_not_other", name=name),
        )
    if version < 13:
        raise _wrong(english("s_db_not_version", name=name, version=version), english("s_db_not_newer"))
    if writes and replica:
        raise _wrong(english("s_db_not_replica", name=name), english("s_db_not_primary"))
    if writes and frozen:
        raise _wrong(english("s_db_not_frozen", name=name, role=role), english("s_db_not_thaw"))


def _wrong(what: str, needed: str) -> Misconfigured:
    return Misconfigured(
        english("s_db_not", what=what), todo=english("s_do_needed", needed=needed), kept=english("s_kept_unsent")
    )

"""Warehouses that cannot hold a journal, as they are given by mistake, and the words that say what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import psycopg

from malote_local import postgres as embedded
from malote_local.postgres import EmbeddedPostgres


@contextmanager
def encoded(encoding: str, server: EmbeddedPostgres, _: Path) -> Iterator[str]:
    """A database that keeps text otherwise than as UTF-8."""
    name = f"test_{encoding.lower()}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
    try:
        yield server.dsn(name)
    finally:
        server.drop(name)


@contextmanager
def frozen(server: EmbeddedPostgres, _: Path) -> Iterator[str]:
    """A database in which every transaction is read-only by default."""
    dsn = server.create("test_frozen")
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("alter database test_frozen set default_transaction_read_only = on")
        yield dsn
    finally:
        server.drop("test_frozen")


@contextmanager
def replica(_: EmbeddedPostgres, folder: Path) -> Iterator[str]:
    """A database of a standby, whose primary is not there: it never leaves recovery."""
    with patch.dict(embedded.SETTINGS, wal_level="replica"), EmbeddedPostgres(folder / "replica") as standby:
        try:
            dsn = standby.create("copied")
            standby.restart(meanwhile=(folder / "replica" / "data" / "standby.signal").touch)
            yield dsn
        finally:
            standby.stop()
            standby.erase()


UNFIT: dict[str, tuple[Callable[[EmbeddedPostgres, Path], AbstractContextManager[str]], str]] = {
    "SQL_ASCII": (partial(encoded, "SQL_ASCII"), "test_sql_ascii keeps text as SQL_ASCII"),
    "LATIN1": (partial(encoded, "LATIN1"), "test_latin1 keeps text as LATIN1"),
    "WIN1252": (partial(encoded, "WIN1252"), "test_win1252 keeps text as WIN1252"),
    "read-only": (frozen, "read-only"),
    "a read replica": (replica, "read replica"),
}

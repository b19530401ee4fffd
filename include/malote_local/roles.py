"""The logins of the embedded server beside its superuser, who only creates roles and databases."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from malote_local.postgres import EmbeddedPostgres, PostgresError
from malote_local.private import write_private

ROLES = ("malote_owner", "malote_runtime", "malote_select", "malote_reader")


def passwords(path: Path, roles: Iterable[str]) -> dict[str, str]:
    """A password for each role, made once and kept in a file that only its owner reads."""
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if missing := [role for role in roles if role not in kept]:
        kept |= {role: secrets.token_hex(24) for role in missing}
        write_private(path, json.dumps(kept))
    return kept


def owned(postgres: EmbeddedPostgres, database: str, owner: str, password: str) -> str:
    """Make a database with an owner of its own, who is no superuser, where it is missing; returns its dsn for him.

    :raises PostgresError: where it is there and somebody else's
    """
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        found = connection.execute(
            "select datdba::regrole::text from pg_database where datname = %s", (database,)
        ).fetchone()
        if found and found[0] != owner:
            raise PostgresError(
                f"The database {database} was made by an older version, in which everything was a superuser's. "
                "`make clean` throws it away; then start again."
            )
        there = connection.execute("select 1 from pg_roles where rolname = %s", (owner,)).fetchone()
        login = sql.SQL("{} role {} login password {}")
        verb = sql.SQL("alter" if there else "create")
        connection.execute(login.format(verb, sql.Identifier(owner), sql.Literal(password)))
        if found is None:
            names = sql.Identifier(database), sql.Identifier(owner)
            connection.execute(sql.SQL("create database {} owner {} template template0").format(*names))
    return dsn(postgres, database, owner, password)


def dsn(postgres: EmbeddedPostgres, database: str, role: str, password: str) -> str:
    """``postgresql://…`` of one database for one role."""
    return f"postgresql://{role}:{password}@127.0.0.1:{postgres.port}/{database}"

"""Who may do what in the warehouse: four roles, none of them a superuser, and what each is granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from malote import INSTITUTIONS
from malote.errors import Misconfigured
from malote.texts import english
from malote.warehouse import SELECTION_SECONDS, SELECTOR

OWNER, RUNTIME, SELECT, READER = ROLES = ("malote_owner", "malote_runtime", SELECTOR, "malote_reader")
"""Migrates · journal, landing, reports · selects outgoing rows · reads landed rows and reports."""

SCHEMAS = ("malote", "outgoing", *INSTITUTIONS, "report")

_READ_BY_SHIPPED_SQL = (
    *("malote.submission", "malote.item", "malote.item_row", "malote.travelling"),
    *("malote.register", "malote.register_new", "cielo.transacao", "bndes.aprovado", "bndes.contratado"),
    *("reinf.vigente", "reinf.pendencia", "reinf.em_aberto"),
)
_RETIRING = (  # it may not delete from the journal: these do, what is over, once the register has it
    *("malote.retire(text[], timestamptz)", "malote.retire_landed(text[], timestamptz)"),
    *("malote.fold_register(integer, integer)", "malote.forget_export(text)"),
)
_MIGHTY = ("pg_read_server_files", "pg_write_server_files", "pg_execute_server_program")
_KEPT = english("s_kept_warehouse")


def make(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Make the roles where they are missing, set the passwords, and give the owner what migrations made before.

    :param passwords: by role; a role without one keeps its password, and without any nobody logs in as it
    :raises Misconfigured: for a password of an unknown role, or a role of that name that may more than ours
    """
    if unknown := set(passwords) - set(ROLES):
        raise Misconfigured(
            english("s_role_unknown", names=", ".join(sorted(unknown))),
            todo=english("s_do_role_passwords", names=", ".join(ROLES)),
            kept=_KEPT,
        )
    with connection.transaction():
        _make_all(connection, passwords)


def _make_all(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    for role in ROLES:
        _make(connection, role)
        if role in passwords:
            _give_password(connection, role, passwords[role])
    database = sql.Identifier(connection.info.dbname)
    _do(connection, "grant connect on database {} to {}", database, sql.SQL(", ").join(map(sql.Identifier, ROLES)))
    _do(connection, "grant create, temporary on database {} to {}", database, sql.Identifier(OWNER))
    _do(connection, "grant temporary on database {} to {}", database, sql.Identifier(RUNTIME))
    alone = "with inherit false, set true" if connection.info.server_version >= 160000 else ""
    _do(connection, "grant {} to {} " + alone, sql.Identifier(SELECT), sql.Identifier(RUNTIME))
    for role, name, value in (
        (SELECT, "default_transaction_read_only", "on"),
        (SELECT, "statement_timeout", f"{SELECTION_SECONDS}s"),
        (READER, "default_transaction_read_only", "on"),
    ):
        line = "alter role {} in database {} set {} = {}"
        _do(connection, line, sql.Identifier(role), database, sql.Identifier(name), sql.Literal(value))
    if not _superuser(connection) and not _is_member(connection):
        _do(connection, "grant {} to current_user", sql.Identifier(OWNER))
    _hand_over(connection)


def become_owner(connection: psycopg.Connection[Any]) -> bool:
    """In this session, act as ``malote_owner`` where the warehouse is its own; returns whether it is.

    :raises Misconfigured: where it is, and who logged in may not
    """
    found = connection.execute(
        "select nspowner::regrole::text from pg_namespace where nspname = 'malote' and nspowner::regrole::text = %s",
        (OWNER,),
    ).fetchone()
    if found is None:
        return False
    if not (_superuser(connection) or _is_member(connection)):
        raise Misconfigured(
            english("s_role_owner", owner=OWNER),
            todo=english("s_do_owner", name=OWNER), kept=_KEPT,
        )  # fmt: skip
    _do(connection, "set role {}", sql.Identifier(OWNER))
    return True


def grant(connection: psycopg.Connection[Any]) -> None:
    """Grant each role what it needs of what is the owner's, and nothing else; after each migration, as the owner."""
    everyone = {role: sql.Identifier(role) for role in ROLES}
    for name in SCHEMAS:
        schema, tables = sql.Identifier(name), _owned(connection, name, "rpvm")
        if tables is None:
            continue
        if name == "malote":
            may = {RUNTIME: "select, insert, update", SELECT: ""}
            sequences = _owned(connection, name, "S") or sql.SQL("")
            _do(connection, "grant usage, select on sequence {} to {}", sequences, everyone[RUNTIME])
        elif name == "outgoing":
            may = {RUNTIME: "select", SELECT: "select"}
        else:
            may = {RUNTIME: "select, insert, update, delete", SELECT: "", READER: "select"}
        for role, what in may.items():
            _do(connection, "grant usage on schema {} to {}", schema, everyone[role])
            if what:
                _do(connection, f"grant {what} on {{}} to {{}}", tables, everyone[role])
    _do(connection, "revoke update on malote.event from {}", everyone[RUNTIME])
    _do(
        connection,
        "revoke insert, update on malote.alembic_version, malote.mart, malote.register, "
        "malote.register_new, malote.register_scope, malote.remembered from {}",
        everyone[RUNTIME],
    )
    if connection.info.server_version >= 170000:
        _do(connection, "grant maintain on malote.register, malote.register_new to {}", everyone[RUNTIME])
    for name in _RETIRING:
        _do(connection, f"grant execute on function {name} to {{}}", everyone[RUNTIME])
    for name in _READ_BY_SHIPPED_SQL:
        _do(connection, "grant select on {} to {}", sql.Identifier(*name.split(".")), everyone[SELECT])


def _owned(connection: psycopg.Connection[Any], schema: str, kinds: str) -> sql.Composable | None:
    """What is the owner's in a schema, with commas between; what somebody else made there, he grants."""
    rows = connection.execute(
        """select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = any (%s)
           and relowner = %s::regrole order by 1""",
        (schema, list(kinds), OWNER),
    ).fetchall()
    return sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in rows) if rows else None


def _make(connection: psycopg.Connection[Any], role: str) -> None:
    found = connection.execute(
        """select rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or exists (
                      select from pg_roles as mighty
                      where (mighty.rolsuper or mighty.rolname = any (%s))
                          and pg_has_role(own.oid, mighty.oid, 'member')
                  ) as more,
                  rolcanlogin as login
           from pg_roles as own where rolname = %s""",
        (list(_MIGHTY), role),
    ).fetchone()
    if found is None:
        _do(connection, "create role {} login", sql.Identifier(role))
        return
    more, login = found
    if more:
        raise Misconfigured(
            english("s_role_mighty", role=role),
            todo=english("s_do_role", role=role), kept=_KEPT,
        )  # fmt: skip
    if not login:
        _do(connection, "alter role {} login", sql.Identifier(role))


def _give_password(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    """Sent as what the server would make of it: its log may hold the statement."""
    sealed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    _do(connection, "alter role {} password {}", sql.Identifier(role), sql.Literal(sealed))


def _hand_over(connection: psycopg.Connection[Any]) -> None:
    """What belongs to whoever migrated so far becomes the owner's: tables, views, functions, the schemas themselves.

    What somebody else made beside them, such as a table of his own in ``outgoing``, stays his.
    """
    found = connection.execute("select nspowner from pg_namespace where nspname = 'malote'").fetchone()
    if found is None:
        return
    named = {"former": found[0], "schemas": list(SCHEMAS), "owner": OWNER}
    rows = connection.execute(
        """select format('alter %%s %%s owner to %%I', kind, name, %(owner)s::text) from (
               select case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
                      oid::regclass::text as name, relowner as owner, relnamespace as schema, 2 as rank
               from pg_class where relkind in ('r', 'p', 'v', 'm')
               union all
               select 'function', oid::regprocedure::text, proowner, pronamespace, 3 from pg_proc where prokind = 'f'
               union all
               select 'schema', quote_ident(nspname), nspowner, oid, 1 from pg_namespace) as x
           where owner = %(former)s and owner <> %(owner)s::regrole
               and schema in (select oid from pg_namespace where nspname = any (%(schemas)s))
           order by rank""",
        named,
    ).fetchall()
    for (statement,) in rows:
        connection.execute(statement.encode())


def _superuser(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(found and found[0])


def _is_member(connection: psycopg.Connection[Any]) -> bool:
    may = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    found = connection.execute("select pg_has_role(current_user, %s, %s)", (OWNER, may)).fetchone()
    return bool(found and found[0])


def _do(connection: psycopg.Connection[Any], statement: str, *names: sql.Composable) -> None:
    connection.execute(sql.SQL(statement).format(*names))

"""Alembic's environment: one psycopg connection, one transaction, one upgrade at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from malote.warehouse import connect

_LOCK = 0x6D616C6F7465  # "malote": two deployments that start together must not migrate together
_OWNED = """
    select exists (select 1 from pg_catalog.pg_namespace
                   where nspname = 'malote' and pg_catalog.pg_get_userbyid(nspowner) = 'malote_owner')
"""


def _run() -> None:
    attributes = context.config.attributes
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(attributes["dsn"]), poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if attributes["roles"]:
            _plain(connection, attributes["roles"])
        owned = bool(attributes["roles"]) or connection.execute(text(_OWNED)).scalar_one()
        if owned:
            connection.execute(text("set local role malote_owner"))
        connection.execute(text("create schema if not exists malote"))
        context.configure(connection=connection, version_table_schema="malote")
        context.run_migrations()
        for mart in attributes["marts"]:
            _plain(connection, mart)
        if owned:
            _plain(connection, attributes["grants"])


def _plain(connection: Connection, statements: str) -> None:
    connection.execution_options(no_parameters=True).exec_driver_sql(statements)


_run()

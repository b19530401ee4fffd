"""Alembic's environment: one psycopg connection, one transaction, one upgrade at a time."""

from __future__ import annotations

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool, text

from malote.migrations import roles
from malote.warehouse import connect

_LOCK = 0x6D616C6F7465  # "malote": two deployments that start together must not migrate together


def _run() -> None:
    attributes = context.config.attributes

    def opened() -> psycopg.Connection[tuple[object, ...]]:
        return connect(attributes["dsn"], name="malote migrate")

    engine = create_engine("postgresql+psycopg://", creator=opened, poolclass=pool.NullPool)
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if attributes["passwords"] is not None:
            roles.make(raw, attributes["passwords"])
            connection.execute(text(f"create schema if not exists malote authorization {roles.OWNER}"))
        owned = roles.become_owner(raw)
        connection.execute(text("create schema if not exists malote"))
        context.configure(connection=connection, version_table_schema="malote")
        context.run_migrations()
        for mart in attributes["marts"]:
            connection.execution_options(no_parameters=True).exec_driver_sql(mart)
        if owned:
            roles.grant(raw)


_run()

"""Alembic's environment: one psycopg connection, one transaction a migration, one upgrade at a time."""

from __future__ import annotations

from alembic import context


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, version_table_schema="malote", transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


_run()

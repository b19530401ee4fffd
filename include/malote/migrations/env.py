"""Alembic's environment: one psycopg connection, one transaction, one upgrade at a time."""

from __future__ import annotations

import re

from alembic import context
from sqlalchemy import create_engine, pool, text

_LOCK = 0x6D616C6F7465  # "malote": two deployments that start together must not migrate together


def _run() -> None:
    attributes = context.config.attributes
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", attributes["dsn"])
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text("create schema if not exists malote"))
        context.configure(connection=connection, version_table_schema="malote")
        context.run_migrations()
        for mart in attributes["marts"]:
            connection.execution_options(no_parameters=True).exec_driver_sql(mart)


_run()

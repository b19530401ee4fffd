"""Creates and upgrades the warehouse: the journal, the landed and outgoing tables, and the report views."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from malote.migrations.roles import ROLES
from malote.place import sql
from malote.warehouse import connect, examine, told

__all__ = ["ROLES", "run", "upgrade"]

_HERE = Path(__file__).parent


def upgrade(dsn: str, *, roles: Mapping[str, str] | None = None) -> None:
    """Bring the database at ``dsn`` (any libpq string) to the newest layout; running it again changes nothing.

    :param roles: make ``malote_owner``, ``malote_runtime``, ``malote_select`` and ``malote_reader`` too, with these
        passwords: whoever logs in needs to create roles. Once they are there, each upgrade grants them what is new
    :raises Misconfigured: where the roles cannot be ours, or who logs in may not act for the owner
    :raises MaloteError: for whatever else the database does not do

    The report views hold no data: they are made anew from ``sql/marts`` each time, in the migrations' transaction.
    """
    import psycopg
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    with connect(dsn) as connection:
        examine(connection)
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["dsn"] = dsn
    config.attributes["passwords"] = roles
    config.attributes["marts"] = [path.read_text(encoding="utf-8") for path in sorted(sql("marts").glob("*.sql"))]
    try:
        command.upgrade(config, "head")
    except (psycopg.Error, DBAPIError) as wrong:
        error = wrong.orig if isinstance(wrong, DBAPIError) and isinstance(wrong.orig, Exception) else wrong
        raise told(error, "the migration", kept="the warehouse is as it was") from None


def run(name: str) -> None:
    """Run the statements of one migration, kept as an SQL file beside it. Called by the versions only."""
    from alembic import op

    text = (_HERE / "sql" / name).read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)

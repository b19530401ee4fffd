"""Creates and upgrades the warehouse: the journal, the landed and outgoing tables, the report views, the roles."""

from __future__ import annotations

from pathlib import Path

from malote import INSTITUTIONS, warehouse
from malote.errors import Misconfigured
from malote.place import sql

_HERE = Path(__file__).parent

SCHEMAS = ("malote", "outgoing", "report", *INSTITUTIONS)
"""What an upgrade makes, and what the roles are granted on."""


def upgrade(dsn: str, *, roles: bool = False) -> None:
    """Bring the database at ``dsn`` (``postgresql://…``) to the newest layout; running it again changes nothing.

    The report views hold no data: they are made anew from ``sql/marts`` each time, in the migrations' transaction.

    :param roles: make the roles too (owner, runtime, select, reader), and the owner own everything; where they are
        there, every later upgrade grants them what is new
    :raises Misconfigured: where the database cannot hold the journal, or its role may not change it
    :raises Transient: where it cannot be reached
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    with warehouse.connect(dsn) as connection:
        warehouse.examine(connection)
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["dsn"] = dsn
    config.attributes["marts"] = [path.read_text(encoding="utf-8") for path in sorted(sql("marts").glob("*.sql"))]
    config.attributes["roles"] = _of_schemas("roles.sql") if roles else ""
    config.attributes["grants"] = _of_schemas("grants.sql")
    try:
        command.upgrade(config, "head")
    except DBAPIError as failed:
        raise _misfit(failed.orig) from None


def run(name: str) -> None:
    """Run the statements of one migration, kept as an SQL file beside it. Called by the versions only."""
    from alembic import op

    text = (_HERE / "sql" / name).read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def _of_schemas(name: str) -> str:
    listed = ", ".join(f"'{schema}'" for schema in SCHEMAS)
    return (_HERE / "sql" / name).read_text(encoding="utf-8").replace("{schemas}", f"array[{listed}]")


def _misfit(error: BaseException | None) -> Misconfigured:
    from psycopg import Error, errors

    said = (error.diag.message_primary if isinstance(error, Error) else None) or type(error).__name__
    todo = "see the message; nothing was changed, so it may be run again when that is mended"
    if isinstance(error, errors.InsufficientPrivilege):
        todo = "run it as the role that owns these schemas; for `--roles`, as one that may create roles"
    return Misconfigured(f"the warehouse cannot be upgraded: {said}", todo=todo, kept="all of it: nothing was changed")

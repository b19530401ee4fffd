"""Creates and upgrades the warehouse: the journal, the landed and outgoing tables, and the report views."""

from __future__ import annotations

from pathlib import Path

from malote.place import sql

_HERE = Path(__file__).parent


def upgrade(dsn: str) -> None:
    """Bring the database at ``dsn`` (``postgresql://…``) to the newest layout; running it again changes nothing.

    The report views hold no data: they are made anew from ``sql/marts`` each time, in the migrations' transaction.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["dsn"] = dsn
    config.attributes["marts"] = [path.read_text(encoding="utf-8") for path in sorted(sql("marts").glob("*.sql"))]
    command.upgrade(config, "head")


def run(name: str) -> None:
    """Run the statements of one migration, kept as an SQL file beside it. Called by the versions only."""
    from alembic import op

    text = (_HERE / "sql" / name).read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)

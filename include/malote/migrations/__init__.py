"""Creates and upgrades the warehouse: the journal, the landed and outgoing tables, the report views, the roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malote.clock import Clock, SystemClock
from malote.errors import MaloteError, Misconfigured, Transient
from malote.migrations.roles import OWNER, ROLES
from malote.texts import english
from malote.warehouse import connect, examine, told

if TYPE_CHECKING:
    import psycopg

__all__ = ["ROLES", "pending", "run", "upgrade"]

_HERE = Path(__file__).parent

LOCK_TIMEOUT = "500ms"
"""How long a change of layout waits for readers before it lets them pass: whoever comes after them waits behind it."""

PAUSE, TIMES = 2.0, 60
"""Seconds until it tries again, and how often it does."""

_LOCK = 0x6D616C6F7465  # "malote": two deployments that start together must not migrate together
_NOT_READY = "select to_regclass('malote.mart') is null"
_KEPT = english("s_kept_step")


def upgrade(dsn: str, *, roles: Mapping[str, str] | None = None, clock: Clock | None = None) -> None:
    """Bring the database at ``dsn`` (any libpq string) to the newest layout; running it again changes nothing.

    Online: each migration and each view is a transaction of its own that waits at most ``LOCK_TIMEOUT`` for a lock and
    then tries again, so that readers never stand for longer behind it; a view is touched only where its text changed;
    indexes are built ``concurrently``, which waits for the transactions that are open, and lets all others pass.

    :param roles: make ``malote_owner``, ``malote_runtime``, ``malote_select`` and ``malote_reader`` too, with these
        passwords: whoever logs in needs to create roles. Once they are there, each upgrade grants them what is new
    :param clock: whose pauses lie between two tries
    :raises Misconfigured: where the roles cannot be ours, or who logs in may not act for the owner
    :raises MaloteError: for whatever else the database does not do
    """
    from psycopg import sql

    from malote.migrations import comments, indexes, marts
    from malote.migrations import roles as granted

    clock = clock or SystemClock()
    with _alone(dsn, clock) as connection:
        insistent = _Insistent(connection, clock)
        if roles is not None:
            with_owner = sql.SQL("create schema if not exists malote authorization {}").format(sql.Identifier(OWNER))
            insistent(lambda: granted.make(connection, roles))
            insistent(lambda: connection.execute(with_owner))
        owned = insistent(lambda: granted.become_owner(connection))
        if connection.execute("select to_regnamespace('malote') is null").fetchone()[0]:  # type: ignore[index]
            insistent(lambda: connection.execute("create schema malote"))
        insistent(lambda: _migrate(connection))
        for name, text in marts.changed(connection).items():
            insistent(lambda name=name, text=text: marts.make(connection, name, text))  # type: ignore[misc]
        if comments_due := comments.steps(connection):
            insistent(lambda: connection.execute("; ".join(comments_due)))
        connection.execute("set lock_timeout = 0")  # waiting for it keeps nobody out
        for statement in indexes.steps(connection):
            insistent(lambda statement=statement: connection.execute(statement))  # type: ignore[misc]
        if owned:
            insistent(lambda: granted.grant(connection))


def pending(dsn: str) -> list[str]:
    """What :func:`upgrade` would do, a line each; it looks only.

    :raises MaloteError: as there
    """
    from alembic.script import ScriptDirectory

    from malote.migrations import comments, indexes, marts

    with connect(dsn, autocommit=True) as connection:
        examine(connection)
        table = connection.execute("select to_regclass('malote.alembic_version')").fetchone()
        row = connection.execute("select version_num from malote.alembic_version").fetchone() if table[0] else None  # type: ignore[index]
        versions = list(ScriptDirectory(str(_HERE)).iterate_revisions("head", row[0] if row else "base"))
        due = [f"migration {each.revision}: {each.doc}" for each in reversed(versions)]
        if connection.execute(_NOT_READY).fetchone()[0]:  # type: ignore[index]
            return [*due, "all report views", "the indexes of malote/migrations/sql/indexes.sql"]
        due += [f"view report.{name}" for name in marts.changed(connection)]
        if said := comments.steps(connection):
            due.append(f"comments on {len(said)} tables, views and columns")
        return due + list(indexes.steps(connection))


def run(name: str) -> None:
    """Run the statements of one migration, kept as an SQL file beside it. Called by the versions only."""
    from alembic import op

    text = (_HERE / "sql" / name).read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


class _Insistent:
    """Does a thing, and again where somebody holds a lock that it needs; says in words what does not work."""

    def __init__(self, connection: psycopg.Connection[Any], clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def __call__(self, work: Callable[[], Any]) -> Any:
        from psycopg import Error, errors
        from sqlalchemy.exc import DBAPIError

        left = TIMES
        while True:
            left -= 1
            try:
                return work()
            except (Error, DBAPIError) as failed:
                self._connection.rollback()
                error = failed.orig if isinstance(failed, DBAPIError) and isinstance(failed.orig, Exception) else failed
                if not isinstance(error, (errors.LockNotAvailable, errors.DeadlockDetected)) or not left:
                    raise _misfit(error) from None
                self._clock.sleep(PAUSE)


@contextmanager
def _alone(dsn: str, clock: Clock) -> Iterator[psycopg.Connection[Any]]:
    """A connection, in autocommit, on which nobody else upgrades meanwhile.

    :raises Misconfigured: behind a pooler, which would hand the role and the lock on to others
    """
    with connect(dsn, autocommit=True, name="malote migrate") as connection:
        examine(connection)
        if connection.execute("select pg_backend_pid()").fetchone()[0] != connection.info.backend_pid:  # type: ignore[index]
            raise Misconfigured(
                english("s_migrate_pooler"),
                todo=english("s_do_no_pooler"), kept=english("s_kept_warehouse"),
            )  # fmt: skip
        connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")
        # Asked again and again: who waits for a lock inside of a statement keeps `concurrently` waiting for ever.
        while not connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()[0]:  # type: ignore[index]
            clock.sleep(0.2)
        yield connection


def _migrate(connection: psycopg.Connection[Any]) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, pool

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    # Our connection, held: the pool must neither close it nor reset what was set in it.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=pool.StaticPool, pool_reset_on_return=None
    )
    connection.autocommit = False
    try:
        with engine.connect() as held:
            config.attributes["connection"] = held
            command.upgrade(config, "head")
    finally:
        connection.rollback()
        connection.autocommit = True


def _misfit(error: Exception) -> MaloteError:
    from psycopg import errors

    if isinstance(error, (errors.LockNotAvailable, errors.DeadlockDetected)):
        return Transient(
            english("s_migrate_locked", n=TIMES), kept=_KEPT,
            todo=english("s_do_long"),
        )  # fmt: skip
    return told(error, english("s_db_migration"), kept=_KEPT)

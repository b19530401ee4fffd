"""What every test stands on: an Airflow home of its own, a PostgreSQL server, empty and migrated databases."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(tempfile.mkdtemp(prefix="malote-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

# Airflow reads its environment at the first `import airflow`, and so do requests and aiohttp their proxies and bundles.
for name in list(os.environ):
    if (
        name.startswith("AIRFLOW")
        or name.lower().endswith("_proxy")
        or name in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    ):
        del os.environ[name]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every worker, and whatever a test starts, would compile it all anew
sys.dont_write_bytecode = False
(HOME / "plugins").mkdir()
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__PLUGINS_FOLDER=str(HOME / "plugins"),  # empty: malote is registered by its entry points, once
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME / 'airflow.db'}",
    AIRFLOW__MALOTE__ARCHIVE_URL=str(HOME / "archive"),
)

from hypothesis import settings  # noqa: E402 (the environment comes first)

from malote_local.postgres import EmbeddedPostgres  # noqa: E402 (the environment comes first)
from support.planted import WORKER  # noqa: E402
from support.reused import Reused  # noqa: E402

settings.register_profile("malote", deadline=None)  # what a busy machine takes longer for is as right
settings.load_profile("malote")


# Nothing of a test need outlive the machine, and each file of an archive would wait for the disk.
os.fsync = lambda _: None  # type: ignore[assignment]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands on the server of databases is marked so."""
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker("server")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One running server for the whole session; it leaves nothing behind."""
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="session")
def _empty(postgres: EmbeddedPostgres) -> Iterator[Reused]:
    yield from _in_turn(Reused(postgres, "empty"))


@pytest.fixture
def database(_empty: Reused) -> Iterator[str]:
    """The dsn of an empty database, which a test may do anything to."""
    yield _empty.take()
    _empty.give_back()


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> Iterator[Reused]:
    """A database that was migrated once, taken by one test after the other; tasks run as ``WORKER`` in it."""
    import psycopg

    from malote.migrations import upgrade

    upgrade(postgres.create("migrated"), roles={})
    with psycopg.connect(postgres.dsn()) as connection:  # its own: tests of roles give the four other passwords
        connection.execute(f"create role {WORKER} login password '{WORKER}' in role malote_runtime")
    yield from _in_turn(Reused(postgres, "warehouse", "migrated"))


@pytest.fixture
def warehouse(migrated: Reused) -> Iterator[str]:
    """The dsn of a migrated database without rows, which a test may do anything to."""
    yield migrated.take()
    migrated.give_back()


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's metadata tables, in SQLite below the temporary home; only for tests that need them (4 s)."""
    from airflow.utils.db import initdb
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def no_power_cut(connection: Any, _: Any) -> None:  # or each commit would wait for the disk
        if "sqlite" in type(connection).__module__:
            cursor = connection.cursor()
            cursor.execute("pragma synchronous = off")
            cursor.close()

    initdb()


def _in_turn(reused: Reused) -> Iterator[Reused]:
    yield reused
    reused.drop()

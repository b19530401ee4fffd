"""What every test stands on: an Airflow home of its own, a PostgreSQL server, empty and migrated databases."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

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
(HOME / "plugins").mkdir()
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__PLUGINS_FOLDER=str(HOME / "plugins"),  # empty: malote is registered by its entry points, once
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME / 'airflow.db'}",
    AIRFLOW__MALOTE__ARCHIVE_URL=str(HOME / "archive"),
)

from malote_local.postgres import EmbeddedPostgres  # noqa: E402 (the environment comes first)
from support.planted import WORKER  # noqa: E402


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One running server for the whole session; it leaves nothing behind."""
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The dsn of a fresh and empty database, dropped afterwards."""
    yield from _one_database(postgres, template=None)


@pytest.fixture(scope="session")
def _migrated(postgres: EmbeddedPostgres) -> str:
    """The name of a database that was migrated once and is only copied; tasks run as ``WORKER`` in it."""
    from malote.migrations import upgrade

    upgrade(postgres.create("migrated"), roles={WORKER: WORKER})
    return "migrated"


@pytest.fixture
def warehouse(postgres: EmbeddedPostgres, _migrated: str) -> Iterator[str]:
    """The dsn of a migrated database without rows, dropped afterwards."""
    yield from _one_database(postgres, template=_migrated)


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's metadata tables, in SQLite below the temporary home; only for tests that need them (4 s)."""
    from airflow.utils.db import initdb

    initdb()


def _one_database(postgres: EmbeddedPostgres, template: str | None) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    yield postgres.create(name, template)
    postgres.drop(name)

"""The dbt package against a warehouse, by a dbt in an environment of its own, with the login that only reads."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from malote.migrations import upgrade
from malote.migrations.roles import READER
from malote_local.postgres import EmbeddedPostgres
from support import ROOT

DBT = Path(os.environ.get("MALOTE_DBT") or ROOT / ".venv" / "dbt" / "bin" / "dbt")
pytestmark = pytest.mark.skipif(not DBT.exists(), reason="there is no dbt here: `make test-dbt` makes it and runs this")


@pytest.fixture(scope="module")
def dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A warehouse with one row in each landed table of the CCEE and Cielo."""
    dsn = postgres.create("dbt")
    upgrade(dsn, roles={READER: READER})
    with psycopg.connect(dsn) as c:
        c.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        c.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at)
               values ('x-1', 'p', 'x', 'x', 'x', 'x', 'x', 'in_doubt', 'n', 'd', 'd', 1, false, 1, now(), now())"""
        )
        c.execute("insert into ccee.resultado_processamento (submission_id, ordem, landed_at) values ('x-1', 1, now())")
        c.execute(
            """insert into cielo.transacao (submission_id, ordem, operacao, situacao, landed_at)
               values ('x-1', 1, '02', 'Autorizada', now())"""
        )
    yield dsn
    postgres.drop("dbt")


@pytest.fixture
def dbt(dsn: str, tmp_path: Path) -> Callable[..., Any]:
    """``dbt("test", …)``: its exit status, and by the end of its name what became of each thing."""
    parts = conninfo.conninfo_to_dict(dsn)
    own = {
        "HOST": parts["host"], "PORT": parts["port"], "USER": READER, "PASSWORD": READER, "DATABASE": parts["dbname"]
    }  # fmt: skip
    env = {**os.environ, **{f"MALOTE_DBT_{name}": str(value) for name, value in own.items()}}
    env |= {"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs"), "DO_NOT_TRACK": "1"}

    def run(*arguments: str, results: str = "run_results.json") -> tuple[int, dict[str, str]]:
        project = ["--project-dir", str(ROOT / "dbt"), "--profiles-dir", str(ROOT / "dbt")]
        done = subprocess.run([str(DBT), *arguments, *project], env=env, capture_output=True, text=True, check=False)
        assert "eprecat" not in done.stdout + done.stderr, done.stdout
        try:
            told = json.loads((tmp_path / "target" / results).read_text("utf-8"))["results"]
        except FileNotFoundError:
            raise AssertionError(done.stdout + done.stderr) from None
        return done.returncode, {each["unique_id"]: each["status"] for each in told}

    return run


def test_every_test_of_the_package_passes_and_a_value_that_is_none_of_ours_does_not(
    dsn: str, dbt: Callable[..., Any]
) -> None:
    status, told = dbt("test")
    assert (status, set(told.values())) == (0, {"pass"})
    assert len(told) > 40
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("update cielo.transacao set operacao = '99'")
        status, told = dbt("test", "--select", "source:malote.cielo.transacao")
        connection.execute("update cielo.transacao set operacao = '02'")
    (failed,) = [name for name, status in told.items() if status == "fail"]
    assert status == 1 and "accepted_values_cielo_transacao_operacao" in failed


def test_what_has_not_landed_for_days_is_told(dsn: str, dbt: Callable[..., Any]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        old = datetime.now(timezone.utc) - timedelta(days=5)
        connection.execute("update cielo.transacao set landed_at = %s", (old,))
    chosen = ["source:malote.ccee.resultado_processamento", "source:malote.cielo.transacao"]
    status, told = dbt("source", "freshness", "--select", *chosen, results="sources.json")
    assert status == 0
    assert told == {
        "source.malote.ccee.resultado_processamento": "pass", "source.malote.cielo.transacao": "warn"
    }  # fmt: skip

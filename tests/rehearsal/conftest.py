"""CeleryExecutor with Redis and PostgreSQL; two workers that share the databases and the archive, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.rehearsal import BUCKET, KEYS, Workers, broker, object_store
from support.system.machines import NAMES, Machines
from support.system.playing import Playing
from support.system.running import POLICY, system


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Everything running; the players who kill workers and cut the store off."""
    folder = Path(os.environ.get("MALOTE_REHEARSAL") or tmp_path_factory.mktemp("rehearsal"))
    state, homes = folder / "stage", folder / "machines"
    for each in (state, homes):
        each.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patched, broker(folder) as redis, object_store(folder) as store:
        there = {**KEYS, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{store.port}"}
        for name, value in there.items():  # we look into the archive too
            patched.setenv(name, value)
        settings = {
            **there,
            "AIRFLOW__MALOTE__ARCHIVE_URL": f"s3://{BUCKET}/archive",
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__BROKER_URL": f"{redis}/0",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"{redis}/1",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",  # of a task that a killed worker had taken and not begun
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
        }
        with system(state, lambda line: None, settings=settings) as running:
            workers = Workers(homes, running.airflow.environment, POLICY)
            running.elsewhere = workers.logs
            try:
                for name in ("one", "two"):
                    workers.start(name)
                running.open()
                yield Machines(running, workers, store, homes)
            finally:
                workers.stop()


@pytest.fixture(scope="session")
def playing(machines: Machines) -> Playing:
    """Plays situations, each once for all institutions; ``SEED`` is of what chance decides."""
    return Playing(machines.system, os.environ.get("SEED") or "1", NAMES, machines.table())

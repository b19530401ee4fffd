"""The desk over a pouch of the made-up institution, and a user who is let in as far as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from malote.journal import Journal

RUN = "manual__2026-11-22T02:43:02+00:00"
POUCH = f"dag/{RUN}/submit"
DEEDS = "select 'D' || n as reference, 'deed' as text from generate_series(1, 7) as n"


@dataclass
class Gate:
    """An auth manager that lets somebody read and edit the DAGs that it is told."""

    read: set[str] = field(default_factory=lambda: {"dag", "other"})
    edit: set[str] = field(default_factory=lambda: {"dag", "other"})

    def is_authorized_dag(self, *, method: str, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        return details.id in (self.read if method == "GET" else self.edit)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    from airflow.models.dag import DagModel

    gate = Gate()
    monkeypatch.setattr("malote_provider.desk.access.get_auth_manager", lambda: gate)
    monkeypatch.setattr(DagModel, "get_team_name", lambda dag: None)
    return gate


@pytest.fixture
def cleared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What Airflow was asked to clear: the pouch, and from which task on."""
    asked: list[tuple[str, str]] = []

    async def clear(request: Any, pouch: str, after: str) -> list[str]:
        asked.append((pouch, after))
        return ["land", "wait"]

    monkeypatch.setattr("malote_provider.desk.settling._clear", clear)
    return asked


@pytest.fixture
def signed_in() -> Iterator[Callable[[str], TestClient]]:
    """A client for somebody by name."""
    from airflow.api_fastapi.core_api.security import get_user

    from malote_provider.desk.app import app

    def client(name: str = "ana", **headers: str) -> TestClient:
        app.dependency_overrides[get_user] = lambda: SimpleNamespace(get_name=lambda: name, get_id=lambda: name)
        return TestClient(app, raise_server_exceptions=False, headers=headers)

    yield client
    app.dependency_overrides.clear()


@pytest.fixture
def desk(notary: SimpleNamespace, context: Any, gate: Gate, signed_in: Any, cleared: Any) -> Any:
    """A client over a pouch of three submissions, seven items, of which one is in doubt with markup as its evidence."""
    notary.submit(task_id="submit", outgoing_sql=DEEDS).execute(context(run_id=RUN))
    with Journal(notary.dsn) as journal:
        journal.parked("notary-1", "<script>alert(1)</script> was lost", "look at the office & ask")
    return signed_in("ana")

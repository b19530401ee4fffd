"""A database server that falls as at a power cut, in a warehouse whose owner made commits not wait for the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.migrations import upgrade
from malote_local.postgres import EmbeddedPostgres
from support.notary import Notary, Office
from support.trip import Trip, standings


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "pg", durable=True) as server:
        yield server


@pytest.mark.parametrize("commit", ["off", "on"])
def test_an_intent_that_was_committed_outlives_the_server_whatever_the_database_has_as_default(
    durable: EmbeddedPostgres, tmp_path: Path, commit: str
) -> None:
    dsn = durable.create("fallen")
    upgrade(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"alter database fallen set synchronous_commit = {commit}")
        connection.execute("checkpoint")
    office = Office()

    class Falling:
        """The server falls while the document is over there."""

        fallen = False

        def send(self, call: Any, sink: Any = None) -> Any:
            said = office.send(call, sink)
            if call.submits and not self.fallen:
                self.fallen = True
                durable.restart(immediate=True)
            return said

    driver = Falling()
    trip = Trip(Notary(), driver, dsn, str(tmp_path / "a"), service="deeds")
    trip.prepare([{"reference": "D1", "text": "a"}])
    with pytest.raises(psycopg.OperationalError):
        trip.send()
    assert driver.fallen and standings(dsn) == {"sending": 1}, "it is known that it may be over there"
    again = Trip(Notary(), driver, dsn, str(tmp_path / "a"), service="deeds")
    again.clock.at = trip.clock.at
    again.send()
    assert set(office.accepted.values()) == {1}

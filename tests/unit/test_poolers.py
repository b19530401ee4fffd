"""Behind a pooler: a trip is as it is without one, and a migration, which needs a session of its own, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from malote.errors import Misconfigured
from malote.migrations import upgrade
from malote.trip import Outgoing
from malote.warehouse import connect
from support.notary import Notary, Office, deeds, make_table
from support.pooler import Pooler
from support.trip import Trip, landed, standings


@pytest.fixture
def pooler(warehouse: str) -> Iterator[Pooler]:
    with Pooler(warehouse) as pooler:
        yield pooler


def test_the_pooler_of_these_tests_gives_each_transaction_another_session(pooler: Pooler) -> None:
    with connect(pooler.dsn, autocommit=True) as connection:
        seen = {connection.execute("select pg_backend_pid()").fetchone() for _ in range(4)}
        assert len(seen) == 4
    with connect(pooler.dsn) as connection:
        assert len({connection.execute("select pg_backend_pid()").fetchone() for _ in range(4)}) == 1


def test_a_migration_behind_a_pooler_is_refused_before_anything_is_done(pooler: Pooler) -> None:
    with pytest.raises(Misconfigured, match="a pooler stands before the warehouse") as refused:
        upgrade(pooler.dsn)
    assert refused.value.todo


def test_a_trip_behind_a_pooler_lands_what_it_lands_without(pooler: Pooler, warehouse: str, tmp_path: Path) -> None:
    make_table(warehouse)
    office = Office()
    for name in ("A", "B"):
        trip = Trip(Notary(), office, pooler.dsn, str(tmp_path), service="deeds", pouch=f"dag/{name}/submit")
        office.faults = ["lost_reply"]
        assert trip.run([{**each, "reference": f"{name}-{each['reference']}"} for each in deeds(7)]).rows == 7
        trip.close()
    assert set(office.accepted.values()) == {1} and len(office.accepted) == 14
    assert standings(warehouse) == {"landed": 6} and len(landed(warehouse, "notary.verdict")) == 14


def test_rows_are_selected_behind_a_pooler_and_leave_no_role_behind(pooler: Pooler) -> None:
    for _ in range(6):
        assert len(list(Outgoing(pooler.dsn, "select n::text as reference from generate_series(1, 3000) n"))) == 3000
    with psycopg.connect(pooler.dsn, autocommit=True) as connection:
        said = {connection.execute("select current_user = session_user").fetchone() for _ in range(4)}
    assert said == {(True,)}

"""Upgrades of a warehouse in use: nobody waits behind one, and nothing is touched that has not changed."""

from __future__ import annotations

from datetime import datetime, timezone

import psycopg
import pytest

from malote.clock import HeldClock
from malote.errors import Transient
from malote.migrations import pending, upgrade

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def test_what_would_be_done_is_said_and_not_done(database: str) -> None:
    told = pending(database)
    assert told[0].startswith("migration 0001_journal")
    assert pending(database) == told
    upgrade(database)
    assert pending(database) == []


def test_an_open_read_of_every_report_stops_no_upgrade_that_has_nothing_to_do(warehouse: str) -> None:
    with psycopg.connect(warehouse) as reader:
        views = reader.execute("select viewname from pg_catalog.pg_views where schemaname = 'report'").fetchall()
        for (view,) in views:
            reader.execute(f"select * from report.{view}")
        upgrade(warehouse, clock=HeldClock(NOON))
        assert len(views) > 5


def test_only_the_view_whose_text_changed_is_made_anew(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("update malote.mart set sha256 = 'older' where name = 'retidas'")
        connection.execute("drop view report.nao_lidos")
    assert pending(warehouse) == ["view report.nao_lidos", "view report.retidas"]
    with psycopg.connect(warehouse) as reader:
        reader.execute("select * from report.cielo_transacoes")
        upgrade(warehouse, clock=HeldClock(NOON))
    assert pending(warehouse) == []


def test_a_view_that_somebody_reads_for_hours_is_tried_again_and_told_and_others_read_on(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as other, psycopg.connect(warehouse) as reader:
        other.execute("update malote.mart set sha256 = 'older' where name = 'retidas'")
        reader.execute("select * from report.retidas")

        class Meanwhile(HeldClock):
            tries = 0

            def sleep(self, seconds: float) -> None:
                self.tries += 1
                other.execute("set statement_timeout = '5s'; select * from report.retidas")
                if self.tries == 2:
                    reader.rollback()

        clock = Meanwhile(NOON)
        upgrade(warehouse, clock=clock)
        assert clock.tries == 2
    assert pending(warehouse) == []


def test_who_never_lets_go_is_named_as_what_to_end(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("malote.migrations.TIMES", 2)
    with psycopg.connect(warehouse, autocommit=True) as other, psycopg.connect(warehouse) as reader:
        other.execute("update malote.mart set sha256 = 'older' where name = 'retidas'")
        reader.execute("select * from report.retidas")
        with pytest.raises(Transient, match="pg_stat_activity"):
            upgrade(warehouse, clock=HeldClock(NOON))
    assert pending(warehouse) == ["view report.retidas"]


def test_an_index_that_a_broken_build_left_behind_is_built_anew(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute(
            "update pg_index set indisvalid = false where indexrelid = 'malote.item_travelling'::regclass"
        )
        connection.execute("drop index malote.submission_of_lot_number")
    assert [line.split(" on ")[0] for line in pending(warehouse)] == [
        "drop index concurrently malote.item_travelling",
        "create unique index concurrently item_travelling",
        "create index concurrently submission_of_lot_number",
    ]
    upgrade(warehouse)
    assert pending(warehouse) == []


@pytest.mark.parametrize("outcome", [None, "unanswered", "accepted", "refused_for_good"])
def test_the_promise_is_held_by_the_index_whatever_the_outcome_but_refused(warehouse: str, outcome: str | None) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        for id in ("a", "b", "c"):
            connection.execute(
                """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                       standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at,
                       moved_at)
                   values (%s, 'p', 'x', 'x', 'x', 'x', 'x', 'sending', 'n', 'd', %s, 1, false, 1, now(), now())""",
                (id, id),
            )
        add = (
            "insert into malote.item_row (submission, ordinal, scope, reference, outcome) values (%s, 1, 's', 'R', %s)"
        )
        connection.execute(add, ("a", "refused"))
        connection.execute(add, ("b", outcome))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(add, ("c", None))
        connection.execute(add, ("c", "refused"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("update malote.item_row set outcome = null where submission = 'c'")

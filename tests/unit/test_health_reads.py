"""Measuring costs what is open and what a day brought, not what ever was: how many rows it reads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import psycopg

from malote.clock import HeldClock
from malote.desk import Account, health, unsaid
from malote.journal import Journal

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
LANDED, WAITING, TODAY = 20_000, 500, 100
ACCOUNT = Account("bndes", "simulator", "x", timedelta(minutes=1), {"financiamento": NOON}, NOON + timedelta(days=90))
_POUCH = """
    insert into malote.pouch values ('d/r/submit', 'bndes', 'simulator', 'x', 'financiamento', '{}', now())
    on conflict do nothing
"""
_FILLED = """
    insert into malote.submission (id, number, pouch, institution, environment, account, service, operation, standing,
        name, document, document_sha256, document_size, sealed, item_count, receipt, prepared_at, sent_at, moved_at,
        purged_at)
    select 'bndes-' || i, i, 'd/r/submit', 'bndes', 'simulator', 'x', 'financiamento', 'financiamento', %(standing)s,
        'financiamento.xml', 'd', 'd', 1, true, 1, 'N' || i, %(at)s, %(at)s, %(at)s,
        case when %(standing)s in ('landed', 'refused') then %(at)s end
    from generate_series(%(first)s::bigint, %(last)s::bigint) as i
"""
_ITEMS = """
    insert into malote.item_row (submission, ordinal, scope, reference, outcome)
    select id, 1, 'bndes/simulator/x/financiamento', id, case when standing = 'refused' then 'refused' end
    from malote.submission where number between %(first)s and %(last)s
"""
_LOADS = """
    insert into malote.load (submission, target, row_count, landed_at, items_accepted, items_refused,
        items_unanswered, items_answered_twice, rows_unmatched, answer_sha256)
    select id, 'bndes.resultado', 1, moved_at, 1, 0, 0, 0, 0, 'a' from malote.submission
    where number between %(first)s and %(last)s and standing = 'landed'
"""
_READ = """
    select sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::bigint as n
    from pg_class where relnamespace = 'malote'::regnamespace and relkind in ('r', 'i')
"""


def fill(dsn: str, first: int, many: int, standing: str, ago: timedelta) -> int:
    values = {"first": first, "last": first + many - 1, "standing": standing, "at": NOON - ago}
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute(_POUCH)
        for statement in (_FILLED, _ITEMS, _LOADS):
            c.execute(statement, values)
        # With what earlier tests left in the indexes, which a vacuum spares where it is little, and a read counts.
        c.execute("vacuum (analyze, index_cleanup on)")
    return first + many


def read(dsn: str) -> tuple[int, dict[str, float]]:
    with Journal(dsn, HeldClock(NOON)) as journal, journal.connection.transaction():
        found = {each.name: each.value for each in health(journal, [ACCOUNT])}
        assert unsaid(journal, [ACCOUNT]) == []
        row = journal.connection.execute(_READ).fetchone()
    assert row is not None
    return int(row["n"]), found


def test_measuring_reads_no_more_however_much_has_landed(warehouse: str) -> None:
    n = fill(warehouse, 1, LANDED, "landed", timedelta(days=100))
    n = fill(warehouse, n, LANDED // 10, "refused", timedelta(days=100))
    n = fill(warehouse, n, WAITING, "received", timedelta(hours=1))
    n = fill(warehouse, n, TODAY, "landed", timedelta(hours=1))
    first, found = read(warehouse)
    assert found["submissions.received"] == WAITING and found["items.accepted_day"] == TODAY
    assert found["oldest.open"] == 3600 and found["certificate.days"] == 90
    assert first < 6 * (WAITING + TODAY) < LANDED
    fill(warehouse, n, 2 * LANDED, "landed", timedelta(days=100))
    assert read(warehouse)[0] <= first + 50

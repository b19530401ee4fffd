"""The desk's pages cost what waits, not what ever was: how many rows each of them reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.desk import Filters, groups, hourly, lines, rates
from malote.journal import Journal
from malote_local.postgres import EmbeddedPostgres
from support.reused import Reused

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
LANDED, WAITING = 20_000, 2_000
_FILLED = """
    insert into malote.submission (id, number, pouch, institution, environment, account, service, operation, standing,
        name, document, document_sha256, document_size, sealed, item_count, receipt, prepared_at, sent_at, moved_at)
    select 'bndes-' || i, i, 'd/r' || i % 20 || '/submit', 'bndes', 'simulator', 'x', 'financiamento', 'financiamento',
        case when i <= {landed} then 'landed' else 'received' end, 'financiamento-2026-' || i || '.xml', 'd', 'd', 1,
        false, 1, 'N' || i, t.at, t.at, t.at
    from generate_series(1, {landed} + {waiting}) as i
    cross join lateral (select timestamptz '{noon}'
        - case when i <= {landed} then interval '100 days' else interval '1 hour' end as at) as t
"""


@pytest.fixture(scope="module")
def filled(postgres: EmbeddedPostgres, migrated: Reused) -> Iterator[str]:
    """A warehouse of its own, filled once: nothing here writes."""
    desk = Reused(postgres, "desk_reads", "migrated")
    warehouse = desk.take()
    with psycopg.connect(warehouse, autocommit=True) as c:
        c.execute(
            """insert into malote.pouch
               select 'd/r' || i || '/submit', 'bndes', 'simulator', 'x', 'financiamento', '{}',
               now() from generate_series(0, 19) as i"""
        )
        c.execute(_FILLED.format(landed=LANDED, waiting=WAITING, noon=NOON.isoformat()))
        c.execute("vacuum analyze malote.submission, malote.pouch")
    yield warehouse
    desk.drop()


def page(**asked: Any) -> Callable[[Journal], list[Any]]:
    return lambda journal: lines(journal, Filters(**asked), ["d"], after=None, limit=50)


def counted(**asked: Any) -> Callable[[Journal], list[Any]]:
    return lambda journal: groups(journal, Filters(**asked), ["d"])


LAST = LANDED + WAITING
READ: list[tuple[str, Callable[[Journal], list[Any]], int, int]] = [
    # what is looked at, how many lines of it there are, how many rows of malote.submission that may read at most
    ("all that waits", page(), 50, 60),
    ("what waits of an account", page(institution="bndes", account="x"), 50, WAITING + 60),
    ("what waits of nobody", page(institution="cielo"), 0, 10),
    ("a part of a name", page(text=f"-{LAST}."), 1, 10),
    ("a part of every name", page(text="financiamento"), 50, 60),
    ("an id", page(text=f"bndes-{LAST}"), 1, 10),
    ("a receipt", page(text=f"N{LAST}"), 1, 10),
    ("nothing that there is", page(text="nowhere"), 0, 10),
    ("counts of all that waits", counted(), 1, WAITING),
    ("counts of a part of a name", counted(text=f"-{LAST}."), 1, WAITING),
    ("today by the hour", lambda journal: hourly(journal, ["d"], NOON - timedelta(hours=24)), 1, 10),
    ("thirty days by service", lambda journal: rates(journal, ["d"], NOON - timedelta(days=30)), 1, 10),
]


@pytest.mark.parametrize(("work", "found", "most"), [each[1:] for each in READ], ids=[each[0] for each in READ])
def test_a_page_reads_no_more_than_it_shows(
    filled: str, work: Callable[[Journal], list[Any]], found: int, most: int
) -> None:
    def read() -> int:
        row = journal.connection.execute(
            """select pg_stat_get_xact_tuples_returned(t) + pg_stat_get_xact_tuples_fetched(t) as n
               from (select 'malote.submission'::regclass::oid as t) as x"""
        ).fetchone()
        assert row is not None
        return int(row["n"])

    with Journal(filled, HeldClock(NOON)) as journal, journal.connection.transaction():
        assert len(work(journal)) == found
        assert read() <= most


def test_the_pages_of_what_waits_follow_each_other_and_each_line_stands_on_one(filled: str) -> None:
    with Journal(filled, HeldClock(NOON)) as journal:
        seen, after = [], None
        while rows := lines(journal, Filters(kind="received"), ["d"], after=after, limit=300):
            seen += [row.submission for row in rows]
            after = rows[-1].place
    assert seen == [f"bndes-{n}" for n in range(LANDED + 1, LAST + 1)]

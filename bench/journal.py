"""The journal: 10,000 submissions through all moves; moves per second, statements per move, peak memory."""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg

from malote.archive import Archive
from malote.clock import HeldClock
from malote.hours import Pace
from malote.institution import Access
from malote.journal import Journal
from malote.migrations import upgrade
from malote.scope import Scope
from malote.submission import Document, Item, Order, Receipt, Standing, Stored
from malote.trip import Collecting, Kit
from malote_local.postgres import EmbeddedPostgres

N = int(os.environ.get("MALOTE_BENCH_SUBMISSIONS", "10000"))


def main() -> None:
    import sys

    sys.path.insert(0, "tests")
    from support.notary import Notary, make_table

    with EmbeddedPostgres(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        dsn = server.create("bench")
        upgrade(dsn, roles={})
        make_table(dsn)
        clock = HeldClock(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))
        journal, institution = Journal(dsn, clock), Notary(Access("notary", "simulator"))
        archive, scope, order = Archive(folder), Scope.pouch("p"), Order("p", "deeds")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        said = [0]
        execute, copy = psycopg.Cursor.execute, psycopg.Cursor.copy

        def counted(plain: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                said[0] += 1
                return plain(*arguments, **named)

            return call

        psycopg.Cursor.execute, psycopg.Cursor.copy = counted(execute), counted(copy)  # type: ignore[method-assign]

        def move(name: str, work: Callable[[], Any]) -> None:
            before = said[0]
            begun = time.perf_counter()
            work()
            took = time.perf_counter() - begun
            print(
                json.dumps(
                    {
                        "bench": "journal", "move": name, "per_second": round(N / took),
                        "ms_each": round(took / N * 1000, 3),
                        "statements_each": round((said[0] - before) / N, 4),
                    }
                ),
                flush=True,
            )  # fmt: skip

        def take_in() -> None:
            journal.open_pouch(order, institution)
            with journal.intake(order, institution) as intake:
                for i in range(N):
                    intake.add(Document("file", "d", Stored(f"d/{i}", f"{i:064}", 100), (Item(f"R{i}"),)))

        def begin() -> None:
            for id in ids:
                journal.begin_send(id, under_way=timedelta(minutes=2))

        def receive() -> None:
            now = clock.now()
            for i, id in enumerate(ids):
                journal.received(id, Receipt(f"N{i}"), ask_at=now, deadline=now + timedelta(days=1), how="replied")

        def ask_all() -> None:
            clock.pass_(minutes=10)
            while due := journal.due(scope, limit=50, lease=timedelta(minutes=2)):
                journal.pending([(s.id, clock.now() + timedelta(minutes=1), None) for s in due])

        def answer_all() -> None:
            clock.pass_(minutes=10)
            while due := journal.due(scope, limit=50, lease=timedelta(minutes=2)):
                kept = []
                for s in due:
                    with archive.write("answers", f"{s.id}.json") as sheet:
                        sheet.write(f'[["R{int((s.receipt or "N0")[1:])}", "yes"]]'.encode())
                    kept.append((s.id, sheet.stored))
                journal.answered(kept)

        move("taken in", take_in)
        ids = [s.id for s in journal.submissions(scope, Standing.PREPARED)]
        move("attempt opened", begin)
        move("receipt saved", receive)
        move("asked, pending", ask_all)
        move("asked, answered (archive included)", answer_all)
        pace = Pace(dsn, "bench", limit=0, window=timedelta(minutes=1))
        collecting = Collecting(Kit(institution, dsn, journal, archive, pace, clock))
        move("landed", lambda: collecting.collect(scope, None))
        assert journal.tally(scope) == {"landed": N}
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
        print(json.dumps({"bench": "journal", "submissions": N, "peak_memory_grown_MiB": round(grown, 1)}))


if __name__ == "__main__":
    main()

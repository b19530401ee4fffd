"""One whole trip as a DAG run would make it, with a clock that is told to move and a place where it may stop dead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg

from malote.archive import Archive, Keys
from malote.clock import HeldClock
from malote.hours import Pace
from malote.institution import Institution, Row
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import Order
from malote.trip import Asking, Collecting, Courier, Kit, Landed, Prepared, Sent
from support.planted import ARCHIVE_KEY


class Dead(BaseException):
    """The process died here. No ``except Exception`` may save us."""


class Trip:
    """The parts of one run over one warehouse; making another one is what a restart is."""

    def __init__(
        self,
        institution: Institution,
        driver: Any,
        dsn: str,
        archive: str,
        *,
        service: str,
        clock: HeldClock | None = None,
        die_at: str = "",
        pouch: str = "dag/run/submit",
        keys: Keys | str = ARCHIVE_KEY,
        params: dict[str, Any] | None = None,
    ) -> None:
        self.clock = clock or HeldClock(datetime(2026, 11, 23, 12, tzinfo=timezone.utc))
        self.passed: list[str] = []
        self.die_at = die_at
        self.dsn, self.driver, self.institution = dsn, driver, institution
        self.scope = Scope.pouch(pouch)
        self.order = Order(pouch, service, params or {})
        self.journal = Journal(dsn, self.clock)
        self.archive = Archive(archive, keys)
        self.pace = Pace(dsn, "test", limit=0, window=timedelta(seconds=60))
        self.meanwhile: Callable[[str], None] = lambda _: None
        self.kit = kit = Kit(institution, dsn, self.journal, self.archive, self.pace, self.clock, self._checkpoint)
        self.courier, self.asking, self.collecting = Courier(kit), Asking(kit), Collecting(kit)

    def _checkpoint(self, name: str) -> None:
        self.passed.append(name)
        self.meanwhile(name)
        if name == self.die_at:
            raise Dead(name)

    def prepare(self, rows: Iterable[Row], **options: Any) -> Prepared:
        return self.courier.prepare(self.order, rows, **options)

    def send(self) -> Sent:
        sent = self.courier.send(self.order.pouch, self.driver)
        while sent.wake is not None:
            self.clock.at = max(self.clock.at, sent.wake)
            sent = self.courier.send(self.order.pouch, self.driver)
        return sent

    def wait(self) -> None:
        for _ in range(1000):
            rest = self.asking.in_turn(self.scope, self.driver)
            if rest.waiting == 0 or rest.wake is None:
                return
            self.clock.at = max(self.clock.at, rest.wake)
        raise AssertionError("the wait never ends")

    def land(self) -> Landed:
        return self.collecting.collect(self.scope, self.driver)

    def run(self, rows: Iterable[Row], between: Callable[[], None] = lambda: None) -> Landed:
        """prepare, send, wait, land: a run of the DAG."""
        self.prepare(rows)
        self.send()
        between()
        self.wait()
        return self.land()

    def close(self) -> None:
        self.journal.close()
        self.pace.close()


def landed(dsn: str, table: str) -> list[tuple[Any, ...]]:
    """The landed rows without what differs between two runs: the submission's number and the instant."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(f"select * from {table}")
        assert found.description is not None
        keep = [
            i
            for i, column in enumerate(found.description)
            if column.name not in ("submission_id", "landed_at", "ordem")
        ]
        return sorted((tuple(row[i] for i in keep) for row in found), key=lambda row: tuple(map(str, row)))


def standings(dsn: str) -> dict[str, int]:
    """Submissions by standing."""
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute("select standing, count(*) from malote.submission group by 1").fetchall())

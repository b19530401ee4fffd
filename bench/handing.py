"""Documents handed over one by one and several at once: to a BNDES that takes half a second for each, and no time.

    python bench/handing.py [--documents 120] [--seconds 0.5]

Each has its intent in the journal, a TLS connection with the client certificate, and its receipt, as in a task. The
pretended BNDES is a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from goals import Goals

from malote.archive import Archive
from malote.clock import HeldClock, SystemClock
from malote.hours import Pace
from malote.institution import Access, load
from malote.journal import Journal
from malote.migrations import upgrade
from malote.submission import Order
from malote.trip import Courier, Kit
from malote.wire import SyncDriver, context
from malote_local.ports import free_ports
from malote_local.postgres import EmbeddedPostgres
from malote_local.pretended import Pretended
from malote_sim.certificates import CNPJ, Certificates, make

NOON = datetime(2026, 11, 23, 15, tzinfo=timezone.utc)


def rows(year: int, n: int) -> Iterator[dict[str, Any]]:
    """So many proposals of a year."""
    for number in range(1, n + 1):
        yield {
            "reference": f"{year}/{number}", "anoProposta": str(year), "numeroProposta": str(number),
            "beneficiario.cpfCnpj": "52998224725", "valorFinanciado": Decimal("1000.50"),
        }  # fmt: skip


YEARS = count(2001)


def rate(sim: Pretended, held: Certificates, dsn: str, folder: str, in_flight: int, n: int, seconds: float) -> float:
    """Documents a second."""
    sim.tell("bndes", "reset", None)
    sim.tell("bndes", "settings", {"hours": ""})
    if seconds:
        sim.tell("bndes", "faults", {"fault": "slow", "on": "financiamento", "seconds": seconds, "times": n})
    clock = HeldClock(NOON)
    rules = {"requests": 0, "opening_days": "all", "opening_hours": "", "in_flight": in_flight}
    extra = {"cnpj": CNPJ, "rules": rules}
    there = load("bndes")(Access("bndes", "simulator", f"https://localhost:{sim.ports['bndes']}/apa", "", "", extra))
    tls = context(certificate=str(held.client), password=held.password, ca_bundle=str(held.ca), now=SystemClock().now())
    driver, pace = SyncDriver(tls), Pace(dsn, "bench", limit=0, window=timedelta(seconds=60))
    with Journal(dsn, clock) as journal:
        courier = Courier(Kit(there, dsn, journal, Archive(folder), pace, clock))
        pouch = f"bench/{in_flight}/{seconds}"
        courier.prepare(Order(pouch, "financiamento"), rows(next(YEARS), n))
        began = time.perf_counter()
        sent = courier.send(pouch, driver)
        took = time.perf_counter() - began
        assert sent.received == n, sent
        shown = sim.shown("bndes")
        assert (shown["accepted_more_than_once"], len(shown["accepted"])) == (0, n), shown
    driver.close()
    pace.close()
    return n / took


def main() -> int:
    """Measure one by one, and the others against it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    goals = Goals()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres() as postgres:
        dsn = postgres.create("bench")
        upgrade(dsn)
        door, control = free_ports(2)
        held = make(Path(folder) / "certificates")
        (Path(folder) / "logs").mkdir()
        sim = Pretended(Path(folder), ports={"bndes": door}, control=control)
        try:
            sim.wait()
            sim.tell("bndes", "clock", {"set": NOON.isoformat(), "speed": 0})
            for seconds, of, goal in ((options.seconds, (4, 8), 0.9), (0.0, (4,), 0.0)):
                one = rate(sim, held, dsn, folder, 1, options.documents, seconds)
                print(f"{seconds:g} s each, one by one: {one:.2f} documents a second", flush=True)
                for n in of:
                    ratio = rate(sim, held, dsn, folder, n, options.documents, seconds) / one
                    goals.least(f"{seconds:g} s each, {n} at once / one by one", ratio, goal * n or 1.0)
        finally:
            sim.stop()
    return goals.end()


if __name__ == "__main__":
    sys.exit(main())

"""A declared notary, the clock of all that watches, and a StatsD server that hears what Airflow's stats send."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote_provider.operators import AlarmOperator, HealthOperator
from support.airflow_names import unready_stats
from support.notary import poked


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HeldClock:
    """What the watching operators take for the time."""
    held = HeldClock(datetime.now(timezone.utc))
    for operator in (AlarmOperator, HealthOperator):
        monkeypatch.setattr(operator, "clock", held)
    return held


@pytest.fixture
def declared(notary: SimpleNamespace, clock: HeldClock, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The notary as the only institution; ``clock`` is that of its hook too."""
    notary.clock = notary.hook.clock = clock
    this = SimpleNamespace(name="notary", title="Notary", seals=True)
    monkeypatch.setattr("malote_provider.watching.DECLARED", (this,))
    return notary


@pytest.fixture
def sent(declared: SimpleNamespace, context: Callable[..., Any]) -> Any:
    """``sent(n)``: so many deeds handed over, three a document; ``sent(n, landed=True)`` with their answers at home."""

    def sent(n: int, *, landed: bool = False) -> None:
        deeds = f"select 'D' || n as reference, 'deed' as text from generate_series(1, {n}) as n"
        task = declared.submit(task_id="submit", outgoing_sql=deeds)
        pushed = task.execute(context(task))
        if landed:
            poked(declared, pushed, context)
            declared.land(task_id="land", pouch=pushed, fail_on=()).execute(context())

    return sent


@pytest.fixture
def change(declared: SimpleNamespace) -> Callable[[str], None]:
    """``change(statement)`` in the journal, by nobody whom it knows."""

    def change(statement: str) -> None:
        with psycopg.connect(declared.dsn) as connection:
            connection.execute(statement)

    return change


class Heard:
    """What a StatsD server on UDP was told: ``gauges`` by name, ``counts`` by name."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._gauges: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    @property
    def gauges(self) -> dict[str, float]:
        return self._all()._gauges

    @property
    def counts(self) -> Counter[str]:
        return self._all()._counts

    def _all(self) -> Heard:
        while True:
            try:
                packet = self._server.recv(65536).decode()
            except BlockingIOError:
                return self
            for line in packet.splitlines():
                name, _, said = line.partition(":")
                value, kind = said.split("|")[:2]
                if kind == "g":
                    self._gauges[name] = float(value)
                elif kind == "c":
                    self._counts[name] += int(value)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """A StatsD server, and Airflow's stats as a process finds them in which nobody has made them ready."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        options = {"ON": "True", "HOST": "127.0.0.1", "PORT": str(server.getsockname()[1])}
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__METRICS__STATSD_{name}", value)
        unready_stats(monkeypatch)
        yield Heard(server)

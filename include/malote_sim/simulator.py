"""What every simulated institution is: a door that counts, accepts, plays faults, and shows what it has done."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from malote_sim import spoiling, wire
from malote_sim.arrivals import Arrivals
from malote_sim.clock import SimulatedClock
from malote_sim.faults import EVERYWHERE, TITLES, Fault, Faults, Kind, Reply, page, spoil

_one_at_a_time = threading.Lock()  # several institutions may write one journal


@dataclass(frozen=True, slots=True)
class Asked:
    """One whole request. Header names are in lower case; `address` is scheme and authority as the caller named them."""

    operation: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str
    certificate: bytes = b""
    """The client's certificate, in DER; empty where none was asked for."""


class Simulator:
    """Base of the institutions. A subclass names its operations and answers them; the rest is here.

    It is an ASGI application, and thread-safe: tests look at it and change it from another thread.
    """

    name: ClassVar[str]
    demands_certificate: ClassVar[bool] = True
    asks_certificate: ClassVar[bool] = False
    """Where none is demanded, whether one is asked for: the simulator itself answers who shows none."""
    operations: ClassVar[tuple[str, ...]]
    """Every operation that faults and windows may name."""
    uncounted: ClassVar[tuple[str, ...]] = ()
    """Operations that no window counts, such as reading a WSDL."""
    faults_of_its_own: ClassVar[Mapping[str, Kind]] = {}
    limited: ClassVar[tuple[str, ...]] = ()
    """Operations with a documented limit, each with a window of its own."""
    behaviour: ClassVar[Mapping[str, Any]] = {}
    """The institution's own settings and their defaults."""

    authority: bytes = b""
    """PEM of the authority that the institution trusts; given once it is served."""
    identity: bytes = b""
    """PEM of the institution's own certificate and key; likewise."""

    def __init__(self, clock: SimulatedClock, *, journal: Path | None = None) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._journal = journal
        self.reset()
        if journal is not None:
            self._read_journal(journal)

    # What a subclass says.

    def operation(self, method: str, path: str, query: str) -> str | None:
        """Which operation a request is for, told by its first line; None when there is nothing at that address."""
        raise NotImplementedError

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """Act upon a whole request, under the lock. `fault` matters when it is one of `faults_of_its_own`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forget what the institution itself knows."""
        raise NotImplementedError

    def show(self) -> dict[str, Any]:
        """What the control page shows beside what all institutions show."""
        raise NotImplementedError

    def restore(self, kept: dict[str, Any]) -> None:
        """Take back one entry of the journal, as `keep` was given it."""
        raise NotImplementedError

    def check(self, name: str, value: Any) -> None:
        """Raise ValueError when a setting cannot have this value."""

    def refusal(self, asked: Asked, fault: Fault) -> Reply:  # noqa: ARG002
        """Its words for `throttle` (as: fault), `closed` and those faults of its own that accept nothing."""
        return page(503, "Fora do ar")

    # What tests and the control page use.

    def play(self, fault: str, on: str = "*", **options: Any) -> None:
        """Queue a fault; ValueError when it is not one."""
        with self.lock:
            self.faults.add({"fault": fault, "on": on, **options})

    def set(self, **settings: Any) -> None:
        """Change settings, all or none; ValueError when one is unknown or cannot have that value."""
        with self.lock:
            for name, value in settings.items():
                if name not in self.settings:
                    raise ValueError(f"there is no setting {name!r}; known: {', '.join(self.settings)}")
                if name in ("limit", "window") and not (isinstance(value, (int, float)) and value > 0):
                    raise ValueError(f"{name} is a number above 0, not {value!r}")
                spoiling.check(name, value)
                self.check(name, value)
            self.settings.update(settings)
            for arrivals in (self.arrivals, *self.windows.values()):
                arrivals.measure(limit=self.settings["limit"], window=self.settings["window"])

    def reset(self) -> None:
        """Forget everything: what was accepted, counts, settings, faults. The journal and the clock stay."""
        with self.lock:
            self.accepted: Counter[str] = Counter()
            self.requests: Counter[str] = Counter()
            self.departures: Counter[str] = Counter()
            self.settings: dict[str, Any] = {**spoiling.EVERYWHERE, **self.behaviour}
            self.faults = Faults({**EVERYWHERE, **self.faults_of_its_own}, self.operations, self.uncounted)
            rule = {"limit": self.settings["limit"], "window": self.settings["window"]}
            self.arrivals = Arrivals(**rule)
            self.windows = {each: Arrivals(**rule) for each in self.operations if each not in self.uncounted}
            self.forget()

    @property
    def accepted_more_than_once(self) -> int:
        """How many items were accepted more than once: what the promise of malote says is always 0."""
        return sum(times > 1 for times in self.accepted.values())

    def described(self) -> dict[str, Any]:
        """Everything the control page shows, as JSON values."""
        with self.lock:
            return {
                "institution": self.name,
                "clock": self.clock.now().isoformat(),
                "clock_speed": self.clock.speed,
                "accepted": dict(self.accepted),
                "items_accepted": sum(self.accepted.values()),
                "accepted_more_than_once": self.accepted_more_than_once,
                **self.show(),
                "requests": sum(self.requests.values()),
                "requests_by_operation": dict(self.requests),
                "max_in_window": self.arrivals.most,
                "max_in_window_by_operation": {name: each.most for name, each in self.windows.items()},
                "violations": sum(self.windows[name].violations for name in self.limited),
                "departures": dict(self.departures),
                "faults": {"queued": [each.described() for each in self.faults.queued], "played": self.faults.played},
                "settings": self.settings,
            }

    # What subclasses use.

    def keep(self, entry: dict[str, Any]) -> None:
        """Append to the journal, before the reply leaves: what is accepted survives the end of this process."""
        if self._journal is not None:
            line = json.dumps(
                {"institution": self.name, "at": self.clock.now().isoformat(), **entry}, ensure_ascii=False
            )
            with _one_at_a_time, self._journal.open("a", encoding="utf-8") as journal:
                journal.write(line + "\n")

    def depart(self, how: str) -> None:
        """Note that a request was understood although it departs from what the manual shows."""
        self.departures[how] += 1

    def _read_journal(self, journal: Path) -> None:
        if not journal.exists():
            return
        whole = journal.read_bytes()
        if not whole.endswith(b"\n"):  # killed half-way through a line: its reply never left
            whole = whole[: whole.rfind(b"\n") + 1]
            journal.write_bytes(whole)
        for line in whole.decode().splitlines():
            entry = json.loads(line)
            if entry["institution"] == self.name:
                self.clock.not_before(datetime.fromisoformat(entry["at"]))
                self.restore(entry)

    # The door.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        arrived = time.monotonic()
        query = scope["query_string"].decode("latin-1")
        operation = self.operation(scope["method"], scope["path"], query)
        if operation is None:
            await wire.send_reply(page(404, "Nada neste caminho"), send)
            return
        with self.lock:
            fault = self._arrive(operation, arrived)
        if fault is not None and fault.name == "reset_before":
            await wire.reset(scope, receive)
            return
        body = await wire.read_body(receive)
        if body is None:
            return  # the caller left half-way: nothing came, so nothing is accepted
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        address = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
        asked = Asked(operation, scope["method"], scope["path"], query, headers, body, address, wire.certificate(scope))
        reply = spoiling.spoilt(await run_in_threadpool(self._act, asked, fault), fault, self.settings)
        await self._deliver(reply, fault, scope, receive, send)

    def _arrive(self, operation: str, arrived: float) -> Fault | None:
        self.requests[operation] += 1
        held = 0
        if operation not in self.uncounted:
            self.arrivals.note(arrived)
            held = self.windows[operation].note(arrived)
        fault = self.faults.take(operation)
        if fault is None and self.settings["enforce"] and operation in self.limited and held > self.settings["limit"]:
            return Fault("throttle", EVERYWHERE["throttle"], options={"retry_after": round(self.settings["window"])})
        return fault

    def _act(self, asked: Asked, fault: Fault | None) -> Reply:
        with self.lock:
            if fault is None:
                return self.answer(asked, None)
            reply = self.answer(asked, fault) if fault.accepts else None
            if fault.name in ("500", "503"):
                return page(int(fault.name), TITLES[fault.name], retry_after=fault.options.get("retry_after"))
            if fault.name == "throttle" and fault.options.get("as", "429") != "fault":
                return page(429, "Limite de requisições excedido", retry_after=fault.options.get("retry_after", 30))
            if reply is None and (fault.name in self.faults_of_its_own or fault.name in ("closed", "throttle")):
                return self.refusal(asked, fault)
            return spoil(reply or page(200, "Bem-vindo ao portal"), fault)

    async def _deliver(self, reply: Reply, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        name, options = ("", {}) if fault is None else (fault.name, fault.options)
        if name == "lost_reply":
            await wire.hang_up(scope, receive)
        elif name == "timeout":
            await wire.wait_for_hang_up(receive)
        elif name == "truncated":
            await wire.send_half(reply, scope, receive, send, chunked=bool(options.get("chunked")))
        elif how := spoiling.form("head", fault, self.settings):
            await wire.send_raw(spoiling.framed(reply, how), scope, receive)
        else:
            await wire.send_reply(reply, send, after=options.get("seconds", 5) if name == "slow" else 0)

"""A pouch of 5,000 BNDES documents, sent, asked about and landed: polls a second, and the journal's cost.

The pretended BNDES runs beside us over TLS with a client certificate. Its protocols are polled by one trigger's loop
and by a bare aiohttp loop with the same requests; then both poll a server that does nothing at all, over plain HTTP.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_SUBMISSIONS", "5000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "3"))
UNDER_WAY = 200  # what malote has under way as well

# It answers every request on a kept connection with the same 202.
NOTHING = """
import asyncio
BODY = b'<?xml version="1.0"?><financiamento_retorno><status>processando</status></financiamento_retorno>'
REPLY = b"HTTP/1.1 202 Accepted\\r\\nContent-Type: text/xml\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(BODY) + BODY
class Door(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest = transport, b""
    def data_received(self, data):
        *whole, self.rest = (self.rest + data).split(b"\\r\\n\\r\\n")
        self.transport.write(REPLY * len(whole))
async def main():
    server = await asyncio.get_running_loop().create_server(Door, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def memory(what: str) -> float:
    """A figure of /proc/self/status in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(what))


class Watch:
    """Adds up the time inside of what it wraps; what is called from within counts once."""

    def __init__(self) -> None:
        self.seconds, self._depth = 0.0, 0

    @contextmanager
    def on(self) -> Iterator[None]:
        began, self._depth = time.perf_counter(), self._depth + 1
        try:
            yield
        finally:
            self._depth -= 1
            self.seconds += (time.perf_counter() - began) if not self._depth else 0.0

    def over(self, kind: type, *names: str) -> None:
        """Wrap these methods of a class, generators of ``with`` included."""
        for name in names:
            setattr(kind, name, self._wrapped(getattr(kind, name)))

    def _wrapped(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            with self.on():
                value = plain(*given, **named)
            return self._held(value) if hasattr(value, "gen") else value

        return call

    @contextmanager
    def _held(self, held: Any) -> Iterator[Any]:
        with self.on():
            inside = held.__enter__()
        yield inside
        with self.on():
            held.__exit__(None, None, None)


def rows() -> Iterator[dict[str, Any]]:
    for number in range(1, N + 1):
        yield {
            "reference": f"2026/{number}",
            "anoProposta": "2026",
            "numeroProposta": str(number),
            "beneficiario.cpfCnpj": "52998224725",
            "valorFinanciado": Decimal(number) + Decimal("0.50"),
        }


def tell(control: str, what: str, body: object) -> None:
    request = urllib.request.Request(f"{control}/_sim/bndes/{what}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()


@contextmanager
def process(*arguments: str) -> Iterator[Any]:
    """A server in a process of its own; its standard output."""
    server = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout
    finally:
        server.terminate()
        server.wait()


async def bare(url: str, context: ssl.SSLContext, protocols: list[str]) -> float:
    """Seconds that a loop over aiohttp needs for the same requests."""
    import aiohttp

    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=context)) as session:
        waiting = asyncio.Semaphore(UNDER_WAY)

        async def one(protocol: str) -> None:
            async with waiting, session.get(f"{url}/api/v1/financiamento/retorno/{protocol}") as reply:
                assert reply.status == 202
                await reply.read()

        await asyncio.gather(*(one(protocol) for protocol in protocols))
    return time.perf_counter() - began


class Desk:
    """Everything of malote that the pouch needs."""

    def __init__(self, url: str, folder: Path, dsn: str) -> None:
        from malote.archive import Archive
        from malote.clock import SystemClock
        from malote.hours import Pace
        from malote.institution import Access, load
        from malote.journal import Journal
        from malote.trip import Courier, Kit
        from malote.wire import context
        from malote_sim.certificates import PASSWORD

        rules = {"requests": 0, "poll_every": "PT1H", "opening_hours": "", "opening_days": "all"}
        extra = {"cnpj": "33657248000189", "rules": rules}
        secure = url.startswith("https")
        self.url, self.dsn = url, dsn
        self.context = context(
            certificate=str(folder / "client.p12") if secure else None,
            password=PASSWORD if secure else None,
            ca_bundle=str(folder / "ca.pem") if secure else None,
            now=SystemClock().now(),
        )
        self.institution = load("bndes")(Access("bndes", "simulator", url, extra=extra))
        self.journal, self.archive = Journal(dsn), Archive(str(folder / "archive"))
        self.pace = Pace(dsn, "bench", limit=0, window=timedelta(minutes=1))
        self.kit = Kit(self.institution, dsn, self.journal, self.archive, self.pace, SystemClock())
        self.courier = Courier(self.kit)

    def submit(self, driver: Any = None) -> None:
        from malote.submission import Order
        from malote.wire import SyncDriver

        self.courier.prepare(Order("bench", "financiamento"), rows())
        sent = self.courier.send("bench", driver or SyncDriver(self.context))
        assert sent.received == N, sent

    def all_due(self) -> None:
        """Let everything be asked about now."""
        import psycopg

        with psycopg.connect(self.dsn) as c:
            c.execute("update malote.submission set next_at = now(), leased_until = null")

    async def ask(self) -> float:
        """Seconds that one round of a trigger needs."""
        from malote.scope import Scope
        from malote.trip import Asking
        from malote.wire import AsyncDriver

        self.all_due()
        driver = AsyncDriver(self.context)
        began = time.perf_counter()
        rest = await Asking(self.kit).together(Scope.pouch("bench"), driver)
        spent = time.perf_counter() - began
        assert rest.waiting in (0, N)
        await driver.close()
        return spent

    def land(self) -> None:
        from malote.scope import Scope
        from malote.trip import Collecting

        landed = Collecting(self.kit).collect(Scope.pouch("bench"), None)
        assert landed.submissions == N, landed

    def protocols(self) -> list[str]:
        from malote.scope import Scope
        from malote.submission import Standing

        return [str(s.receipt) for s in self.journal.submissions(Scope.pouch("bench"), Standing.RECEIVED)]


def compare(goals: Goals, desk: Desk, server: str, least: float) -> None:
    """Both loops, in turn."""
    protocols = desk.protocols()
    asyncio.run(bare(desk.url, desk.context, protocols))
    asyncio.run(desk.ask())
    before = memory("VmRSS")
    rounds = [(asyncio.run(bare(desk.url, desk.context, protocols)), asyncio.run(desk.ask())) for _ in range(ROUNDS)]
    bare_s, our_s = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(
        json.dumps(
            {
                "bench": "polling", "server": server, "protocols": N, "rounds": ROUNDS,
                "bare_aiohttp_s": round(bare_s, 2), "malote_s": round(our_s, 2),
            }
        ),
        flush=True,
    )  # fmt: skip
    goals.least(f"share of bare polls a second, server {server}", bare_s / our_s, least)
    goals.most("extra memory", memory("VmHWM") - before, 60, "MiB")


class Echo:
    """A driver that answers by itself: what the journal costs is not what a server takes from it on the same cores."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, call: Any, sink: Any = None) -> Any:
        from malote.institution import Reply

        said = "<status>aprovado</status><numeroBNDES>20260001</numeroBNDES>"
        if call.submits:
            self.sent += 1
            said = f"<numeroProtocolo>2026{self.sent:010}</numeroProtocolo>"
        body = f'<?xml version="1.0"?><financiamento_retorno>{said}</financiamento_retorno>'.encode()
        return call.read(Reply(202 if call.submits else 200, {"content-type": "text/xml"}, body))


class Later:
    """The same, for a trigger."""

    def __init__(self, echo: Echo) -> None:
        self._echo = echo

    async def send(self, call: Any, sink: Any = None) -> Any:
        return self._echo.send(call, sink)


def pouch(goals: Goals, desk: Desk) -> None:
    """A pouch by itself: the time inside the journal, and inside of the landing."""
    from malote.journal import Journal
    from malote.journal.intake import Intake
    from malote.scope import Scope
    from malote.trip import Asking, Landing

    watch, echo = Watch(), Echo()
    watch.over(Journal, *(n for n in dir(Journal) if n[0] != "_" and n not in ("connection", "close", "one")))
    watch.over(Intake, "add", "flush")
    desk.submit(echo)
    submitted = watch.seconds
    desk.all_due()
    asking = Asking(desk.kit)
    asyncio.run(asking.together(Scope.pouch("bench"), Later(echo)))
    answered = watch.seconds - submitted
    watch.over(Landing, "land")
    desk.land()
    landed = watch.seconds - submitted - answered
    told = {"submitted": submitted, "answered": answered, "landed": landed, "all": watch.seconds}
    each = {name: round(seconds / N * 1000, 3) for name, seconds in told.items()}
    floor = round(two_commits(desk.dsn), 3)
    print(json.dumps({"bench": "pouch", "journal_ms_each": each, "two_bare_commits_ms": floor}))
    goals.most("journal and landing of a document beside two bare commits", each["all"] / floor, 4)


def two_commits(dsn: str) -> float:
    """Milliseconds of what no journal can leave out for a document: one row committed before it goes, one after."""
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute("create table bare (id integer primary key, receipt text)")
        began = time.perf_counter()
        for number in range(500):
            c.execute("insert into bare values (%s)", (number,))
            c.execute("update bare set receipt = 'x' where id = %s", (number,))
        return (time.perf_counter() - began) * 2


def main() -> None:
    from malote.migrations import upgrade
    from malote_local.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory() as temporary,
        process("-m", "malote_sim", "--bndes-port", "0", "--folder", temporary) as said,
        process("-c", NOTHING) as port,
        EmbeddedPostgres(durable=True) as postgres,
    ):
        url, control = (said.readline().split()[1] for _ in range(2))
        tell(control, "settings", {"hours": "", "result_after": 3600})
        dsn, apart = postgres.create("bench"), postgres.create("apart")
        upgrade(dsn)
        upgrade(apart)
        desk = Desk(f"{url}/apa", Path(temporary), dsn)
        desk.submit()
        goals = Goals()
        compare(goals, desk, "the pretended BNDES, TLS with a client certificate", 0.8)
        bare_server = f"http://127.0.0.1:{port.readline().strip()}/apa"
        compare(goals, Desk(bare_server, Path(temporary), dsn), "none to speak of", 1 / 3)
        pouch(goals, Desk(bare_server, Path(temporary) / "apart", apart))
    sys.exit(goals.end())


if __name__ == "__main__":
    main()

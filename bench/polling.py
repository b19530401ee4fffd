"""5,000 BNDES protocols asked once by one trigger, beside a bare aiohttp loop with the same requests."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

N = int(os.environ.get("MALOTE_BENCH_SUBMISSIONS", "5000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "3"))
UNDER_WAY = 100  # what malote has under way as well

# A server that costs little: it answers every request on a kept connection with the same 202.
SERVER = """
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


def fill(dsn: str, institution: Any) -> None:
    """So many submissions that were received and may be asked about now."""
    from malote.journal import Journal
    from malote.scope import Scope
    from malote.submission import Document, Item, Order, Receipt, Standing, Stored

    with Journal(dsn) as journal:
        order, now = Order("bench", "financiamento"), journal.clock.now()
        journal.open_pouch(order, institution)
        with journal.intake(order, institution) as intake:
            for i in range(N):
                intake.add(Document("financiamento", "d", Stored(f"d/{i}", f"{i:064}", 100), (Item(f"2026/{i}"),)))
        for i, each in enumerate(journal.submissions(Scope.pouch("bench"), Standing.PREPARED)):
            journal.begin_send(each.id, under_way=timedelta(minutes=2))
            receipt = Receipt(f"2026{i:010}")
            journal.received(each.id, receipt, ask_at=now, deadline=now + timedelta(days=1), how="replied")


async def bare(url: str) -> float:
    """Seconds that a loop over aiohttp needs for the same requests."""
    import aiohttp

    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        waiting = asyncio.Semaphore(UNDER_WAY)

        async def one(i: int) -> None:
            async with waiting, session.get(f"{url}/api/v1/financiamento/retorno/2026{i:010}") as reply:
                assert reply.status == 202
                await reply.read()

        await asyncio.gather(*(one(i) for i in range(N)))
    return time.perf_counter() - began


async def ours(dsn: str, institution: Any, folder: str) -> float:
    """Seconds that malote needs, with its journal and its pace."""
    import psycopg

    from malote.archive import Archive
    from malote.asking import Asking
    from malote.journal import Journal
    from malote.pace import Pace
    from malote.scope import Scope
    from malote.wire import AsyncDriver

    with psycopg.connect(dsn) as c:
        c.execute("update malote.submission set next_at = now(), leased_until = null")
    driver = AsyncDriver(None)
    rules = institution.rules
    with Journal(dsn) as journal:
        pace = Pace(dsn, "bench", limit=rules.requests, window=rules.window)
        asking = Asking(institution, journal, Archive(folder), pace)
        began = time.perf_counter()
        rest = await asking.together(Scope.pouch("bench"), driver)
        spent = time.perf_counter() - began
        assert rest.waiting == N
        pace.close()
    await driver.close()
    return spent


def main() -> None:
    from malote.institution import Access, load
    from malote.migrations import upgrade
    from malote_local.postgres import EmbeddedPostgres

    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/apa"
        rules = {"requests": 0, "poll_every": "PT1H"}
        access = Access("bndes", "simulator", url, extra={"cnpj": "33657248000189", "rules": rules})
        institution = load("bndes")(access)
        with EmbeddedPostgres() as postgres, tempfile.TemporaryDirectory() as folder:
            dsn = postgres.create("bench")
            upgrade(dsn)
            fill(dsn, institution)
            asyncio.run(bare(url))
            asyncio.run(ours(dsn, institution, folder))
            before = memory("VmRSS")
            rounds = [(asyncio.run(bare(url)), asyncio.run(ours(dsn, institution, folder))) for _ in range(ROUNDS)]
            bare_s, our_s = (statistics.median(each) for each in zip(*rounds, strict=True))
            print(
                json.dumps(
                    {
                        "bench": "polling", "protocols": N, "rounds": ROUNDS, "bare_aiohttp_s": round(bare_s, 2),
                        "malote_s": round(our_s, 2), "share_of_bare_polls_per_s": round(bare_s / our_s, 3),
                        "goal": ">= 0.8", "extra_memory_mib": round(memory("VmHWM") - before, 1), "memory_goal": "< 60",
                    }
                )
            )  # fmt: skip
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()

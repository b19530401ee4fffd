"""One triggerer process and 5,000 waiting submissions in one pouch: triggers, CPU between polls, CPU while polling."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_SUBMISSIONS", "5000"))
SECONDS = float(os.environ.get("MALOTE_BENCH_SECONDS", "20"))


def connections(dsn: str, url: str, certificates: Path) -> None:
    extra = {
        "environment": "simulator", "codigo_perfil_agente": "1234", "ca_bundle": str(certificates / "ca.pem"),
        "client_certificate": str(certificates / "client.p12"), "client_certificate_password": "malote-sim",
    }  # fmt: skip
    os.environ["AIRFLOW_CONN_MALOTE_WAREHOUSE"] = dsn
    os.environ["AIRFLOW_CONN_CCEE_DEFAULT"] = json.dumps(
        {"conn_type": "ccee", "host": url, "login": "usuario", "password": "senha", "extra": extra}
    )


def fill(dsn: str) -> None:
    """So many submissions that were received and are not to be asked for ten minutes."""
    from malote.institution import Access, load
    from malote.journal import Journal
    from malote.scope import Scope
    from malote.submission import Document, Item, Order, Receipt, Standing, Stored

    ccee = load("ccee")(Access("ccee", "simulator", "https://localhost:1", extra={"codigo_perfil_agente": "1234"}))
    with Journal(dsn) as journal:
        order, now = Order("bench", "contratos"), journal.clock.now()
        journal.open_pouch(order, ccee)
        with journal.intake(order, ccee) as intake:
            for i in range(N):
                intake.add(Document("o", "d", Stored(f"d/{i}", f"{i:064}", 100), (Item(f"R{i}"),)))
        for i, s in enumerate(journal.submissions(Scope.pouch("bench"), Standing.PREPARED)):
            journal.begin_send(s.id, under_way=timedelta(minutes=2))
            later = now + timedelta(minutes=10)
            journal.received(s.id, Receipt(f"{9000000 + i}"), ask_at=later, deadline=later, how="replied")


async def run_for(trigger: Any, seconds: float) -> float:
    """Run the trigger for so long; returns the share of one core that this process used meanwhile."""
    task = asyncio.ensure_future(anext(trigger.run()))
    await asyncio.sleep(5)  # imports, connections, the first look
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return share


def main() -> None:
    import psycopg

    from malote.migrations import upgrade
    from malote_local.postgres import EmbeddedPostgres

    with EmbeddedPostgres() as server, tempfile.TemporaryDirectory() as folder:
        dsn = server.create("bench")
        upgrade(dsn)
        os.environ["AIRFLOW_HOME"] = folder
        os.environ["AIRFLOW__MALOTE__ARCHIVE_URL"] = f"{folder}/archive"
        simulator = subprocess.Popen(
            [sys.executable, "-m", "malote_sim", "--ccee-port", "0", "--folder", f"{folder}/certificates"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert simulator.stdout is not None
            lines = iter(simulator.stdout.readline, "")
            url = next(line.split()[1] for line in lines if line.startswith("ccee "))
            connections(dsn, url, Path(folder) / "certificates")
            fill(dsn)

            from malote_provider.triggers import ReceiptTrigger

            def trigger() -> Any:
                return ReceiptTrigger(institution="ccee", conn_id="ccee_default", service="contratos", pouch="bench")

            idle = asyncio.run(run_for(trigger(), SECONDS))
            with psycopg.connect(dsn) as c:
                c.execute("update malote.submission set next_at = now(), deadline = now() + interval '1 day'")
            busy = asyncio.run(run_for(trigger(), SECONDS))
            with psycopg.connect(dsn) as c:
                asked = c.execute("select sum(asked) from malote.submission").fetchone()
            print(
                json.dumps(
                    {
                        "bench": "trigger", "waiting": N, "triggers": 1, "worker_slots": 0,
                        "core_between_polls": round(idle, 4),
                        "core_while_polling_at_600_a_minute": round(busy, 3), "asked": int(asked[0]) if asked else 0,
                    }
                )
            )  # fmt: skip
            goals = Goals()
            goals.most("share of a core between polls", idle, 0.05)
        finally:
            simulator.terminate()
            simulator.wait()
    sys.exit(goals.end())


if __name__ == "__main__":
    main()

"""An export beside a plain COPY to a file: one lot of 27,000 transactions, and the memory of ten such lots, in one run.

Every case runs in a process of its own, round by round, on the same PostgreSQL; the best counts. The floor is what a
script would do: `copy (select …) to stdout (format csv)` into a file, which is flushed; no types, manifest or mark.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_ITEMS", "27000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "5"))
LARGE = 10
SUBMISSION = """
    insert into malote.submission (id, pouch, institution, environment, account, service, operation, standing, name,
        document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at, landed_at)
    values (%s, 'p', 'cielo', 'simulator', '1006993069', 'autorizacao', '02', 'landed', 'f', 'd', %s, 1, false, %s,
        now(), now(), %s)
"""
ROWS = """
    insert into cielo.transacao (submission_id, ordem, reference, operacao, numero_lote, tid, numero_pedido, valor,
        moeda, pedido_data_hora, bandeira, produto, parcelas, status, situacao, autorizacao_codigo,
        autorizacao_mensagem, autorizacao_data_hora, autorizacao_valor, lr, lr_significado, permite_retentativa, arp,
        nsu, eci, landed_at)
    select %s, i, 'P' || i, '02', 86, '1006993069' || lpad(i::text, 10, '0'), 'P' || i, i %% 9999, '986',
        '2026-11-22T10:00:00.123-03:00', 'visa', '1', 1 + i %% 12, '4', 'Autorizada', '4', 'Transação autorizada',
        '2026-11-22T23:10:01.203-03:00', i %% 9999, '00', 'Transação autorizada com sucesso', false,
        lpad(i::text, 6, '0'), lpad(i::text, 6, '0'), '7', %s
    from generate_series(1, %s) as i
"""


def fill(dsn: str) -> None:
    """One lot on one day and ten on the next, as they stand after landing."""
    from malote.migrations import upgrade

    upgrade(dsn)
    with psycopg.connect(dsn) as c:
        c.execute("insert into malote.pouch values ('p', 'cielo', 'simulator', '1', 'autorizacao', '{}', now())")
        for n in range(LARGE + 1):
            at = "2026-11-22T12:00Z" if n == 0 else "2026-11-23T12:00Z"
            c.execute(SUBMISSION, (f"cielo-{n}", f"x{n}", N, at))
            c.execute(ROWS, (f"cielo-{n}", at, N))
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute("vacuum analyze cielo.transacao, malote.submission")
        c.execute("checkpoint")


def copy(dsn: str, to: str, lots: int) -> None:
    """The floor: the rows of the lots, as they come, into a file."""
    ids = [f"cielo-{n}" for n in (range(1) if lots == 1 else range(1, LARGE + 1))]
    with psycopg.connect(dsn) as c, open(f"{to}/rows.csv", "wb") as file:
        query = "copy (select * from cielo.transacao where submission_id = any ({})) to stdout (format csv)"
        with c.cursor().copy(psycopg.sql.SQL(query).format(psycopg.sql.Literal(ids))) as rows:
            for row in rows:
                file.write(row)
        os.fsync(file.fileno())


def mark(dsn: str, to: str, lots: int) -> None:
    """So that exactly so many lots are new for that folder."""
    from malote.export import Folder

    with psycopg.connect(dsn, autocommit=True) as c:
        new = "update malote.submission set change = case when (id = 'cielo-0') = %s then 2 else 1 end"
        c.execute(new, (lots == 1,))
        c.execute("insert into malote.export values (%s, 1, null, null, now())", (Folder(to).name,))


def export(dsn: str, to: str, lots: int) -> None:
    """The same lots by an export, as of its mark."""
    from malote.export import Folder, export
    from malote.journal import Journal

    with Journal(dsn) as journal:
        done = export(journal, Folder(to))
    assert (done.files, done.rows) == (lots, lots * N), done


def child() -> None:
    _, case, dsn, to, lots = sys.argv
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401 (what a worker has imported long ago is not measured)

    from malote import INSTITUTIONS
    from malote.institution import load

    for name in INSTITUTIONS:
        load(name)
    mark(dsn, to, int(lots))
    begun, busy = time.perf_counter(), time.process_time()
    {"copy": copy, "export": export}[case](dsn, to, int(lots))
    took, busy = time.perf_counter() - begun, time.process_time() - busy
    print(json.dumps({"seconds": took, "busy": busy, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(case: str, dsn: str, lots: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as to:
        run = subprocess.run(
            [sys.executable, __file__, case, dsn, to, str(lots)], check=True, stdout=subprocess.PIPE, text=True
        )
        found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
        found["bytes"] = sum(path.stat().st_size for path in Path(to).rglob("*") if path.is_file())
    return found


def main() -> int:
    from malote_local.postgres import EmbeddedPostgres

    goals = Goals()
    with EmbeddedPostgres() as server:
        fill(dsn := server.create("bench"))
        one = {case: [measured(case, dsn, 1) for _ in range(ROUNDS)] for case in ("copy", "export")}
        ten = {case: [measured(case, dsn, LARGE) for _ in range(2)] for case in ("copy", "export")}

    def best(runs: list[dict[str, float]], what: str) -> float:
        return min(run[what] for run in runs)

    goals.most(f"export of {N} rows", best(one["export"], "seconds"), 1.0, "s")
    goals.most("of which its own processor time", best(one["export"], "busy"), 0.5, "s")
    goals.most("beside a plain COPY to a file", best(one["export"], "seconds") / best(one["copy"], "seconds"), 3.0)
    goals.most(f"the same of {LARGE} lots", best(ten["export"], "seconds") / best(ten["copy"], "seconds"), 3.0)
    goals.most("bytes beside the CSV's", best(one["export"], "bytes") / best(one["copy"], "bytes"), 0.5)
    goals.most(
        f"memory of {LARGE} lots beside that of one", best(ten["export"], "mib") / best(one["export"], "mib"), 1.1
    )
    return goals.end()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child()
    else:
        sys.exit(main())

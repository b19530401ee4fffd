"""Landing beside its floor and its peers: 100,000 rows of 20 typed columns, half of them there already, in one run.

Every case runs in a process of its own, one after the other, round by round, on the same PostgreSQL (fsync on). The
floor is a bare COPY into a temporary table and one INSERT … ON CONFLICT; it keeps no account of items.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import psycopg
from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_ROWS", "100000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "3"))
COLUMNS = {
    "tid": "text", "pedido": "text", "valor": "numeric", "moeda": "integer", "data_hora": "timestamptz",
    "bandeira": "text", "produto": "text", "parcelas": "integer", "status": "integer", "autorizado": "boolean",
    "lr": "text", "arp": "text", "nsu": "text", "valor_autorizado": "numeric", "capturado_em": "timestamptz",
    "mensagem": "text", "codigo": "text",
}  # fmt: skip
KEY = ("submission_id", "ordem")
NAMES = (*KEY, "reference", *COLUMNS)
TARGET = "bench.transacao"


def data(version: int = 1) -> list[tuple[str, ...]]:
    """The institution's columns, raw; another version changes two of them."""
    return [
        (f"1006993069{i:010}", f"P{i:012}", f"{i % 9999}.{i % 100:02}", "986", "2026-11-22T10:00:00.123-03:00", "visa",
         "1", str(1 + i % 12), str(4 + 2 * version % 3), "true", "00", f"{i % 999999:06}", f"{i % 999999:06}",
         f"{i % 9999}.00", f"2026-11-22T1{version}:00:00-03:00", "Transação autorizada", "4")
        for i in range(N)
    ]  # fmt: skip


def keyed(version: int = 1) -> Iterator[tuple[Any, ...]]:
    for i, row in enumerate(data(version), 1):
        yield "cielo-1", i, row[1], *row


def reset(dsn: str) -> None:
    """The items of one submission, and the first half of the rows in an older version."""
    with psycopg.connect(dsn) as c:
        c.execute("set session_replication_role = replica")  # the story refuses to be emptied
        c.execute("truncate malote.pouch, malote.submission, malote.item_row, malote.load cascade")
        c.execute("set session_replication_role = origin")
        c.execute("drop schema if exists bench cascade; create schema bench")
        typed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        c.execute(
            f"""create table {TARGET} (submission_id text not null, ordem integer not null, reference text, {typed},
                landed_at timestamptz not null, primary key (submission_id, ordem))"""
        )
        c.execute("insert into malote.pouch values ('p','cielo','simulator','1','lote','{}',now())")
        c.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at,
               answer, answer_sha256, answer_size)
               values ('cielo-1', 'p', 'cielo', 'simulator', '1', 'lote', '02', 'answered', 'f', 'd', 'x', 1, false, %s,
               now(), now(), 'a', 'x', 1)""",
            (N,),
        )
        with c.cursor().copy("copy malote.item_row (submission, ordinal, scope, reference) from stdin") as copy:
            for i, row in enumerate(data(), 1):
                copy.write_row(("cielo-1", i, "s", row[1]))
        with c.cursor().copy(f"copy {TARGET} ({', '.join(NAMES)}, landed_at) from stdin") as copy:
            for row in list(keyed(0))[: N // 2]:
                copy.write_row((*row, "2026-11-01T00:00:00Z"))
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute(f"vacuum analyze malote.item_row, {TARGET}")
        c.execute("checkpoint")


def floor(dsn: str, rows: list[Any]) -> int:
    names = ", ".join(NAMES)
    sets = ", ".join(f"{name} = excluded.{name}" for name in (*NAMES[2:], "landed_at"))
    with psycopg.connect(dsn) as c:
        c.execute(f"create temp table s on commit drop as select {names} from {TARGET} with no data")
        with c.cursor().copy(f"copy s ({names}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        return c.execute(
            f"""insert into {TARGET} ({names}, landed_at) select {names}, now() from s
                on conflict (submission_id, ordem) do update set {sets}"""
        ).rowcount


def malote(dsn: str, rows: list[Any]) -> int:
    from malote.institution import Table
    from malote.rules import Rules
    from malote.submission import Standing, Stored, Submission
    from malote.trip import Landing

    class Stub:  # its answers are already in memory: what is measured is landing, not parsing
        name, tables, rules = "cielo", {"lote": Table(TARGET, tuple(COLUMNS))}, Rules()

        def read(self, submission: Any, answer: Any) -> Iterator[Any]:
            return iter(rows)

        def tags(self, *_: Any) -> None:
            return None

        unmentioned = tags

    class Nothing:  # in place of the archive
        def open(self, stored: Stored) -> io.BytesIO:
            return io.BytesIO()

    stored = Stored("a", "x", 1)
    submission = Submission(
        "cielo-1", "p", "cielo", "simulator", "1", "lote", "02", Standing.ANSWERED, "f", stored, N, {}, answer=stored
    )
    return Landing(dsn, Nothing()).land(Stub(), [submission]).changed  # type: ignore[arg-type]


def merge_alone(dsn: str, rows: list[Any]) -> int:
    """The COPY and the pre-filtered merge without the account of items that the promise needs."""
    from malote.institution import Table
    from malote.trip import staging as landing

    table = Table(TARGET, tuple(COLUMNS))
    with psycopg.connect(dsn) as c:
        landing.stage(c, table)
        with c.cursor().copy(landing.copy_into_staging(table)) as copy:
            for row in rows:
                copy.write_row(row)
        return landing.merge(c, table, datetime.now(timezone.utc))


def insert_rows(dsn: str, rows: list[Any]) -> int:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    os.environ["AIRFLOW_CONN_BENCH"] = dsn
    now = datetime.now(timezone.utc)
    PostgresHook(postgres_conn_id="bench").insert_rows(
        TARGET, ((*row, now) for row in rows), target_fields=[*NAMES, "landed_at"], replace=True,
        replace_index=list(KEY), commit_every=1000,
    )  # fmt: skip
    return N


def dlt(dsn: str, rows: list[Any]) -> int:
    import dlt

    resource = dlt.resource(
        (dict(zip(NAMES, row, strict=True)) for row in rows), name="transacao", write_disposition="merge",
        primary_key=list(KEY),
    )  # fmt: skip
    dlt.pipeline(
        "bench", destination=dlt.destinations.postgres(dsn), dataset_name="bench_dlt", progress=None,
        pipelines_dir=tempfile.mkdtemp(),
    ).run(resource)  # fmt: skip
    return N


CASES = {
    "floor": floor, "floor again": floor, "merge alone": merge_alone, "malote": malote, "malote again": malote,
    "insert_rows": insert_rows, "dlt": dlt,
}  # fmt: skip


def one(name: str, dsn: str) -> None:
    work, rows = CASES[name], list(keyed())
    if name.startswith("malote"):
        rows = [(*row[3:], row[2], "accepted", "4", None) for row in rows]  # as an institution's `read` gives them
    if name == "insert_rows":
        pass
    elif name == "dlt":
        import dlt  # noqa: F401 (imports are nobody's fault)
    else:
        import malote.trip.landing  # noqa: F401
    begun = time.perf_counter()
    changed = work(dsn, rows)
    print(json.dumps({"seconds": time.perf_counter() - begun, "changed": changed}))


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] in CASES:
        one(sys.argv[1], sys.argv[2])
        return
    from malote.migrations import upgrade
    from malote_local.postgres import EmbeddedPostgres

    seconds: dict[str, list[float]] = {}
    changed: dict[str, int] = {}
    with EmbeddedPostgres(durable=True) as server, tempfile.TemporaryDirectory() as home:
        dsn = server.create("bench")
        upgrade(dsn)
        for _ in range(ROUNDS):
            for name in CASES:
                if not name.endswith("again"):
                    reset(dsn)
                done = subprocess.run(
                    [sys.executable, __file__, name, dsn], check=True, capture_output=True, text=True,
                    env={**os.environ, "AIRFLOW_HOME": home, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"},
                )  # fmt: skip
                result = json.loads(done.stdout.splitlines()[-1])
                seconds.setdefault(name, []).append(result["seconds"])
                changed[name] = result["changed"]
    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(json.dumps({"bench": "landing", "rows": N, "seconds": {k: round(v, 2) for k, v in median.items()}}))
    goals = Goals()
    for over, goal in (("floor", 1.3), ("insert_rows", 0.333), ("dlt", 0.125)):
        goals.most(f"landing/{over}", median["malote"] / median[over], goal)
    print(json.dumps({"merge alone/floor": round(median["merge alone"] / median["floor"], 3)}))
    goals.most("again/floor again", median["malote again"] / median["floor again"], 0.6)
    goals.most("rows changed by landing again", changed["malote again"], 0)
    sys.exit(goals.end())


if __name__ == "__main__":
    main()

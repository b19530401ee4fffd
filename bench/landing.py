"""Landing beside its floor and its peers: 100,000 rows, the same rows, the same server, in one run."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import psycopg

from malote.archive import Archive
from malote.institution import AnswerRow, Table
from malote.landing import Landing
from malote.migrations import upgrade
from malote.submission import Standing, Stored, Submission
from malote_local.postgres import EmbeddedPostgres

N = int(os.environ.get("MALOTE_BENCH_ROWS", "100000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "3"))
COLUMNS = (
    "codigo_processamento", "status", "descricao", "codigo_origem", "codigo_contrato", "comprador_codigo",
    "vendedor_codigo",
)  # fmt: skip
TABLE = Table("ccee.resultado_processamento", COLUMNS)
LONG = "Consumidores especiais somente podem comprar energia oriunda de fonte especial (Incentivada Especial)."
DATA = [("5453222", "SUCESSO", LONG, f"REF-{i:08}", str(1922021 + i), "64983", "66242") for i in range(N)]
KEYED = [("ccee-1", i, row[3], *row) for i, row in enumerate(DATA, 1)]


class Stub:
    """An institution whose answers are already in memory: what is measured is landing, not parsing."""

    name, tables = "ccee", {"contratos": TABLE}

    def read(self, submission: Submission, answer: Any) -> Iterator[AnswerRow]:
        for row in DATA:
            yield (*row, row[3], "accepted", "SUCESSO", None)


def submission(stored: Stored) -> Submission:
    return Submission(
        "ccee-1", "p", "ccee", "simulator", "1", "contratos", "o", Standing.ANSWERED, "f", stored, N, {}, answer=stored
    )


def reset(dsn: str, stored: Stored) -> None:
    with psycopg.connect(dsn) as c:
        c.execute("truncate malote.pouch, malote.submission, malote.item_row, malote.load cascade")
        c.execute("truncate ccee.resultado_processamento")
        c.execute("insert into malote.pouch values ('p','ccee','simulator','1','contratos','{}',now())")
        c.execute(
            """insert into malote.submission (id, number, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at,
               answer, answer_sha256, answer_size) overriding system value
               values ('ccee-1', 1, 'p', 'ccee', 'simulator', '1', 'contratos', 'o', 'answered', 'f', %s, 'x', 1, false,
               %s, now(), now(), %s, 'x', 1)""",
            (stored.name, N, stored.name),
        )
        with c.cursor().copy("copy malote.item_row (submission, ordinal, scope, reference, echo) from stdin") as copy:
            for i, row in enumerate(DATA, 1):
                copy.write_row(("ccee-1", i, "s", row[3], row[3]))
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute("vacuum analyze malote.item_row")
        c.execute("checkpoint")


def floor(dsn: str) -> None:
    """A bare COPY into a temporary table and one INSERT … ON CONFLICT DO UPDATE."""
    names = ", ".join(("submission_id", "ordem", "reference", *COLUMNS))
    sets = ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS, "reference", "landed_at"))
    with psycopg.connect(dsn) as c:
        c.execute("create temp table s on commit drop as select * from ccee.resultado_processamento with no data")
        with c.cursor().copy(f"copy s ({names}) from stdin") as copy:
            for row in KEYED:
                copy.write_row(row)
        c.execute(
            f"""insert into ccee.resultado_processamento ({names}, landed_at) select {names}, now() from s
                on conflict (submission_id, ordem) do update set {sets}"""
        )


def airflow(dsn: str) -> None:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    hook = PostgresHook(postgres_conn_id="bench")
    now = datetime.now(timezone.utc)
    hook.insert_rows(
        "ccee.resultado_processamento", [(*row, now) for row in KEYED],
        target_fields=["submission_id", "ordem", "reference", *COLUMNS, "landed_at"],
        replace=True, replace_index=["submission_id", "ordem"], commit_every=1000,
    )  # fmt: skip


def dlt_merge(dsn: str) -> None:
    import dlt

    names = ("submission_id", "ordem", "reference", *COLUMNS)
    resource = dlt.resource(
        (dict(zip(names, row, strict=True)) for row in KEYED), name="resultado", write_disposition="merge",
        primary_key=["submission_id", "ordem"],
    )  # fmt: skip
    pipeline = dlt.pipeline(
        f"bench{time.monotonic_ns()}", destination=dlt.destinations.postgres(dsn),
        dataset_name=f"dlt{time.monotonic_ns()}",
        pipelines_dir=tempfile.mkdtemp(), progress=None,
    )  # fmt: skip
    pipeline.run(resource)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    value = work()
    return time.perf_counter() - begun, value


def main() -> None:
    peers = "--no-peers" not in sys.argv
    with EmbeddedPostgres() as server, tempfile.TemporaryDirectory() as folder:
        dsn = server.create("bench")
        upgrade(dsn)
        os.environ["AIRFLOW_CONN_BENCH"] = dsn
        archive = Archive(folder)
        with archive.write("answers", "a") as sheet:
            sheet.write(b"x")
        landing = Landing(dsn, archive)
        times: dict[str, list[float]] = {}
        changed = 0
        for _ in range(ROUNDS):
            for name, work in (
                ("floor", lambda: floor(dsn)),
                ("malote", lambda: landing.land(Stub(), [submission(sheet.stored)])),  # type: ignore[arg-type]
                *(
                    (("airflow insert_rows", lambda: airflow(dsn)), ("dlt merge", lambda: dlt_merge(dsn)))
                    if peers
                    else ()
                ),
            ):
                reset(dsn, sheet.stored)
                times.setdefault(name, []).append(timed(work)[0])
                if name == "malote":
                    again, load = timed(lambda: landing.land(Stub(), [submission(sheet.stored)]))  # type: ignore[arg-type]
                    times.setdefault("malote again", []).append(again)
                    changed += load.changed
        median = {name: statistics.median(values) for name, values in times.items()}
        ours = median["malote"]
        print(json.dumps({"bench": "landing", "rows": N, "seconds": {k: round(v, 3) for k, v in median.items()}}))
        print(json.dumps({"landing/floor": round(ours / median["floor"], 2), "goal": "<= 1.3"}))
        print(
            json.dumps({"again/first": round(median["malote again"] / ours, 2), "goal": "<= 0.6", "changed": changed})
        )
        if peers:
            print(
                json.dumps({"landing/insert_rows": round(ours / median["airflow insert_rows"], 3), "goal": "<= 0.333"})
            )
            print(json.dumps({"landing/dlt": round(ours / median["dlt merge"], 3), "goal": "<= 0.125"}))


if __name__ == "__main__":
    main()

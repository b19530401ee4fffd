"""What years of data cost: a warehouse filled twice, the second ten times the first; each figure beside its goal.

SIZE=1/100, 1/10 or 1/1 of three years (10,000,000 items of Cielo in 400 lots, 500,000 contracts, 385,000 documents of
BNDES). What may not grow is told as the ratio of the two sizes in one run; below a millisecond it is told as 1, because
the clock is no finer there. Warm: each question is asked once before it is measured, then three times, the best counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import psycopg
from adding import add_bndes, add_cielo, compare, prepare
from filling import CNPJ, EC, fill
from goals import Goals
from psycopg.rows import dict_row
from questions import QUESTIONS, Daily

from malote import place
from malote.commands import status
from malote.journal import Journal
from malote.migrations import upgrade
from malote.scope import Scope
from malote.submission import OPEN, Standing
from malote.trip import Outgoing
from malote_local.postgres import EmbeddedPostgres

SIZE = Fraction(os.environ.get("SIZE", "1/100"))
LONGEST = 120
TRAVELLED = 1_000_000
OUTGOING = ("cielo__autorizacao_tid", "cielo__autorizacao", "cielo__cancelamento", "cielo__captura",
            "bndes__contratacao", "bndes__liberacao")  # fmt: skip
GREW, SAME = 1.3, 1.2
"""What an outgoing selection, and what the journal, may cost more with ten times the history."""


class Years:
    """One filled warehouse and what is measured in it, in milliseconds by name; what takes too long is endless."""

    def __init__(self, dsn: str, size: Fraction, folder: str) -> None:
        self.dsn, self.folder = dsn, folder
        begun = time.perf_counter()
        upgrade(dsn)
        self.filled = fill(dsn, size)
        self.filled["seconds"] = round(time.perf_counter() - begun)
        self.ms: dict[str, float] = {}
        self.unlike: list[str] = []
        self._connection: psycopg.Connection[Any] | None = None

    def ask(self, name: str, work: Callable[[], Any], times: int = 3) -> None:
        try:
            took = []
            for _ in range(times + (times > 1)):
                begun = time.perf_counter()
                work()
                took.append(time.perf_counter() - begun)
                if sum(took) > 20:
                    break
            self.ms[name] = min(took) * 1000
        except (psycopg.errors.QueryCanceled, TimeoutError):
            self.ms[name] = float("inf")

    def sql(self, query: str, values: Any = None) -> int:
        if self._connection is None:
            self._connection = psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row)
            self._connection.execute(f"set statement_timeout = '{LONGEST}s'")
        done = self._connection.execute(query, values)
        return len(done.fetchall()) if done.description else done.rowcount

    def measure(self) -> None:
        """Everything but what is written; then what is."""
        for name in OUTGOING:
            query = place.sql("outgoing", f"{name}.sql").read_text(encoding="utf-8")
            self.ask(f"outgoing {name}", lambda query=query: list(Outgoing(self.dsn, query)))  # type: ignore[misc]
        for question in QUESTIONS:
            self.ask(question.name, lambda asked=question: self.sql(asked.query, asked.values))  # type: ignore[misc]
        self._journal()
        self.ask("migrate, nothing to do", lambda: upgrade(self.dsn))
        self._added()
        self._travelled()

    def _journal(self) -> None:
        cielo = Scope.service("cielo", "simulator", EC, "autorizacao")
        bndes = Scope.service("bndes", "simulator", CNPJ, "financiamento")
        held = [f"F{i:012}" for i in range(1, 5001)]
        with Journal(self.dsn) as journal:
            about = {
                "holding, 5,000 references": lambda: journal.holders(
                    f"cielo/simulator/{EC}/autorizacao/02", held, pouch="p", refused_too=False),
                "land: answered": lambda: journal.submissions(bndes, Standing.ANSWERED),
                "land: open": lambda: journal.tally(bndes, *OPEN),
                "land: unexplained": lambda: journal.unexplained(bndes, limit=100),
                "land: unanswered": lambda: journal.unanswered(cielo),
                "land: fetch": lambda: journal.to_fetch(bndes),
                "land: waiting": lambda: journal.waiting(bndes),
                "status": lambda: status(journal, argparse.Namespace()),
            }  # fmt: skip
            for name, work in about.items():
                self.ask(name, work)

    def _added(self) -> None:
        """The code adds to what was filled in, and what it writes is compared with that."""
        took = [add_cielo(self.dsn, self.folder, 0)]
        for name, query in Daily(self.folder).statements():
            self.ask(f"relatorio_diario {name}", lambda query=query: self.sql(query), times=1)  # type: ignore[misc]
        self.ms["relatorio_diario, all of it"] = sum(v for k, v in self.ms.items() if k.startswith("relatorio_diario "))
        took += [add_cielo(self.dsn, self.folder, n) for n in (1, 2)]
        self.ms["landing a lot of 25,000"] = min(each["landed"] for each in took) * 1000
        self.ms["taking in a lot of 25,000"] = min(each["taken in"] for each in took) * 1000
        add_bndes(self.dsn, self.folder)
        self.unlike = compare(self.dsn)
        self.ms["preparing 100 new rows"] = min(prepare(self.dsn, self.folder, n) for n in range(4)) * 1000

    def _travelled(self) -> None:
        """An outgoing table that nobody empties."""
        with psycopg.connect(self.dsn, autocommit=True) as c:
            done = c.execute(
                """insert into outgoing.cielo_autorizacao (numero_pedido, valor, token, bandeira)
                   select i.reference, 100, 'TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=', 'visa'
                   from malote.item_row i where i.reference like 'F%%' and i.outcome is null limit %s""",
                (TRAVELLED,),
            )
            self.filled["travelled"] = done.rowcount
            c.execute("vacuum analyze outgoing.cielo_autorizacao")
        self.ms["preparing beside all that travelled"] = prepare(self.dsn, self.folder) * 1000

    def sizes(self) -> dict[str, str]:
        with psycopg.connect(self.dsn) as c:
            rows = c.execute(
                """select indexrelid::regclass::text, pg_size_pretty(pg_relation_size(indexrelid))
                   from pg_index where pg_relation_size(indexrelid) > 100000
                     and indrelid::regclass::text ~ '^(malote|cielo|bndes|ccee)[.]'
                   union all
                   select oid::regclass::text, pg_size_pretty(pg_table_size(oid)) from pg_class
                   where relkind = 'r' and pg_table_size(oid) > 1000000
                     and oid::regclass::text ~ '^(malote|cielo|bndes|ccee)[.]' order by 1"""
            ).fetchall()
        return dict(rows)


def verdict(small: Years, large: Years) -> int:
    """Each figure beside its goal."""
    goals, ms = Goals(), large.ms

    def grows(name: str, goal: float) -> None:
        ratio = ms[name] / max(small.ms[name], 1) if ms[name] > 1 else 1.0
        goals.most(f"{name}, times the tenth", ratio, goal)

    for name in (f"outgoing {each}" for each in OUTGOING):
        goals.most(name, ms[name], 100, "ms")
        grows(name, GREW)
    grows("preparing 100 new rows", GREW)
    grows("holding, 5,000 references", GREW)
    travelled = large.filled["travelled"]
    goals.most(f"preparing beside {travelled:,} that travelled", ms["preparing beside all that travelled"],
               max(100, 1000 * travelled / TRAVELLED), "ms")  # fmt: skip
    for question in QUESTIONS:
        most = question.each * large.filled["proposals"] / 1000 if question.each else question.most
        goals.most(question.name, ms[question.name], most, "ms")
    goals.most("relatorio_diario, all of it, after a new lot", ms["relatorio_diario, all of it"], 2000, "ms")
    for name in [each for each in ms if each.startswith(("land", "status", "taking"))]:
        grows(name, SAME)
    goals.most("migrate, nothing to do", ms["migrate, nothing to do"], 1000, "ms")
    goals.most("columns that the filler fills otherwise than the code", len(large.unlike), 0)
    return goals.end()


def main() -> None:
    with server() as postgres, tempfile.TemporaryDirectory() as folder:
        both = []
        for name, size in (("tenth", SIZE / 10), ("whole", SIZE)):
            years = Years(postgres.create(name), size, folder)
            print(json.dumps({"bench": "years", "size": str(size), **years.filled}), flush=True)
            years.measure()
            print(json.dumps({"size": str(size), "ms": {k: round(v, 2) for k, v in years.ms.items()}}), flush=True)
            both.append(years)
        small, large = both
        print(json.dumps({"tables and indexes": large.sizes()}), flush=True)
        if large.unlike:
            print(json.dumps({"unlike": large.unlike}), flush=True)
        sys.exit(verdict(small, large))


def server() -> EmbeddedPostgres:
    """With buffers as a warehouse has them: the shipped settings are made for laptops. All else is as it comes."""
    made = EmbeddedPostgres(durable=True)
    made._settings.update(shared_buffers="1GB", max_wal_size="8GB", work_mem="32MB", effective_cache_size="8GB")
    return made


if __name__ == "__main__":
    main()

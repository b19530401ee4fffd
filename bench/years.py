"""What years of data cost: a warehouse filled twice, the second ten times the first; each figure beside its goal.

SIZE=1/100, 1/10 or 1/1 of three years (10,000,000 items of Cielo in 400 lots, 500,000 contracts, 385,000 documents of
BNDES). What may not grow is told as the ratio of the two sizes, asked in turn: what else the machine does meanwhile,
both suffer. Below a millisecond it is told as 1, because the clock is no finer there. Warm: each question is asked once
before it is measured, then three times, a quick one up to ten times; the best counts. At the end eight workers for
MINUTES (1), see together.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import zip_longest
from typing import Any

import psycopg
import together
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
TRAVELLED, SAME_TRAVELLED = 1_000_000, int(650_000 * SIZE)
MINUTES = float(os.environ.get("MINUTES") or 1)
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
            took: list[float] = []
            while len(took) < times + (times > 1) or (times > 1 and len(took) < 11 and sum(took) < 0.5):
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

    def measure(self) -> Iterator[None]:
        """Everything but what is written; then what is. Stops after each question, for the other size's turn."""
        for name in OUTGOING:
            query = place.sql("outgoing", f"{name}.sql").read_text(encoding="utf-8")
            self.ask(f"outgoing {name}", lambda query=query: list(Outgoing(self.dsn, query)))  # type: ignore[misc]
            yield
        for question in QUESTIONS:
            self.ask(question.name, lambda asked=question: self.sql(asked.query, asked.values))  # type: ignore[misc]
            yield
        yield from self._journal()
        self.ask("migrate, nothing to do", lambda: upgrade(self.dsn))
        yield from self._added()
        yield from self._travelled()

    def _journal(self) -> Iterator[None]:
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
                yield

    def _added(self) -> Iterator[None]:
        """The code adds to what was filled in, and what it writes is compared with that."""
        took = [add_cielo(self.dsn, self.folder, 0)]
        yield
        for name, query in Daily(self.folder).statements():
            self.ask(f"relatorio_diario {name}", lambda query=query: self.sql(query), times=1)  # type: ignore[misc]
        self.ms["relatorio_diario, all of it"] = sum(v for k, v in self.ms.items() if k.startswith("relatorio_diario "))
        for n in (1, 2):
            yield
            took.append(add_cielo(self.dsn, self.folder, n))
        self.ms["landing a lot of 25,000"] = min(each["landed"] for each in took) * 1000
        self.ms["taking in a lot of 25,000"] = min(each["taken in"] for each in took) * 1000
        add_bndes(self.dsn, self.folder)
        self.unlike = compare(self.dsn)
        prepared = []
        for n in range(4):
            yield
            prepared.append(prepare(self.dsn, self.folder, n))
        self.ms["preparing 100 new rows"] = min(prepared) * 1000

    def _travelled(self) -> Iterator[None]:
        """An outgoing table that nobody empties: as many rows in both sizes, then all there are; 100 are new."""
        for name, most in (("as many that travelled", SAME_TRAVELLED), ("all that travelled", TRAVELLED)):
            with psycopg.connect(self.dsn, autocommit=True) as c:
                c.execute(
                    """insert into outgoing.cielo_autorizacao (numero_pedido, valor, token, bandeira)
                       select i.reference, 100, 'TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=', 'visa'
                       from malote.item_row i where i.reference like 'F%%' and i.outcome is null limit %s
                       on conflict do nothing""",
                    (most,),
                )
                c.execute(
                    """insert into outgoing.cielo_autorizacao (numero_pedido, valor, token, bandeira)
                       select %s || i, 100, 'TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=', 'visa'
                       from generate_series(1, 100) as i on conflict do nothing""",
                    ("Z" if most == SAME_TRAVELLED else "Y",),
                )
                c.execute("vacuum analyze outgoing.cielo_autorizacao")
                row = c.execute("select count(*) from outgoing.cielo_autorizacao").fetchone()
            self.filled["travelled"] = row[0] if row else 0
            self.ms[f"preparing beside {name}"] = prepare(self.dsn, self.folder) * 1000
            yield

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


def verdict(small: Years, large: Years, found: together.Found) -> int:
    """Each figure beside its goal; then, as the pages show them: what, both sizes, growth, goal."""
    goals, ms, told = Goals(), large.ms, []

    def row(name: str, most: float | None = None, growth: float | None = None) -> None:
        ratio, before, said = ms[name] / max(small.ms[name], 1) if ms[name] > 1 else 1.0, len(goals.all), []
        if most is not None:
            goals.most(name, ms[name], most, "ms")
            said.append(f"{most:,.0f} ms")
        if growth is not None:
            goals.grows(name, ratio, growth)
            said.append(f"{growth:g} x")
        good = all(fine for _, fine in goals.all[before:])
        told.append(f"| {name} | {small.ms[name]:,.1f} ms | {ms[name]:,.1f} ms | {ratio:.2f} x | {' · '.join(said)} "
                    f"| {'ok' if good else 'miss'} |")  # fmt: skip

    for name in OUTGOING:
        row(f"outgoing {name}", 100, GREW)
    row("preparing 100 new rows", growth=GREW)
    row("holding, 5,000 references", growth=GREW)
    row("preparing beside as many that travelled", growth=GREW)
    row("preparing beside all that travelled", max(100, 1000 * large.filled["travelled"] / TRAVELLED))
    for question in QUESTIONS:
        row(question.name, question.each * large.filled["proposals"] / 1000 if question.each else question.most)
    row("relatorio_diario, all of it", 2000)
    for name in [each for each in ms if each.startswith(("land", "status", "taking"))]:
        row(name, growth=SAME)
    row("migrate, nothing to do", 1000)
    goals.most("columns that the filler fills otherwise than the code", len(large.unlike), 0)
    best = max(found.rates[each] for each in together.FEWER)
    goals.least("eight workers at once, of the best rate of fewer", found.rates[together.ALL] / best, 0.8)
    goals.most(f"deadlocks in {MINUTES:g} min of them and as long of fewer", found.deadlocks, 0)
    goals.most("times that a window of the shared pace held too many meanwhile", found.violations, 0)
    print(f"| what | {SIZE / 10} | {SIZE} | growth | goal | |\n|---|---|---|---|---|---|", *told, sep="\n", flush=True)
    return goals.end()


def main() -> None:
    with server() as postgres, tempfile.TemporaryDirectory() as folder:
        both = []
        for name, size in (("tenth", SIZE / 10), ("whole", SIZE)):
            years = Years(postgres.create(name), size, folder)
            print(json.dumps({"bench": "years", "size": str(size), **years.filled}), flush=True)
            both.append(years)
        small, large = both
        for _ in zip_longest(small.measure(), large.measure()):
            pass
        for years in both:
            told = {name: round(ms, 2) for name, ms in years.ms.items()}
            print(json.dumps({"travelled": years.filled["travelled"], "ms": told}), flush=True)
        print(json.dumps({"tables and indexes": large.sizes()}), flush=True)
        if large.unlike:
            print(json.dumps({"unlike": large.unlike}), flush=True)
        found = together.measure(large.dsn, folder, MINUTES)
        print(json.dumps({"items a second by workers": found.rates, "of the shared pace": round(found.used, 3)}))
        sys.exit(verdict(small, large, found))


def server() -> EmbeddedPostgres:
    """With buffers as a warehouse has them: the shipped settings are made for laptops. All else is as it comes."""
    made = EmbeddedPostgres(durable=True)
    made._settings.update(shared_buffers="1GB", max_wal_size="8GB", work_mem="32MB", effective_cache_size="8GB")
    return made


if __name__ == "__main__":
    main()

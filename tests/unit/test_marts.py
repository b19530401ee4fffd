"""The report views say what they said when they were slow: row for row, over random journals and answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from malote import place
from malote_local.postgres import EmbeddedPostgres
from support.reused import Reused

BEFORE = Path(__file__).parents[1] / "data" / "marts_before"
VIEWS = {  # as it is now: as it was
    "report.cielo_transacoes": "cielo_transacoes",
    "report.ccee_contratos": "ccee_contratos",
    "report.bndes_esteira": "bndes_esteira",
    "report.cielo_aprovacao_por_dia": "cielo_aprovacao_por_dia",
    "report.submissoes_abertas": "submissoes_abertas",
    "bndes.aprovado": "aprovado",
}
STANDINGS = ("prepared", "sending", "received", "answered", "landed", "landed", "landed", "refused", "in_doubt",
             "overdue", "withdrawn")  # fmt: skip
OUTCOMES = (None, None, None, "refused", "refused_for_good", "unanswered", "accepted")
NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


class Journal:
    """Random submissions of the three, their items and the rows of their answers, surplus and missing ones included."""

    def __init__(self, dsn: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.live: set[tuple[str, str]] = set()

    def fill(self, submissions: int) -> None:
        kinds = [("cielo", "autorizacao", "02"), ("cielo", "autorizacao_tid", "08"), ("cielo", "captura", "04"),
                 ("ccee", "contratos", "R"), *(("bndes", each, each) for each in (
                     "financiamento", "contratacao", "liberacao", "cancelamento"))]  # fmt: skip
        with self.connection.transaction():
            for number in range(1, submissions + 1):
                self._submission(number, *self.random.choice(kinds))

    def _maybe(self, value: Any, chance: float = 0.7) -> Any:
        return value if self.random.random() < chance else None

    def _submission(self, number: int, institution: str, service: str, operation: str) -> None:
        pick, id = self.random.choice, f"{institution}-{number}"
        environment, account = pick(["teste", "producao"]), pick(["1", "2"])
        standing, at = pick(STANDINGS), NOON + timedelta(hours=self.random.randrange(200))
        items = 1 if institution == "bndes" else self.random.randrange(1, 6)
        facts = {"numero_lote": number} if institution == "cielo" else {}
        if institution == "bndes" and self.random.random() < 0.7:
            facts["numeroBNDES"] = pick("ABC")
        self.connection.execute(
            "insert into malote.pouch values (%s, %s, %s, %s, %s, '{}', %s)",
            (id, institution, environment, account, service, at),
        )
        self.connection.execute(
            """insert into malote.submission (id, number, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, facts, receipt,
                   prepared_at, sent_at, moved_at, landed_at, message)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'n', 'd', %s, 1, false, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (id, number, id, institution, environment, account, service, operation, standing, id, items, Jsonb(facts),
             self._maybe(f"R{number}"), at, self._maybe(at, 0.9), at, at if standing == "landed" else None,
             self._maybe("said", 0.3)),
        )  # fmt: skip
        if standing == "landed" and self.random.random() < 0.8:
            self.connection.execute(
                """insert into malote.load values (%s, %s, 't', 'x', 1, 0, 0, 0, 0, 0, %s)""",
                (id, at, self._maybe("words")),
            )
        scope = f"{institution}/{environment}/{account}/{service}/{operation}"
        references = [
            reference for ordinal in range(1, items + 1)
            if (reference := self._item(id, ordinal, scope, institution)) is not None
        ]  # fmt: skip
        for ordem in range(1, self.random.randrange(1, 2 * items + 2)):
            self._row(institution, id, ordem, service, operation, pick([*references, *references, None, "surplus"]), at)

    def _item(self, id: str, ordinal: int, scope: str, institution: str) -> str | None:
        reference = f"2026/{self.random.randrange(6)}" if institution == "bndes" else f"P{self.random.randrange(15)}"
        outcome = self.random.choice(OUTCOMES)
        if outcome != "refused":
            if (scope, reference) in self.live:
                outcome = "refused"
            else:
                self.live.add((scope, reference))
        with self.connection.transaction():
            self.connection.execute(
                """insert into malote.item_row select %s, %s, %s, %s, null, %s, %s, %s where not exists (
                       select 1 from malote.item_row where submission = %s and reference = %s)""",
                (id, ordinal, scope, reference, outcome, self._maybe("7"), self._maybe("why"), id, reference),
            )
        return reference

    def _row(
        self, institution: str, id: str, ordem: int, service: str, operation: str, reference: str | None, at: datetime
    ) -> None:
        pick, maybe = self.random.choice, self._maybe
        at += timedelta(hours=self.random.randrange(48))
        if institution == "cielo":
            table, row = "cielo.transacao", {
                "operacao": operation, "tid": maybe(pick("TUV")), "numero_pedido": maybe(pick("XYZ")),
                "status": maybe(pick("4569")), "situacao": maybe(pick(["erro", "sem_retorno", "Autorizada"]), 0.9),
                "permite_retentativa": pick([None, True, False]), "bandeira": maybe(pick(["visa", "elo"])),
                "valor": maybe(self.random.randrange(9999)), "autorizacao_valor": maybe(self.random.randrange(9999)),
            }  # fmt: skip
        elif institution == "ccee":
            table, row = "ccee.resultado_processamento", {
                "status": pick(["SUCESSO", "ERRO", None]), "descricao": maybe("d"),
                "codigo_contrato": maybe(str(ordem)),
            }  # fmt: skip
        else:
            table, row = "bndes.resultado", {
                "servico": service, "status": "s", "situacao": pick(["aprovado", "rejeitado", "desconhecido"]),
                # of one submission and one proposal only one: which of two counted was anybody's guess before
                "ano_proposta": "2026", "numero_proposta": str((int(id.split("-")[1]) + ordem) % 6),
                "numero_bndes": maybe(pick("ABC")), "mensagem": maybe("m", 0.4),
                "data_prevista_liberacao": maybe(at.date()),
            }  # fmt: skip
            if self.random.random() < 0.3:
                self.connection.execute(
                    "insert into bndes.critica (submission_id, ordem, mensagem, landed_at) values (%s, %s, %s, %s)",
                    (id, ordem, maybe("crítica"), at),
                )
        row |= {"submission_id": id, "ordem": ordem, "reference": reference, "landed_at": at}
        names = ", ".join(row)
        self.connection.execute(
            f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", tuple(row.values())
        )


@pytest.mark.parametrize("seed", range(12))
def test_every_view_says_what_it_said_before(warehouse: str, seed: int) -> None:
    journal = Journal(warehouse, seed)
    journal.fill(120)
    connection = journal.connection
    connection.execute("create schema before")
    for now, name in VIEWS.items():
        connection.execute((BEFORE / f"{name}.sql").read_text(encoding="utf-8"))
        was, isnow = (
            sorted(map(repr, connection.execute(f"select * from {view}").fetchall()))
            for view in (f"before.{name}", now)
        )
        assert isnow == was, now
        assert was, f"nothing to compare in {now}"
    connection.close()


def test_no_view_puts_its_rows_in_an_order(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select schemaname || '.' || viewname, definition from pg_catalog.pg_views
               where schemaname in ('report', 'malote', 'bndes', 'cielo', 'ccee')"""
        ).fetchall()
    ordered = [
        name for name, definition in rows
        if any(line.startswith("  ORDER BY") for line in definition.splitlines())
    ]  # fmt: skip
    assert rows
    assert ordered == []


LOTS, LOT = 30, 1000


def years(connection: psycopg.Connection[Any]) -> None:
    """Lots of Cielo in order, the documents of BNDES after them, all landed long ago but one."""
    connection.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
    values = {"lots": LOTS, "lot": LOT}
    connection.execute(
        """insert into malote.submission (number, id, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, facts, prepared_at,
               sent_at, moved_at, landed_at)
           select n, k.name || '-' || n, 'p', k.name, 'producao', '1', k.service, k.operation, 'landed', 'n', 'd',
               n::text, 1, false, 1, jsonb_build_object('numero_lote', n), now(), now() - make_interval(days => n),
               now(), now()
           from generate_series(1, 3 * %(lots)s + 2000) as n
           cross join lateral (select case when n <= %(lots)s then 'cielo' else 'bndes' end as name,
               case when n <= %(lots)s then 'autorizacao' else 'financiamento' end as service,
               case when n <= %(lots)s then '02' else 'financiamento' end as operation) as k""",
        values,
    )
    connection.execute(
        """insert into malote.item_row (submission, ordinal, scope, reference)
           select s.id, i, s.institution || '/producao/1/' || s.service || '/' || s.operation,
               case when s.institution = 'cielo' then 'P' || s.number * 1000 + i else '2026/' || s.number end
           from malote.submission as s
           cross join lateral generate_series(1, case when s.institution = 'cielo' then %(lot)s else 1 end) as i
           order by s.number, i""",
        values,
    )
    connection.execute(
        """insert into cielo.transacao (submission_id, ordem, reference, operacao, situacao, landed_at)
           select i.submission, i.ordinal, i.reference, '02', 'x', now() from malote.item_row as i
           where i.submission like 'cielo-%'"""
    )
    connection.execute("insert into malote.load select id, now(), 't', 'x', 1, 1, 0, 0, 0, 0 from malote.submission")
    connection.execute(
        "insert into malote.event (submission, at, what) select id, now(), 'landed' from malote.submission"
    )
    connection.execute("update report.conferencia set desde = (select max(id) - 1 from malote.event)")
    connection.execute("vacuum analyze")


@pytest.fixture(scope="module")
def full(postgres: EmbeddedPostgres, migrated: Reused) -> Iterator[str]:
    """A warehouse of its own, filled once: nothing writes there."""
    held = Reused(postgres, "full_marts", "migrated")
    warehouse = held.take()
    # Only of what is on the disk can vacuum tell that a page is all visible, and an index answer alone.
    with psycopg.connect(warehouse, autocommit=True, options="-c synchronous_commit=on") as connection:
        years(connection)
    yield warehouse
    held.drop()


REACHED = [  # a filter, and the index that it must reach, or one of two that hold the same rows
    ("report.cielo_transacoes where referencia = 'P1'", "item_travelling"),
    ("report.cielo_transacoes where tid = 'T'", "transacao_of_tid"),
    ("report.cielo_transacoes where numero_pedido = 'X'", "transacao_of_order"),
    ("report.cielo_transacoes where numero_lote = '7'", "submission_of_lot"),
    ("report.cielo_transacoes where submission_id = 'cielo-1'", "item_row_pkey"),
    ("report.cielo_transacoes where enviada_em >= '2026-03-02' and enviada_em < '2026-03-03'", "submission_"),
    ("report.cielo_aprovacao_por_dia", "submission_of_authorisations"),
    ("report.ccee_contratos where referencia = 'P1'", "item_travelling"),
    ("report.bndes_esteira where ano_proposta = '2026' and numero_proposta = '1'", "item_of_financiamento"),
    ("report.submissoes_abertas", "submission_unsettled or submission_on_desk"),
    ("report.retidas", "item_travelling"),
    ("malote.item where scope = 's' and reference = 'P1'", "item_travelling"),
    ("malote.item where reference = 'P1'", "item_travelling"),
]


@pytest.mark.parametrize(("question", "index"), REACHED)
def test_a_filter_reaches_an_index_and_scans_no_history(full: str, question: str, index: str) -> None:
    with psycopg.connect(full) as connection:
        connection.execute("set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off")
        plan = "\n".join(row[0] for row in connection.execute(f"explain select * from {question}"))
    assert any(each in plan for each in index.split(" or "))


def test_a_submission_that_is_asked_for_is_looked_for_in_its_own_table_alone(full: str) -> None:
    """Where it is looked for among the items too, a late lot's first hundred rows are found by reading all before."""
    with psycopg.connect(full) as connection:
        asked = f"explain select * from report.cielo_transacoes where submission_id = 'cielo-{LOTS - 1}' limit 100"
        found = [row[0] for row in connection.execute(asked) if f"'cielo-{LOTS - 1}'" in row[0]]
    assert [line.strip() for line in found] == [f"Index Cond: (id = 'cielo-{LOTS - 1}'::text)"]


FEW = [  # a question about a hundred things, or about one
    "select * from report.cielo_transacoes where numero_lote = '7' limit 100",
    f"select * from report.cielo_transacoes where submission_id = 'cielo-{LOTS - 1}' limit 100",
    "select * from report.cielo_transacoes where enviada_em > now() - interval '36 hours' limit 100",
    """with o as (select 'P' || i * 101 as numero from generate_series(1, 100) as i)
       select * from o inner join report.cielo_transacoes as r on r.referencia = o.numero where r.operacao = '02'""",
    "select * from report.bndes_esteira limit 100",
    "select * from report.bndes_esteira where ano_proposta = '2026' and numero_proposta = '7'",
    "select * from report.cargas_novas",
]


def read(plan: dict[str, Any]) -> float:
    """Rows that a plan looks at where it reads tables."""
    mine = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Relation Name" in plan else 0
    return float(mine * plan["Actual Loops"]) + sum(map(read, plan.get("Plans", ())))


def test_a_question_about_few_reads_few_rows_however_full_the_warehouse_is(full: str) -> None:
    with psycopg.connect(full, autocommit=True) as connection:
        looked_at = {}
        for question in FEW:
            row = connection.execute(f"explain (analyze, format json) {question}").fetchone()
            assert row is not None
            looked_at[question] = read(row[0][0]["Plan"])
    assert {question: n for question, n in looked_at.items() if n > LOT} == {}


FIRST = [  # the first hundred, whatever is filtered; about a hundred references, by what has no statistics
    "select * from report.cielo_transacoes where numero_lote = '7' limit 100",
    "select * from report.cielo_transacoes where enviada_em > now() - interval '36 hours' limit 100",
    f"select * from report.cielo_transacoes where submission_id = 'cielo-{LOTS - 1}' limit 100",
    "select * from report.cielo_transacoes where operacao = '02' and ec = '1' limit 100",
    "select * from report.cielo_transacoes limit 100",
    """with o as (select 'P' || i * 101 + 1000 as numero from generate_series(1, 100) as i)
       select * from o inner join report.cielo_transacoes as r on r.referencia = o.numero
       where r.operacao_nome = 'Autorização' and r.arquivo like '%n%'""",
]


@pytest.mark.parametrize("question", FIRST)
def test_a_question_about_few_reads_few_when_the_server_takes_the_warehouse_for_a_thousand_times_as_large(
    full: str, question: str
) -> None:
    rows, pages = {}, {}
    for times in (10, 100, 1000):
        with psycopg.connect(full) as connection:
            connection.execute("set min_parallel_table_scan_size = 0")  # as if its tables had the pages, too
            connection.execute(
                """update pg_catalog.pg_class set reltuples = reltuples * %s
                   where relnamespace in ('malote'::regnamespace, 'cielo'::regnamespace) and relkind in ('r', 'i')""",
                (times,),
            )
            row = connection.execute(f"explain (analyze, buffers, format json) {question}").fetchone()
            connection.rollback()
        assert row is not None
        plan = row[0][0]["Plan"]
        assert plan["Actual Rows"] == 100
        rows[times], pages[times] = read(plan), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert max(rows.values()) <= LOT, rows
    assert max(pages.values()) < 2 * LOT, pages


@pytest.mark.parametrize("proposals", [100, 1000])
def test_each_of_all_proposals_costs_the_same_few_rows(warehouse: str, proposals: int) -> None:
    """Nothing is known of how many have a number: where many were expected, all items were read for each proposal."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        connection.execute(
            """insert into malote.submission (number, id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, facts, prepared_at,
                   moved_at, landed_at)
               select 10 * p + k.n, 'bndes-' || 10 * p + k.n, 'p', 'bndes', 'producao', '1', k.service, k.service,
                   'landed', 'n', 'd', 10 * p + k.n, 1, false, 1, case when k.n = 0 then '{}'
                       else jsonb_build_object('numeroBNDES', p::text) end, now(), now(), now()
               from generate_series(1, %s) as p
               cross join (values (0, 'financiamento'), (1, 'contratacao'), (2, 'liberacao'), (3, 'liberacao'))
                   as k (n, service)""",
            (proposals,),
        )
        connection.execute(
            """insert into malote.item_row (submission, ordinal, scope, reference)
               select s.id, 1, 'bndes/producao/1/' || s.service || '/' || s.service,
                   '2026/' || s.number / 10 || case when s.service = 'liberacao' then '-' || s.number else '' end
               from malote.submission as s"""
        )
        connection.execute(
            """insert into bndes.resultado (submission_id, ordem, reference, servico, situacao, numero_bndes, landed_at)
               select i.submission, 1, i.reference, s.service, 'aprovado', s.number / 10, now()
               from malote.item_row as i inner join malote.submission as s on i.submission = s.id"""
        )
        connection.execute("vacuum analyze")
        row = connection.execute(
            "explain (analyze, format json) select count(*), max(etapa), max(quando) from report.bndes_esteira"
        ).fetchone()
    assert row is not None
    assert read(row[0][0]["Plan"]) <= 27 * proposals


def test_a_retired_reference_is_hashed_once(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("insert into malote.register_new select i, i, 'accepted' from generate_series(1, 50) as i")
        connection.execute("insert into malote.register select i, 'a', '{1}', '{1}' from generate_series(1, 50) as i")
        connection.execute(
            """create sequence malote.hashed;
               create or replace function malote.key_of(scope text, reference text) returns bigint
               language sql volatile as 'select nextval(''malote.hashed'')'"""
        )
        connection.execute("select r.* from generate_series(1, 3) as n cross join malote.retired('s', n::text) as r")
        assert connection.execute("select last_value from malote.hashed").fetchone() == (3,)


KEPT = ("cielo_aprovacao_solta", "cielo_aprovacao")


def keep(connection: psycopg.Connection[Any]) -> None:
    for name in KEPT:
        connection.execute(place.sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(6))
def test_counts_of_authorisations_that_are_kept_are_those_that_would_be_counted(warehouse: str, seed: int) -> None:
    journal = Journal(warehouse, seed)
    journal.fill(150)
    connection = journal.connection
    connection.execute("create schema before")
    connection.execute((BEFORE / "cielo_aprovacao_por_dia.sql").read_text(encoding="utf-8"))

    def told(view: str) -> list[str]:
        return sorted(map(repr, connection.execute(f"select * from {view}").fetchall()))

    def happens(what: str) -> None:
        """Every move writes an event, in its own transaction; that is what lets go of what was kept."""
        connection.execute(
            """with moved as (update malote.item_row set outcome = 'unanswered'
                   where starts_with(submission, 'cielo-') and outcome is null returning submission)
               insert into malote.event (submission, at, what) select distinct submission, now(), %s from moved""",
            (what,),
        )

    connection.execute(
        "insert into malote.event (submission, at, what) select id, now(), 'prepared' from malote.submission"
    )
    for what in ("nothing", "kept", "moved", "kept again"):
        if what.startswith("kept"):
            keep(connection)
            keep(connection)
        if what == "moved":
            happens("a person: settle")
        assert told("report.cielo_aprovacao_por_dia") == told("before.cielo_aprovacao_por_dia"), what
    row = connection.execute("select count(distinct submission_id) from report.cielo_aprovacao_mantida").fetchone()
    assert row is not None
    assert row[0] > 3
    connection.close()


def test_what_is_younger_than_an_hour_is_checked_again(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        connection.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at)
               values ('x-1', 'p', 'x', 'x', 'x', 'x', 'x', 'landed', 'n', 'd', 'd', 1, false, 1, now(), now())"""
        )
        connection.execute("insert into malote.load values ('x-1', now(), 'x.y', 'x', 1, 1, 0, 0, 0, 0)")
        for hours in (3, 2, 0):
            connection.execute(
                """insert into malote.event (submission, at, what)
                   values ('x-1', now() - make_interval(hours => %s), 'landed')""",
                (hours,),
            )
        new = "select tabela, submission_id from report.cargas_novas"
        assert connection.execute(new).fetchall() == [("x.y", "x-1")]
        for name in ("conferencia_comeca", "conferencia_termina"):
            connection.execute(place.sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))
        assert connection.execute("select desde, ate from report.conferencia").fetchall() == [(2, 2)]
        assert connection.execute(new).fetchall() == [("x.y", "x-1")]

"""What the report views read: few rows for a question about few, however full the warehouse is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from malote_local.postgres import EmbeddedPostgres
from support.reused import Reused

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
    ("report.cielo_transacoes where numero_lote = '7'", "submission_of_lot_number"),
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

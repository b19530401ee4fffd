"""Selecting beside what travelled costs what the outgoing table holds, not what ever travelled: rows of items read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote import place
from malote.trip.selecting import session
from malote_local.postgres import EmbeddedPostgres
from support.reused import Reused

HISTORY, FEW, MANY, NEW = 20_000, 50, 5_000, 10
"""Items of each scope that travelled long ago and are in no outgoing table; rows that travelled; rows that did not."""

FLUSHED = "-c synchronous_commit=on"
"""Else vacuum cannot tell that a page is all visible, and an index does not answer alone."""

SCOPES = ("a/way", "here", "z/way")
PAGE, YOURS = Path(__file__).parents[2] / "docs" / "airflow.md", "yours"

FILES = {  # outgoing SQL: the columns that a row needs, and their values in the row number i
    "bndes__cancelamento": (
        "bndes_cancelamento (referencia, ano_proposta, numero_proposta)",
        "'X' || i, '2026', i % 99",
    ),
    "bndes__contratacao": ("bndes_contratacao (ano_proposta, numero_proposta)", "'2026', i"),
    "bndes__financiamento": (
        "bndes_financiamento (ano_proposta, numero_proposta, beneficiario_cpf_cnpj, valor_financiado)",
        "'2026', i, 'x', 1",
    ),
    "bndes__liberacao": (
        "bndes_liberacao (referencia, ano_proposta, numero_proposta, valor)", "'X' || i, '2026', i % 99, 1",
    ),
    "bndes__outros": ("bndes_solicitacao (servico, referencia)", "'{servico}', 'X' || i"),
    "ccee__contratos": (
        "ccee_contratos (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)",
        "'X' || i, now(), now(), '1', '2', 1",
    ),
    "cielo__autorizacao": ("cielo_autorizacao (numero_pedido, valor, bandeira)", "'X' || i, 1, 'visa'"),
    "cielo__autorizacao_tid": ("cielo_autorizacao_tid (tid)", "'X' || i"),
    "cielo__cancelamento": ("cielo_cancelamento (referencia, tid)", "'X' || i, 'T' || i"),
    "cielo__captura": ("cielo_captura (tid)", "'X' || i"),
    "cielo__consulta": ("cielo_consulta (referencia, tid)", "'X' || i, 'T' || i"),
    "cielo__consulta_chsec": ("cielo_consulta_chsec (referencia, numero_pedido)", "'X' || i, 'P' || i"),
    "cielo__tokenizacao": ("cielo_tokenizacao (referencia, cartao_selado)", "'X' || i, 'x'"),
    "reinf__outros": ("reinf_outros (servico, referencia)", "'{servico}', 'X' || i"),
    "reinf__r1000": ("reinf_r1000 (ini_valid)", "i"),
    "reinf__r4010": (
        "reinf_r4010 (referencia, per_apur, nr_insc_estab, beneficiario, nat_rend, dt_fg, vlr_rend_bruto)",
        "'X' || i, '2026-01', '1', 'b' || i, '1', now(), 1",
    ),
    "reinf__r4020": (
        "reinf_r4020 (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto)",
        "'X' || i, '2026-01', '1', 'b' || i, '1', now(), 1",
    ),
    "reinf__r4099": ("reinf_r4099 (per_apur, vez)", "'2026-01', i"),
    "reinf__r9000": ("reinf_r9000 (nr_rec_evt, tp_evento, per_apur)", "'X' || i, 'R-4010', '2026-01'"),
    YOURS: ("yours (reference)", "'X' || i"),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(postgres: EmbeddedPostgres, migrated: Reused) -> Iterator[str]:
    """Years of other items, before, behind and between those that a selection is about; every proposal approved."""
    held = Reused(postgres, "outgoing_reads", "migrated")
    warehouse = held.take()
    with psycopg.connect(warehouse, autocommit=True, options=FLUSHED) as c:
        c.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        c.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at)
               select id, 'p', 'bndes', 'x', 'x', 'x', 'x', 'landed', 'n', 'd', id, 1, false, 1, now(), now()
               from (select 'x-' || i as id from generate_series(0, 50) as i union all select 'here') as x"""
        )
        c.execute(
            """insert into bndes.resultado (submission_id, ordem, servico, status, situacao, ano_proposta,
                   numero_proposta, numero_bndes, landed_at)
               select 'x-0', 2 * i + (s = 'contratacao')::integer, s, 'aprovado', 'aprovado', '2026', i, i, now()
               from generate_series(1, %s) as i cross join unnest(array['financiamento', 'contratacao']) as s""",
            (MANY + NEW,),
        )
        c.execute(
            """insert into malote.item_row (submission, ordinal, scope, reference)
               select 'x-' || i / 1000, row_number() over (), scope, 'X' || i || 'h'
               from generate_series(1, %s) as i cross join unnest(%s::text[]) as scope""",
            (HISTORY, list(SCOPES)),
        )
        c.execute("create table outgoing.yours (reference text primary key); grant select on outgoing.yours to public")
        c.execute("vacuum analyze")  # as autovacuum has done in years; on a slow machine it also comes in time here
    yield warehouse
    held.drop()


def of_items(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """How the items are read: the kind of scan, and how many rows."""
    if plan.get("Relation Name") == "item_row":
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield plan["Node Type"], rows * plan["Actual Loops"]
    for each in plan.get("Plans", ()):
        yield from of_items(each)


def text_of(name: str) -> str:
    """The SQL of a file, or of a user who added the documented line to his own."""
    if name != YOURS:
        return place.sql("outgoing", f"{name}.sql").read_text(encoding="utf-8")
    line = re.search(r"^where not exists .*malote\.travelling.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert line
    return f"select your_row.reference from outgoing.yours as your_row {line[0]}"


@pytest.mark.parametrize("name", FILES)
def test_a_selection_reads_no_more_items_than_it_has_rows_however_much_travelled(filled: str, name: str) -> None:
    into, values = FILES[name]
    table, query = f"outgoing.{into.split()[0]}", text_of(name)
    unordered = re.sub(r"\n *order by [^()]*$", "", query)
    read = {}
    for travelled in (FEW, MANY):
        with psycopg.connect(filled, autocommit=True, options=FLUSHED) as c:
            c.execute(f"truncate {table}; delete from malote.item_row where submission = 'here'")
            c.execute(f"insert into outgoing.{into} select {values} from generate_series(1, {travelled}) as i")
            c.execute(
                f"""insert into malote.item_row (submission, ordinal, scope, reference)
                    select 'here', row_number() over (), 'here', q.reference from ({unordered}) as q"""
            )
            new = f"generate_series({travelled} + 1, {travelled + NEW}) as i"
            c.execute(f"insert into outgoing.{into} select {values} from {new}")
            c.execute(f"vacuum analyze malote.item_row, {table}")
        with session(filled) as (connection, _):
            connection.execute("select set_config('malote.scope', 'here', true)")
            row = connection.execute(f"explain (analyze, format json) declare x cursor for {query}").fetchone()
        assert row is not None
        plan = row["QUERY PLAN"][0]["Plan"]
        assert plan["Actual Rows"] == NEW
        scans = list(of_items(plan))
        assert [kind for kind, rows in scans if rows and kind != "Index Only Scan"] == []
        read[travelled] = sum(rows for _, rows in scans)
    assert read[FEW] <= 2 * (FEW + NEW)
    assert read[MANY] <= HISTORY + MANY + NEW


@pytest.mark.parametrize(("times", "read"), [(1, HISTORY), (4, MANY)])
def test_rows_are_looked_up_where_they_are_few_beside_what_the_server_takes_for_history(
    filled: str, times: int, read: int
) -> None:
    with psycopg.connect(filled, autocommit=True, options=FLUSHED) as c:
        c.execute("truncate outgoing.yours; delete from malote.item_row where submission = 'here'")
        c.execute("insert into outgoing.yours select 'X' || i || 'h' from generate_series(1, %s) as i", (MANY,))
        c.execute("vacuum analyze malote.item_row, outgoing.yours")
        c.execute("update pg_catalog.pg_class set reltuples = reltuples * %s where relname ~ '^item_'", (times,))
    with session(filled) as (connection, _):
        connection.execute("select set_config('malote.scope', 'here', true)")
        row = connection.execute(f"explain (analyze, format json) declare x cursor for {text_of(YOURS)}").fetchone()
    assert row is not None
    assert list(of_items(row["QUERY PLAN"][0]["Plan"])) == [("Index Only Scan", read)]

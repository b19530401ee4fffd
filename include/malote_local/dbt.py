"""Writes dbt/models/sources.yml from a freshly made warehouse: its comments, and the tests that its keys vouch for."""

from __future__ import annotations

from copy import deepcopy
from itertools import groupby
from typing import Any

import psycopg
import yaml

from malote import INSTITUTIONS
from malote.institutions.cielo.rules import OPERATIONS
from malote.migrations import comments, upgrade
from malote_local.postgres import EmbeddedPostgres
from malote_local.stage import ROOT

SOURCES = ROOT / "dbt" / "models" / "sources.yml"
BEGINNING = (
    "# Made from the database by `make dbt-sources`: what is said here is said in include/sql/comentarios.txt.\n"
)
FRESH = {"warn_after": {"count": 3, "period": "day"}}
"""Of landed tables: a weekend without an answer is usual, a week is not. Your own project may say otherwise."""

VALUES = {  # columns whose values are ours: a table keeps no other, whatever an institution says
    ("cielo.transacao", "operacao"): sorted(each.code for each in OPERATIONS.values()),
    ("report.submissoes_abertas", "situacao"): [
        "preparado", "enviando", "aguardando", "respondido", "atrasado", "em_duvida", "gravado"
    ],
}  # fmt: skip
_KEYS = """
    select i.indrelid::regclass::text,
           array_agg(a.attname::text order by array_position(i.indkey::int[], a.attnum::int))
    from pg_index as i inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indisprimary group by i.indexrelid, i.indrelid
"""
_FILLED = """
    select attrelid::regclass::text, attname from pg_attribute
    where attnum > 0 and attnotnull and not attisdropped and attrelid >= 16384
"""


def page(connection: psycopg.Connection[Any]) -> str:
    """The file, from a migrated warehouse: the schemas of the institutions, and the reports."""
    keys = dict(connection.execute(_KEYS).fetchall())
    filled, said = set(connection.execute(_FILLED).fetchall()), comments.words()
    tables: dict[str, list[dict[str, Any]]] = {schema: [] for schema in (*INSTITUTIONS, "report")}
    for relation, columns in groupby(comments.there(connection), key=lambda each: each.relation):
        schema, _, name = relation.partition(".")
        if schema in tables and (relation, "") in said:
            tables[schema].append(_table(name, list(columns), keys.get(relation, []), filled))
    sources = [{"name": schema, "schema": schema, "tables": each} for schema, each in tables.items()]
    return BEGINNING + yaml.safe_dump(
        {"version": 2, "sources": sources}, allow_unicode=True, sort_keys=False, width=120
    )


def _table(name: str, named: list[comments.Named], key: list[str], filled: set[tuple[str, str]]) -> dict[str, Any]:
    first, *columns = named
    found: dict[str, Any] = {"name": name, "description": first.comment}
    if first.kind == "r" and any(each.name == "landed_at" for each in columns):
        found["config"] = {"loaded_at_field": "landed_at", "freshness": deepcopy(FRESH)}
    if len(key) > 1:
        found["data_tests"] = [{"unique_together": {"arguments": {"columns": key}}}]
    found["columns"] = [_column(each, key, filled) for each in columns]
    return found


def _column(column: comments.Named, key: list[str], filled: set[tuple[str, str]]) -> dict[str, Any]:
    tests: list[Any] = ["unique"] if key == [column.name] else []
    if (column.relation, column.name) in filled:
        tests.append("not_null")
    if values := VALUES.get((column.relation, column.name)):
        tests.append({"accepted_values": {"arguments": {"values": values}}})
    found: dict[str, Any] = {"name": column.name, "description": column.comment, "data_type": column.type}
    return {**found, "data_tests": tests} if tests else found


def write() -> None:
    """Make a warehouse, and the file from it."""
    with EmbeddedPostgres() as postgres:
        dsn = postgres.create("dbt")
        upgrade(dsn)
        with psycopg.connect(dsn) as connection:
            SOURCES.write_text(page(connection), encoding="utf-8")

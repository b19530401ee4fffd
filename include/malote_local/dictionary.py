"""Writes docs/dicionario.md, the data dictionary, from the comments of a freshly made warehouse."""

from __future__ import annotations

from itertools import groupby

import psycopg

from malote.migrations import comments, upgrade
from malote_local.postgres import EmbeddedPostgres
from malote_local.stage import ROOT

PAGE = ROOT / "docs" / "dicionario.md"
BEGINNING = r"""# Dicionário de dados

Feito a partir do banco por `make dictionary`; os textos são de `include/sql/comentarios.txt`, e `malote migrate` os
grava como comentários: `\d+` no psql os mostra, e as ferramentas de BI também. Entre colchetes, a fonte. Leia
relatórios do esquema `report`, com o papel `malote_reader`. Instantes são `timestamptz`, dinheiro é `numeric`,
códigos são texto.
"""


def page(connection: psycopg.Connection[object]) -> str:
    """The page, from the comments of a migrated warehouse; tables that somebody made beside ours are left out."""
    parts, said = [BEGINNING], comments.words()
    for relation, columns in groupby(comments.there(connection), key=lambda each: each.relation):
        if (relation, "") not in said:
            continue
        first, *rest = columns
        parts.append(f"## {relation}\n\n{first.comment}\n\n| coluna | tipo | |\n|---|---|---|")
        parts[-1] += "".join(f"\n| `{each.name}` | {each.type} | {each.comment} |" for each in rest)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write() -> None:
    """Make a warehouse, and the page from it."""
    with EmbeddedPostgres() as postgres:
        dsn = postgres.create("dictionary")
        upgrade(dsn)
        with psycopg.connect(dsn) as connection:
            PAGE.write_text(page(connection), encoding="utf-8")

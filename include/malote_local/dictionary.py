"""Writes docs/dicionario.md, the data dictionary, from the comments of a freshly made warehouse."""

from __future__ import annotations

from itertools import groupby

import psycopg

from malote import INSTITUTIONS
from malote.migrations import comments, upgrade
from malote_local.postgres import EmbeddedPostgres
from malote_local.stage import ROOT

PAGE = ROOT / "docs" / "dicionario.md"
BEGINNING = r"""# Dicionário de dados

Feito a partir do banco por `make dictionary`; os textos são de `include/sql/comentarios.txt`, e `malote migrate` os
grava como comentários: `\d+` no psql os mostra, e as ferramentas de BI também. Entre colchetes, a fonte. Leia
relatórios do esquema `report`, com o papel `malote_reader`. Instantes são `timestamptz`, dinheiro é `numeric`,
códigos são texto. Colunas e valores dos relatórios são em português; só `submission_id`, a chave que os une ao resto,
se chama em toda parte assim.
"""
SECTIONS = {
    "report": "Relatórios",
    **{name: f"O que respondeu: {name}" for name in INSTITUTIONS},
    "outgoing": "O que enviar",
    "malote": "Interno: o diário, e o que o malote guarda para si",
}
"""In the order in which somebody looks: schema to heading; what says of itself that it is internal is in the last."""
INTERNAL = ", interna: "


def page(connection: psycopg.Connection[object]) -> str:
    """The page, from the comments of a migrated warehouse; tables that somebody made beside ours are left out."""
    parts: dict[str, list[str]] = {schema: [f"## {heading}"] for schema, heading in SECTIONS.items()}
    said = comments.words()
    for relation, columns in groupby(comments.there(connection), key=lambda each: each.relation):
        if (relation, "") not in said:
            continue
        first, *rest = columns
        part = f"### {relation}\n\n{first.comment}\n\n| coluna | tipo | |\n|---|---|---|"
        part += "".join(f"\n| `{each.name}` | {each.type} | {each.comment} |" for each in rest)
        parts["malote" if INTERNAL in first.comment else relation.partition(".")[0]].append(part)
    return "\n\n".join([BEGINNING.strip(), *(each for some in parts.values() for each in some)]) + "\n"


def write() -> None:
    """Make a warehouse, and the page from it."""
    with EmbeddedPostgres() as postgres:
        dsn = postgres.create("dictionary")
        upgrade(dsn)
        with psycopg.connect(dsn) as connection:
            PAGE.write_text(page(connection), encoding="utf-8")

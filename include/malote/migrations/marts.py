"""The report views, made from ``sql/marts``: each in a transaction of its own, and only where its text has changed."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

from malote.place import sql


def changed(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Name and text of each view that is not there, or was made from another text."""
    rows = connection.execute(
        """select m.name, m.sha256 from malote.mart as m
           where to_regclass('report.' || quote_ident(m.name)) is not null"""
    ).fetchall()
    made = dict(rows)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(sql("marts").glob("*.sql"))}
    return {name: text for name, text in texts.items() if made.get(name) != _sha256(text)}


def make(connection: psycopg.Connection[Any], name: str, text: str) -> None:
    """Make one view, and note the text that it was made from."""
    with connection.transaction():
        connection.execute(text)
        connection.execute(
            """insert into malote.mart values (%s, %s) on conflict (name) do update set sha256 = excluded.sha256""",
            (name, _sha256(text)),
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""The indexes of ``indexes.sql``: built and dropped ``concurrently``, so that nobody who reads or writes waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

_CREATE = re.compile(r"create (?P<unique>unique )?index (?P<name>\w+) on (?P<schema>\w+)\.(?P<rest>.+)", re.DOTALL)
_DROP = re.compile(r"drop index (?P<schema>\w+)\.(?P<name>\w+)")
_STATE = """
    select i.indisvalid from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    inner join pg_catalog.pg_index as i on i.indexrelid = c.oid
    where n.nspname = %s and c.relname = %s
"""


def steps(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """What is to be done, a statement at a time; each looks at what is there once the one before it is done.

    An index that a broken build left behind is not valid: it is dropped and built anew.
    """
    for statement in _statements():
        if found := _CREATE.fullmatch(statement):
            valid = _valid(connection, found)
            if valid:
                continue
            if valid is False:
                yield f"drop index concurrently {found['schema']}.{found['name']}"
            yield (
                f"create {found['unique'] or ''}index concurrently {found['name']} on {found['schema']}.{found['rest']}"
            )
        elif (found := _DROP.fullmatch(statement)) and _valid(connection, found) is not None:
            yield f"drop index concurrently {found['schema']}.{found['name']}"


def _valid(connection: psycopg.Connection[Any], found: re.Match[str]) -> bool | None:
    row = connection.execute(_STATE, (found["schema"], found["name"])).fetchone()
    return bool(row[0]) if row else None


def _statements() -> list[str]:
    text = (Path(__file__).parent / "sql" / "indexes.sql").read_text(encoding="utf-8")
    bare = re.sub(r"(?m)^--.*$", "", text)
    return [" ".join(each.split()) for each in bare.split(";") if each.strip()]

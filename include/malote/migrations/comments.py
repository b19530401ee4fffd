"""Says in the database what each table, view and column of ours is: words of ``sql/comentarios.txt``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from malote import INSTITUTIONS
from malote.place import sql as shipped

if TYPE_CHECKING:
    import psycopg

SCHEMAS = ("malote", "outgoing", *INSTITUTIONS, "report")
_SECTION = re.compile(r"= (\S+) (\[[^\]]+\])\s*(.*)")
_LINE = re.compile(r"(\w+): (.+?)(?:\s+(\[[^\]]+\]))?")
_THERE = """
    select n.nspname || '.' || c.relname as relation, c.relkind, a.attname as name,
           format_type(a.atttypid, a.atttypmod) as type, d.description, a.attnum
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    left join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = a.attnum
    where n.nspname = any (%(schemas)s) and c.relkind = any ('{r,v,m,p}')
    union all
    select n.nspname || '.' || c.relname, c.relkind, null, null, d.description, 0
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    left join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
    where n.nspname = any (%(schemas)s) and c.relkind = any ('{r,v,m,p}')
    order by 1, 6
"""
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}


class Named(NamedTuple):
    """A relation (``name`` is empty) or one of its columns, as the database has it."""

    relation: str
    kind: str
    name: str
    type: str
    comment: str


def words() -> dict[tuple[str, str], str]:
    """What is to be said, by relation and column; a relation itself has the column ``""``, any relation is ``"*"``."""
    found: dict[tuple[str, str], str] = {}
    section, source = "", ""
    for number, line in enumerate(shipped("comentarios.txt").read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if begun := _SECTION.fullmatch(line):
            section, source, said = begun.groups()
            said and found.setdefault((section, ""), f"{said} {source}")
        elif told := _LINE.fullmatch(line):
            found[section, told[1]] = f"{told[2]} {told[3] or source}"
        else:
            raise ValueError(f"comentarios.txt, line {number}: neither `= relation [source] …` nor `column: …`")
    return found


def there(connection: psycopg.Connection[Any]) -> list[Named]:
    """Every relation and column of our schemas, somebody else's tables in them too."""
    rows = connection.execute(_THERE, {"schemas": list(SCHEMAS)}).fetchall()
    return [Named(relation, kind, name or "", type_ or "", said or "") for relation, kind, name, type_, said, _ in rows]


def steps(connection: psycopg.Connection[Any]) -> list[str]:
    """The statements that say what is not said yet, or otherwise; none of them keeps a reader or writer waiting."""
    from psycopg import sql

    said, found = words(), []
    for each in there(connection):
        if (each.relation, "") not in said:
            continue  # a table that somebody has made beside ours
        wanted = said.get((each.relation, each.name)) or said.get(("*", each.name), "")
        if wanted and wanted != each.comment:
            names = (*each.relation.split("."), *([each.name] if each.name else []))
            what = "column" if each.name else _KINDS[each.kind]
            statement = sql.SQL("comment on {} {} is {}").format(
                sql.SQL(what), sql.Identifier(*names), sql.Literal(wanted)
            )
            found.append(statement.as_string(connection))
    return found

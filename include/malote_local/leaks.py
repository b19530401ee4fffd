"""Looks for planted secrets in all that a run leaves behind: every file of the state, every row of each table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

_CHUNK = 1 << 20
_CHANCE = 8


def leaks(
    folder: Path, databases: Sequence[str], secrets: Mapping[str, str], *, aside: Sequence[str] = ()
) -> list[str]:
    """Where any of the secrets stands in the clear, in words.

    Files are read as bytes: logs, the archive, and the servers' own data and write-ahead log. Tables are read as text
    as well, because a long value is compressed on disk. A secret of fewer than eight characters is looked for as a word
    of its own: within an instant's microseconds or an id its digits stand by chance.

    :param databases: dsns
    :param secrets: name to text; only the name is ever shown
    :param aside: top-level names in the folder that are not looked at
    """
    needles = {name: _needle(text) for name, text in secrets.items()}
    longest = max(len(text.encode()) for text in secrets.values())
    found = [f"{name} stands in {where}" for name, where in _in_files(folder, needles, longest, aside)]
    for dsn in databases:
        found += [f"{name} stands in {where}" for name, where in _in_tables(dsn, needles)]
    return found


def _needle(text: str) -> re.Pattern[bytes]:
    found = re.escape(text.encode())
    return re.compile(rb"(?<![0-9A-Za-z.])" + found + rb"(?![0-9A-Za-z])" if len(text) < _CHANCE else found)


def _in_files(
    folder: Path, needles: Mapping[str, re.Pattern[bytes]], longest: int, aside: Sequence[str]
) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0] in aside or path.is_symlink() or not path.is_file():
            continue
        missing = dict(needles)
        try:
            with path.open("rb") as file:
                tail = b""
                while missing and (chunk := file.read(_CHUNK)):
                    for name in [name for name, needle in missing.items() if needle.search(tail + chunk)]:
                        del missing[name]
                        yield name, inside
                    tail = chunk[-longest - 1 :]
        except OSError:  # a server has removed it meanwhile
            continue


def _in_tables(dsn: str, needles: Mapping[str, re.Pattern[bytes]]) -> Iterator[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            """select schemaname, tablename from pg_tables
               where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"""
        ).fetchall()
        for table in tables:
            where = f"table {connection.info.dbname}.{'.'.join(table)}"
            missing = dict(needles)
            query = sql.SQL("copy (select t::text from {} t) to stdout").format(sql.Identifier(*table))
            with connection.cursor().copy(query) as copy:
                for block in copy:
                    for name in [name for name, needle in missing.items() if needle.search(bytes(block))]:
                        del missing[name]
                        yield name, where

"""Landed rows as Parquet: the file's schema is the table's, its rows stream from one COPY, a few MiB at a time."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from malote.errors import MaloteError, Misconfigured
from malote.export.folder import Folder
from malote.institution import Table
from malote.journal import ToExport
from malote.texts import english

if TYPE_CHECKING:
    import pyarrow

_PIECE = 4 << 20
"""Bytes of rows that become one row group: what an export holds in memory."""

_NUMERIC = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?")
_ANY_NUMERIC = (38, 9)
"""Precision and scale of a column that names none: the widest that BigQuery, Snowflake and Spark all have."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a landed table, as they leave: names, SQL expressions, and the schema of the file.

    :param reasons: it holds the reasons of refusals, which land at a moment of their own
    """

    table: str
    reasons: bool
    expressions: tuple[sql.Composable, ...]
    schema: pyarrow.Schema


@dataclass(frozen=True, slots=True)
class Written:
    """A finished local file."""

    spooled: Path
    rows: int
    bytes: int
    sha256: str


def columns_of(
    connection: psycopg.Connection[dict[str, Any]], table: Table, *, reasons: bool = False
) -> Columns | None:
    """What the database says of a landed table's columns, less those by which a card can be charged; None without it.

    :raises Misconfigured: where pyarrow is not installed
    """
    arrow = _pyarrow()
    rows = connection.execute(
        """select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
           where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum""",
        (table.name,),
    ).fetchall()
    left = [row for row in rows if row["name"] not in table.secret]
    if not left:
        return None
    fields, expressions = [], []
    for row in left:
        type_, cast = _type(arrow, row["type"])
        fields.append(arrow.field(row["name"], type_))
        expressions.append(sql.SQL(cast).format(sql.SQL("t.{}").format(sql.Identifier(row["name"]))))
    return Columns(table.name, reasons, tuple(expressions), arrow.schema(fields))


def write_each(
    connection: psycopg.Connection[dict[str, Any]], folder: Folder, columns: Columns, due: Sequence[ToExport]
) -> Generator[tuple[ToExport, Written | MaloteError], None, None]:
    """A local file for each submission that has rows in the table, in the order given, from one COPY.

    What does not fit into the file's schema gives an error in place of the file; the others are written.
    """
    copying = sql.SQL(
        """copy (select k.n, {columns} from unnest({ids}::text[]) with ordinality as k (id, n)
                 inner join {table} as t on t.submission_id = k.id order by k.n, t.ordem) to stdout (format csv)"""
    ).format(
        columns=sql.SQL(", ").join(columns.expressions),
        ids=sql.Literal([each.id for each in due]),
        table=sql.Identifier(*columns.table.split(".")),
    )
    connection.execute("set local timezone = 'UTC'")
    with connection.cursor().copy(copying) as copy:
        # The server sends one row a message, whatever line breaks are inside of it.
        told = (bytes(row).partition(b",") for row in copy)
        for n, lines in groupby(told, key=lambda row: row[0]):
            each = due[int(n) - 1]
            rows = (line for _, _, line in lines)
            path = folder.spooled(f"{columns.table}-{each.id}.parquet")
            written: Written | MaloteError
            try:
                written = _written(path, columns, rows)
            except ValueError as misfit:  # what pyarrow raises; its words quote the value
                path.unlink(missing_ok=True)
                written = _misfit(misfit, columns, each)
            yield each, written


def _written(path: Path, columns: Columns, rows: Iterator[bytes]) -> Written:
    from pyarrow import parquet

    count = 0
    with parquet.ParquetWriter(path, columns.schema, compression="snappy") as file:
        for piece in _pieces(rows):
            table = _read(columns.schema, piece)
            file.write_table(table, row_group_size=table.num_rows)
            count += table.num_rows
    digest = hashlib.sha256()
    with path.open("rb") as written:
        while data := written.read(1 << 20):
            digest.update(data)
    return Written(path, count, path.stat().st_size, digest.hexdigest())


def _pieces(rows: Iterator[bytes]) -> Iterator[bytes]:
    held = io.BytesIO()
    for row in rows:
        held.write(row)
        if held.tell() >= _PIECE:
            yield held.getvalue()
            held = io.BytesIO()
    if held.tell():
        yield held.getvalue()


def _read(schema: pyarrow.Schema, piece: bytes) -> pyarrow.Table:
    """Rows as COPY writes them; an empty text is quoted there, and null is not."""
    from pyarrow import csv

    return csv.read_csv(
        io.BytesIO(piece),
        csv.ReadOptions(column_names=schema.names, use_threads=False, block_size=len(piece) + 1),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        ),
    )  # fmt: skip


def _type(arrow: Any, type_: str) -> tuple[pyarrow.DataType, str]:
    """The file's type for a column's, and the SQL that says its values so."""
    if found := _NUMERIC.fullmatch(type_):
        precision, scale = (int(found[1]), int(found[2])) if found[1] else _ANY_NUMERIC
        return (arrow.decimal128(precision, scale), "{}") if 0 <= scale <= precision <= 38 else (arrow.string(), "{}")
    plain = re.sub(r"\(\d+\)", "", type_)
    known = {
        "smallint": arrow.int16(), "integer": arrow.int32(), "bigint": arrow.int64(), "real": arrow.float32(),
        "double precision": arrow.float64(), "boolean": arrow.bool_(), "date": arrow.date32(),
        "timestamp with time zone": arrow.timestamp("us", tz="UTC"),
        "timestamp without time zone": arrow.timestamp("us"),
    }  # fmt: skip
    if plain in known:
        return known[plain], "{}"
    return arrow.string(), "to_jsonb({})::text" if plain.endswith("[]") else "{}::text"


def _misfit(misfit: ValueError, columns: Columns, submission: ToExport) -> MaloteError:
    found = re.search(r"CSV column #(\d+)", str(misfit))
    column = columns.schema.field(int(found[1])) if found else None
    what = english("s_export_column", column=column.name, type=column.type) if column else english("s_db_value")
    return Misconfigured(
        f"{columns.table}: {what}", institution=submission.institution, submission=submission.id,
        todo=english("s_do_precision"),
        kept=english("s_kept_rows"),
    )  # fmt: skip


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise Misconfigured(english("s_export_pyarrow"), todo=english("s_do_install_export")) from None
    return pyarrow

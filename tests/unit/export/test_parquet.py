"""What a column becomes in a file, for every type that a landed table may have, and where a file may go."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import psycopg
import pyarrow as pa
import pytest
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from psycopg.rows import dict_row
from pyarrow import parquet

from malote.errors import MaloteError, Misconfigured
from malote.export import Folder
from malote.export.parquet import columns_of, write_each
from malote.institution import Table
from malote.journal import ToExport

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=timezone.utc)
TABLE = Table("x.landed", ())

TYPES = [  # a column, the file's type, and values: in SQL, in the file
    ("text", pa.string(), [("''", ""), ("null", None), ("'t'", "t"), ("E'a\\n\"b\",;\\r\\n'", 'a\n"b",;\r\n')]),
    ("text", pa.string(), [("'\\.'", "\\."), ("' ç € 🎈 '", " ç € 🎈 "), ("'007'", "007"), ("'null'", "null")]),
    ("varchar(9)", pa.string(), [("'NULL'", "NULL")]),
    ("numeric(17, 2)", pa.decimal128(17, 2), [("1234.5", Decimal("1234.50")), ("-0.01", Decimal("-0.01"))]),
    ("numeric", pa.decimal128(38, 9), [("12.340000000000", Decimal("12.34")), ("1e28", Decimal("1e28"))]),
    ("numeric(50, 2)", pa.string(), [("12.34", "12.34")]),
    ("numeric(5, -2)", pa.string(), [("1234", "1200")]),
    ("smallint", pa.int16(), [("-7", -7)]),
    ("integer", pa.int32(), [("2147483647", 2147483647)]),
    ("bigint", pa.int64(), [("9223372036854775807", 9223372036854775807), ("null", None)]),
    ("double precision", pa.float64(), [("0.1", 0.1)]),
    ("boolean", pa.bool_(), [("true", True), ("false", False), ("null", None)]),
    ("date", pa.date32(), [("'2026-02-28'", date(2026, 2, 28))]),
    ("timestamptz", pa.timestamp("us", tz="UTC"), [("'2026-03-02 09:00:00.123456-03'", NOON), ("null", None)]),
    ("timestamptz(0)", pa.timestamp("us", tz="UTC"), [("'2026-03-02 12:00Z'", NOON.replace(microsecond=0))]),
    ("timestamp", pa.timestamp("us"), [("'2026-03-02 12:00:00.123456'", NOON.replace(tzinfo=None))]),
    ("jsonb", pa.string(), [("""'{"b": [1, "ç"], "a": null}'""", '{"a": null, "b": [1, "ç"]}'), ("null", None)]),
    ("text[]", pa.string(), [("array['a,b', null]", '["a,b", null]')]),
    ("uuid", pa.string(), [("'00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001")]),
]


def made(dsn: str, type_: str, values: list[str]) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("create schema x")
        connection.execute(f"create table x.landed (submission_id text, ordem integer, it {type_}, kept text)")
        for ordem, value in enumerate(values):
            connection.execute(f"insert into x.landed values ('x-1', {ordem}, {value}, 'k')")


def written(dsn: str, folder: Folder, table: Table = TABLE) -> list[Any]:
    due = [ToExport("x-1", "x", 1, NOON, None, (1, 1))]
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        columns = columns_of(connection, table)
        assert columns is not None
        return [found for _, found in write_each(connection, folder, columns, due)]


@pytest.mark.parametrize(("type_", "becomes", "values"), TYPES, ids=[each[0] for each in TYPES])
def test_a_column_keeps_its_type_and_each_value_is_what_it_was(
    type_: str, becomes: pa.DataType, values: list[tuple[str, Any]], database: str, tmp_path: Path
) -> None:
    made(database, type_, [value for value, _ in values])
    (file,) = written(database, Folder(str(tmp_path)))
    table = parquet.read_table(file.spooled)
    assert table.schema.field("it").type == becomes
    assert table.column("it").to_pylist() == [value for _, value in values]
    assert (file.rows, file.bytes) == (len(values), file.spooled.stat().st_size)


@pytest.mark.parametrize(
    ("type_", "value"),
    [("numeric", "'NaN'"), ("numeric", "0.1234567891"), ("numeric", "1e30"), ("date", "'infinity'"),
     ("timestamptz", "'infinity'"), ("timestamp", "'0044-03-15 BC'"), ("timestamptz", "'20000-01-01 00:00Z'")],
)  # fmt: skip
def test_what_does_not_fit_is_said_by_its_column_and_not_by_its_value(
    type_: str, value: str, database: str, tmp_path: Path
) -> None:
    made(database, type_, ["null", value])
    (problem,) = written(database, Folder(str(tmp_path)))
    assert isinstance(problem, MaloteError) and "column it holds a value" in str(problem)
    assert value.strip("'") not in str(problem)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_column_that_may_not_leave_does_not(database: str, tmp_path: Path) -> None:
    made(database, "text", ["'a secret'"])
    (file,) = written(database, Folder(str(tmp_path)), Table("x.landed", (), secret=("it",)))
    assert parquet.read_schema(file.spooled).names == ["submission_id", "ordem", "kept"]


def test_rows_that_are_larger_than_a_piece_stream_in_groups(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("malote.export.parquet._PIECE", 1000)
    made(database, "text", [])
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into x.landed select 'x-1', n, repeat(n::text, n), 'k' from generate_series(1, 300) as n"
        )
    (file,) = written(database, Folder(str(tmp_path)))
    assert parquet.read_metadata(file.spooled).num_row_groups > 50
    assert parquet.read_table(file.spooled).column("it").to_pylist() == [str(n) * n for n in range(1, 301)]


class Renaming(MemoryFileSystem):
    """A server with folders and a rename, such as one of SFTP; what it does is kept."""

    protocol = "renaming"
    store: dict[str, Any] = {}
    pseudo_dirs: list[str] = [""]
    done: list[str] = []

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        self.done.append(f"mv {path2}")
        super().mv(path1, path2, **options)


@pytest.fixture
def renaming() -> type[Renaming]:
    fsspec.register_implementation("renaming", Renaming, clobber=True)
    Renaming.store, Renaming.done = {}, []
    return Renaming


@pytest.mark.parametrize("url", ["memory://bucket/out", "renaming://bucket/out", "{}", "file://{}"])
def test_a_file_has_its_name_whole_and_replaces_what_has_it(url: str, tmp_path: Path, renaming: type[Renaming]) -> None:
    folder = Folder(url.format(tmp_path / "out"))
    for text in ("first", "second"):
        folder.put(folder.spool_text("a/b.json", text), "a/b.json")
        assert folder.read("a/b.json") == text.encode()
    assert folder.read("a/c.json") is None
    assert len(renaming.done) == (2 if url.startswith("renaming") else 0)
    if not url.startswith(("memory", "renaming")):
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b.json"]


@pytest.mark.parametrize(
    ("url", "name"),
    [("s3://key:secret@bucket/a/?x=1", "s3://bucket/a"), ("ftp://me:secret@host/b/", "ftp://host/b")],
)
def test_a_name_holds_no_login(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda url: (DirFileSystem("/", MemoryFileSystem()), "a"))
    assert Folder(url).name == name


@pytest.mark.parametrize("url", ["", " ", "nothing://x", "s3x://"])
def test_a_place_that_is_none_is_said(url: str) -> None:
    with pytest.raises(Misconfigured):
        Folder(url)


def test_without_pyarrow_it_says_what_to_install(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with (
        psycopg.connect(database, row_factory=dict_row) as connection,
        pytest.raises(Misconfigured, match="pip install 'airflow-provider-malote"),
    ):
        columns_of(connection, TABLE)

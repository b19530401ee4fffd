"""What an export left behind, as a warehouse elsewhere reads it: DuckDB, over all files that a pattern finds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb


def read(folder: Path, table: str, columns: str = "*", rest: str = "") -> list[tuple[Any, ...]]:
    """Rows of a table; none where it has no file. ``dia`` is the folder's, a date."""
    if not list(folder.glob(f"{table}/*/*.parquet")):
        return []
    with duckdb.connect() as duck:
        duck.execute("set timezone = 'UTC'")
        files = f"read_parquet('{folder}/{table}/*/*.parquet', hive_partitioning = true, union_by_name = true)"
        return duck.execute(f"select {columns} from {files} {rest}").fetchall()


def there(folder: Path) -> dict[str, bytes]:
    """Every file, by name, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def listed(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file that a manifest lists, by name, checked against the file itself."""
    found = {}
    for path in (folder / "_manifest").rglob("*.json"):
        for each in json.loads(path.read_text("utf-8"))["files"]:
            data = (folder / each["path"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (each["bytes"], each["sha256"])
            assert each["path"] not in found
            found[each["path"]] = each
    return found

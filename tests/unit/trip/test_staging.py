"""Landing again looks at each row a few times, however many there are and whatever the database knows of them."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from malote.institution import Table
from malote.submission import Submission
from malote.trip.staging import copy_into_staging, merge, place, stage

TABLE = Table("bench.linha", ("verdict",))
NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
FEW = 400


class Explained:
    """A connection that counts the pairs and rows that the plan of each statement looks at."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection, self.looked_at = connection, 0.0

    def execute(self, query: Any, values: Any = None) -> Any:
        if isinstance(query, str):
            return self.connection.execute(query, values)
        text = query.as_string(self.connection)
        row = self.connection.execute(f"explain (analyze, format json) {text}", values).fetchone()
        assert row is not None
        self.looked_at += looked_at(row[0][0]["Plan"])
        return SimpleNamespace(rowcount=None)


def looked_at(plan: dict[str, Any]) -> float:
    rows = sum(value for name, value in plan.items() if name == "Actual Rows" or name.startswith("Rows Removed by"))
    return float(rows * plan["Actual Loops"]) + sum(map(looked_at, plan.get("Plans", ())))


def again(dsn: str, rows: int, *, known: bool) -> float:
    """Land a half that is there and a half that is not; returns what was looked at."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """create schema bench;
               create table bench.linha (submission_id text, ordem integer, reference text, verdict text,
                   landed_at timestamptz, primary key (submission_id, ordem));
               set local session_replication_role = replica"""
        )
        half = f"generate_series(1, {rows}) as i where i % 2 = 0"
        connection.execute(f"insert into bench.linha select 'one', i, 'R' || i, 'yes', now() from {half}")
        connection.execute(
            f"""insert into malote.item_row (submission, ordinal, scope, reference, outcome)
                select 'one', i, 's', 'R' || i, 'unanswered' from generate_series(1, {rows}) as i"""
        )
    if known:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum analyze malote.item_row, bench.linha")
    with psycopg.connect(dsn) as connection:
        counting = Explained(connection)
        stage(connection, TABLE)
        with connection.cursor().copy(copy_into_staging(TABLE)) as copy:
            for i in range(1, rows + 1):
                copy.write_row(("one", rows + 1 - i, f"R{i}", "no"))
        place(cast("Any", counting), TABLE, [cast("Submission", SimpleNamespace(id="one"))])
        connection.execute("update malote.item_row set outcome = 'accepted'")
        place(cast("Any", counting), TABLE, [cast("Submission", SimpleNamespace(id="one"))])
        merge(cast("Any", counting), TABLE, NOW)
    return counting.looked_at


@pytest.mark.parametrize("known", [True, False], ids=["analysed", "never analysed"])
@pytest.mark.parametrize("rows", [FEW, 8 * FEW])
def test_landing_again_looks_at_each_row_a_few_times(warehouse: str, rows: int, known: bool) -> None:
    assert again(warehouse, rows, known=known) < 60 * rows

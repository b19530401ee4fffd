"""Landing again looks at each row a few times, however many there are and whatever the database knows of them."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malote.institution import Table
from malote.submission import Submission
from malote.trip import staging
from malote.trip.staging import copy_into_staging, merge, place, stage

TABLE = Table("bench.linha", ("verdict",))
MINE = [cast("Submission", SimpleNamespace(id="one"))]
MADE = """create schema bench;
          create table bench.linha (submission_id text, ordem integer, reference text, verdict text,
              landed_at timestamptz, primary key (submission_id, ordem))"""
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
        # The question whether all is in place is asked for its cost alone: the answer is that it is not.
        return SimpleNamespace(rowcount=None, fetchone=lambda: (False,))


def looked_at(plan: dict[str, Any]) -> float:
    rows = sum(value for name, value in plan.items() if name == "Actual Rows" or name.startswith("Rows Removed by"))
    return float(rows * plan["Actual Loops"]) + sum(map(looked_at, plan.get("Plans", ())))


def again(dsn: str, rows: int, *, known: bool) -> float:
    """Land a half that is there and a half that is not; returns what was looked at."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f"{MADE}; set local session_replication_role = replica")
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
        place(cast("Any", counting), TABLE, MINE)
        connection.execute("update malote.item_row set outcome = 'accepted'")
        place(cast("Any", counting), TABLE, MINE)
        merge(cast("Any", counting), TABLE, NOW, MINE)
    return counting.looked_at


@pytest.mark.parametrize("known", [True, False], ids=["analysed", "never analysed"])
@pytest.mark.parametrize("rows", [FEW, 8 * FEW])
def test_landing_again_looks_at_each_row_a_few_times(warehouse: str, rows: int, known: bool) -> None:
    assert again(warehouse, rows, known=known) < 60 * rows


ROWS = st.lists(st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from(["yes", "no"])), max_size=4)


def test_rows_in_their_place_already_are_those_that_would_get_it(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(warehouse) as connection:
        connection.execute(MADE)

        def placed(there: list[tuple[int, Any]], told: list[Any]) -> list[Any]:
            connection.execute("truncate bench.linha; drop table if exists staging")
            with connection.cursor() as cursor:
                cursor.executemany(
                    "insert into bench.linha values ('one', %s, %s, %s, now())", [(at, *row) for at, row in there]
                )
            stage(connection, TABLE)
            with connection.cursor().copy(copy_into_staging(TABLE)) as copy:
                for at, row in enumerate(told, 1):
                    copy.write_row(("one", at, *row))
            place(connection, TABLE, MINE)
            return connection.execute("select ordem, reference, verdict from staging order by 1, 2, 3").fetchall()

        shortcut = staging._in_place
        taken = []

        @settings(max_examples=150)
        @given(st.sets(st.integers(1, 4)), ROWS, ROWS)
        def the_same(gaps: set[int], before: list[Any], told: list[Any]) -> None:
            there = [(at, row) for at, row in enumerate(before, 1) if at not in gaps]
            monkeypatch.setattr(staging, "_in_place", lambda *_: False)
            every = placed(there, told)
            monkeypatch.setattr(staging, "_in_place", lambda *given: taken.append(shortcut(*given)) or taken[-1])
            assert placed(there, told) == every

        the_same()
    assert {True, False} == set(taken)

"""What the quickstart tells to type: its statements run, its own table becomes a contract file, its DAGs compile."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from malote.archive import Archive
from malote.submission import Order
from support import ROOT
from support.ccee import ccee
from support.selections import all_free, unnumbered

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"""^make psql SQL=(['"])(.*)\1$""", re.MULTILINE)
ROLE = "do $$ begin create role malote_select; exception when duplicate_object then null; end $$"
PAGES = sorted((ROOT / "docs").glob("quickstart*.md"))


def blocks(page: str, language: str) -> list[str]:
    return [code for tongue, code in BLOCK.findall(page) if tongue == language]


def statements(page: str) -> list[str]:
    """What is typed into psql, in the order of the page."""
    each = ([code] if tongue == "sql" else [typed for _, typed in TYPED.findall(code)]
            for tongue, code in BLOCK.findall(page) if tongue in ("sql", "sh"))  # fmt: skip
    return [statement for some in each for statement in some]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_the_quickstart_tells_to_type_runs_and_becomes_a_file(path: Any, warehouse: str, archive: Archive) -> None:
    page = path.read_text("utf-8")
    flow, tasks = blocks(page, "python")
    with psycopg.connect(warehouse, row_factory=dict_row) as connection:
        for statement in (ROLE, *statements(page)):
            connection.execute(statement)
        (asked,) = [code for code in blocks(page, "sql") if '"reference"' in code and "from crm.venda" in code]
        assert 'outgoing_sql="vendas.sql"' in flow and "airflow" in flow.lower() and "dag" in flow.lower()
        rows = connection.execute(asked).fetchall()
        connection.rollback()  # a role is the whole server's
    (document,) = ccee().render(Order("p", "contratos", {}), rows, archive, all_free, unnumbered)
    assert len(TYPED.findall(page)) == 3 and [item.reference for item in document.items] == ["V-1"]
    for code in (flow, tasks):
        compile(code, path.name, "exec")

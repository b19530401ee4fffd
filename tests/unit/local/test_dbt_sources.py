"""The dbt package says of the warehouse what the database says."""

from __future__ import annotations

import psycopg
import yaml

from malote import INSTITUTIONS
from malote.export import tables_of
from malote.institution import load
from malote_local.dbt import SOURCES, VALUES, page


def test_the_sources_are_what_the_database_says(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        assert SOURCES.read_text("utf-8") == page(connection), "run `make dbt-sources`"


def test_every_landed_table_is_a_source_that_is_watched_for_freshness_and_has_its_key() -> None:
    sources = yaml.safe_load(SOURCES.read_text("utf-8"))["sources"]
    there = {f"{source['name']}.{table['name']}": table for source in sources for table in source["tables"]}
    for landed in {table.name for name in INSTITUTIONS for table in tables_of(load(name))}:
        assert there[landed]["config"]["loaded_at_field"] == "landed_at"
        assert there[landed]["data_tests"] == [
            {"unique_together": {"arguments": {"columns": ["submission_id", "ordem"]}}}
        ]
    told = {(table, column["name"]) for table, each in there.items() for column in each["columns"]}
    assert set(VALUES) <= told

"""Tests take one database in turn: whatever one does to it, the next finds it as the first did."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest

from malote_local.postgres import EmbeddedPostgres
from support.reused import Reused

Whole = Callable[[str], str]

FIRST = """
    create schema s;
    create table s.deed (n integer primary key, number bigint generated always as identity);
    create table s.seal (n integer references s.deed);
    create table s.version (version text);
    insert into s.version values ('0014');
    create function s.stays() returns trigger language plpgsql as $$ begin raise 'append-only'; end $$;
    create trigger stays before truncate on s.deed execute function s.stays();
"""

EMPTIED = [
    "insert into s.deed values (7)",
    "insert into s.deed values (7); insert into s.seal values (7)",
    "insert into s.deed values (7), (7)",
    "insert into s.deed select generate_series(1, 3000); insert into s.seal select generate_series(1, 3000)",
    "select nextval('s.deed_number_seq')",
    "create schema another; create table another.t (a integer references s.deed); insert into s.deed values (1)",
    "create table loose (a integer primary key references s.deed); insert into s.deed values (7)",
    "create view seen as select * from s.deed",
    "create materialized view seen as select * from s.deed",
    "create sequence counting",
    "create temporary table t (n integer); insert into t values (1)",
]
"""What a test may leave behind at no price; another is another line."""

MADE_ANEW = [
    "delete from s.version",
    "update s.version set version = 'another'",
    "insert into s.version values ('another')",
    "create type colour as enum ('red')",
    "create function three() returns integer language sql return 3",
    "create index on s.seal (n)",
    "alter table s.seal add column b text",
    "alter table s.seal drop column n",
    "alter table s.seal rename to act",
    "alter table s.deed add check (n > 0)",
    "alter table s.deed enable row level security",
    "alter table s.deed disable trigger stays",
    "create or replace function s.stays() returns trigger language plpgsql as $$ begin return new; end $$",
    "alter sequence s.deed_number_seq increment 2",
    "drop table s.version",
    "drop schema s cascade",
    "grant select on s.deed to public",
    "grant usage on schema s to public",
    "alter default privileges grant select on tables to public",
    "comment on table s.deed is 'read'",
    "select lo_create(0)",
    "alter database {database} set datestyle = 'German'",
    "alter database {database} set default_transaction_read_only = on",
    "alter database {database} connection limit 1",
    "grant create on database {database} to public",
]
"""What is not undone, but noticed: the next test gets another database."""


@pytest.fixture(scope="module")
def turns(postgres: EmbeddedPostgres) -> Iterator[Reused]:
    with psycopg.connect(postgres.create("first")) as connection:
        connection.execute(FIRST)
    reused = Reused(postgres, "turns", "first")
    yield reused
    reused.drop()
    postgres.drop("first")


@pytest.fixture(scope="module")
def whole(postgres: EmbeddedPostgres) -> Whole:
    """Everything that is in a database, as PostgreSQL's own tool writes it down."""
    dump = [postgres._quarters.binary("pg_dump"), "--create", "--restrict-key=none"]
    return lambda dsn: subprocess.run([*dump, dsn], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def first(turns: Reused, whole: Whole) -> str:
    """What the first test finds."""
    return whole(turns.take())


def act(dsn: str, deed: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in deed.replace("{database}", "turns").split("; ") if "$$" not in deed else [deed]:
            with suppress(psycopg.errors.UniqueViolation):  # a row that was taken back leaves a page behind
                connection.execute(statement)


@pytest.mark.parametrize("deed", EMPTIED)
def test_what_a_test_wrote_is_gone_and_nothing_had_to_be_made(
    turns: Reused, deed: str, first: str, whole: Whole
) -> None:
    act(turns.take(), deed)
    turns.give_back()
    assert not turns.gone
    assert whole(turns.take()) == first


@pytest.mark.parametrize("deed", MADE_ANEW)
def test_what_a_test_altered_is_noticed(turns: Reused, deed: str, first: str, whole: Whole) -> None:
    act(turns.take(), deed)
    turns.give_back()
    assert turns.gone
    assert whole(turns.take()) == first


def test_who_was_left_connected_is_thrown_out_with_what_was_in_hand(turns: Reused) -> None:
    left = psycopg.connect(turns.take())
    left.execute("insert into s.deed values (8)")
    turns.give_back()
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")
    with psycopg.connect(turns.take()) as connection:
        assert connection.execute("select count(*) from s.deed").fetchone() == (0,)


def test_a_turn_that_nobody_ended_ends_with_the_next(turns: Reused) -> None:
    act(turns.take(), "insert into s.deed values (9)")
    with psycopg.connect(turns.take()) as connection:
        assert connection.execute("select count(*) from s.deed").fetchone() == (0,)

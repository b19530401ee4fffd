"""Selections read and do nothing else, whatever their SQL tries; what fails is told without a word of any row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import conninfo

from malote import place
from malote.errors import Invalid, MaloteError, Misconfigured, Transient
from malote.migrations import upgrade
from malote.migrations.roles import ROLES
from malote.trip import Outgoing, selector
from malote_local.postgres import EmbeddedPostgres

PLANTED = "4012001037141112"
PASSWORDS = {role: f"of-{role}" for role in ROLES}


@pytest.fixture(scope="module")
def logins(postgres: EmbeddedPostgres) -> Iterator[dict[str, str]]:
    """A dsn for each way to log in to one warehouse with roles: each of these, a plain one, a superuser."""
    dsn = postgres.create("selecting")
    upgrade(dsn, roles=PASSWORDS)
    with psycopg.connect(dsn) as connection:
        connection.execute("create role plain login password 'of-plain'")
        connection.execute("create table public.own (number text, n int)")
        connection.execute("insert into own select %s, n from generate_series(1, 2500) n", (PLANTED,))
        for role in ("malote_select", "plain"):
            connection.execute(f"grant select on public.own to {role}")
    parts = conninfo.conninfo_to_dict(dsn)
    yield {
        "superuser": dsn,
        **{
            role: conninfo.make_conninfo(**{**parts, "user": role, "password": f"of-{role}"})
            for role in (*ROLES, "plain")
        },
    }
    postgres.drop("selecting")


WAYS = ["malote_select", "malote_runtime", "malote_owner", "plain", "superuser"]

TRIED = [
    "select 1 as reference; drop table malote.event",
    "select 1 as reference; commit; drop table malote.event; select 1 as reference",
    "delete from malote.event",
    "with gone as (delete from malote.event returning id) select id as reference from gone",
    "select * into public.copied from malote.event",
    "copy (select 1) to program 'touch /tmp/malote-was-here'",
    "copy own from program 'id'",
    "set role malote",
    "reset role",
    "reset all",
    "begin",
    "do $$ begin execute 'select 1'; end $$",
    "call nobody()",
    "listen something",
    "lock table malote.event",
    "explain analyze select 1",
    "declare other cursor for select 1",
    "prepare other as select 1",
    "create temporary table mine as select 1 as reference",
    "select pg_read_file('/etc/hostname') as reference",
    "select pg_read_binary_file('/etc/hostname') as reference",
    "select pg_ls_dir('/') as reference",
    "select lo_import('/etc/hostname') as reference",
    "select lo_export(1, '/tmp/malote-was-here') as reference",
    "select nextval('malote.submission_number_seq') as reference",
    "select setval('malote.submission_number_seq', 1) as reference",
    "select set_config('transaction_read_only', 'off', true) as reference",
    "select set_config('role', 'malote', false) as reference",
    "select set_config('session_authorization', 'malote', false) as reference, pg_read_file('/etc/hostname') as x",
    "select set_config('role', 'none', false) as reference, pg_read_file('/etc/hostname') as x",
    "select query_to_xml('delete from malote.event', true, true, '') as reference",
    "select database_to_xml(true, true, '') as reference",
    "select dblink('dbname=postgres', 'drop table x') as reference",
    "select pg_reload_conf() as reference",
    "select pg_rotate_logfile() as reference",
    "select rolpassword as reference from pg_authid",
    "select 1 as reference\0; drop table malote.event",
    "",
    "-- nothing",
    "select 'half \ud800' as reference",
]


@pytest.mark.parametrize("query", TRIED, ids=lambda each: ascii(each)[:60])
@pytest.mark.parametrize("way", WAYS)
def test_sql_that_does_more_than_read_is_refused_in_words(logins: dict[str, str], way: str, query: str) -> None:
    with pytest.raises(MaloteError) as said:
        list(Outgoing(logins[way], query, timeout=timedelta(seconds=20)))
    assert "outgoing SQL" in said.value.what and said.value.todo


def test_nothing_of_it_was_done(logins: dict[str, str]) -> None:
    with psycopg.connect(logins["superuser"]) as connection:
        assert connection.execute("select to_regclass('malote.event')").fetchone() != (None,)
        assert connection.execute("select to_regclass('public.copied')").fetchone() == (None,)


@pytest.mark.parametrize("way", WAYS)
def test_a_selection_is_read_only_timed_and_has_one_path(logins: dict[str, str], way: str) -> None:
    asked = "select %s as reference" % " || ' ' || ".join(  # noqa: UP031
        f"current_setting('{name}')" for name in ("transaction_read_only", "statement_timeout", "search_path")
    )
    [row] = Outgoing(logins[way], asked, timeout=timedelta(minutes=2))
    assert row["reference"] == "on 2min pg_catalog, outgoing, public, malote, pg_temp"


@pytest.mark.parametrize(
    ("way", "role", "walled"),
    [("malote_select", "malote_select", True), ("malote_runtime", "malote_select", False), ("plain", "plain", False),
     ("superuser", "malote_select", False)],
)  # fmt: skip
def test_the_least_role_there_is_selects(logins: dict[str, str], way: str, role: str, walled: bool) -> None:
    [row] = Outgoing(logins[way], "select current_user as reference")
    who = selector(logins[way])
    assert (row["reference"], who.role, who.walled) == (role, role, walled)
    assert ("superuser" in str(who)) == (way == "superuser")
    assert ("docs/roles.md" in str(who)) == (not walled)


def test_without_roles_a_superuser_steps_down_all_the_same(database: str) -> None:
    [row] = Outgoing(database, "select current_user as reference")
    assert row["reference"] == "pg_read_all_data"
    with pytest.raises(Misconfigured, match="may not do that"):
        list(Outgoing(database, "select pg_read_file('/etc/hostname') as reference"))


def test_a_time_limit_that_the_sql_lifts_is_set_again_for_the_next_rows(logins: dict[str, str]) -> None:
    sleepy = """
        select case when n = 1 then set_config('statement_timeout', '0', false)
                    when n > 1000 then pg_sleep(30)::text end as reference
        from own order by n
    """
    with pytest.raises(Transient, match="longer than the time limit"):
        list(Outgoing(logins["malote_select"], sleepy, timeout=timedelta(seconds=1)))


def test_all_rows_of_a_selection_arrive_and_the_shipped_sql_is_permitted(logins: dict[str, str]) -> None:
    assert len(list(Outgoing(logins["malote_select"], "select n as reference from own"))) == 2500
    for file in place.sql("outgoing").glob("*.sql"):
        text = file.read_text(encoding="utf-8").replace("{servico}", "aditivo")
        for way in ("malote_select", "malote_runtime", "superuser"):
            assert list(Outgoing(logins[way], text)) == []


FAILING = [
    "select number::int as reference from own",
    "select number::regclass as reference from own",
    "select ('r' || number)::regtype as reference from own",
    "select ('x.' || number)::regclass as reference from own",
    "select (number || 'x')::numeric as reference from own",
    "select (number || '-01-01')::date as reference from own",
    "select (number || '-01-01')::timestamptz as reference from own",
    "select number::json -> 'a' -> 'b' as reference, ('{' || number)::json as x from own",
    "select xmlparse(document number) as reference from own",
    "select ('[' || number)::jsonb as reference from own",
    "select (number || '(')::regclass as reference from own",
    "select number ~ (number || '(') as reference from own",
    "select current_setting('x.' || number) as reference from own",
    "select set_config(number, 'x', true) as reference from own",
    "select nextval(number) as reference from own",
    "select has_table_privilege(number, 'select') as reference from own",
    "select query_to_xml('select ' || 'x' || number, true, true, '') as reference from own",
    "select query_to_xml('select * from t' || number, true, true, '') as reference from own",
    "select to_date(number, 'YYYYMMDD') as reference, make_date(number::bigint::int, 1, 1) as x from own",
    "select decode(number || 'x', 'hex') as reference from own",
    "select convert_to(number, number) as reference from own",
    "select number::interval as reference, (number || ' lightyears')::interval as x from own",
    "select 1 / (n - n) as reference from own",
    "select n as reference, (number || '00-01-01')::date as x from own",
    "select n as reference, date '9999-12-31' + 1000000 as x from own",
]


@pytest.mark.parametrize("query", FAILING)
@pytest.mark.parametrize("way", ["malote_select", "superuser"])
def test_an_error_on_a_row_holds_nothing_of_it(logins: dict[str, str], way: str, query: str) -> None:
    with pytest.raises(MaloteError) as said:
        list(Outgoing(logins[way], query))
    assert PLANTED[:8] not in str(said.value)
    assert said.value.__cause__ is None and said.value.__suppress_context__


def test_what_is_wrong_with_the_sql_itself_is_shown_in_the_servers_words(logins: dict[str, str]) -> None:
    for query, words in (
        ("select a as reference from own", 'column "a" does not exist'),
        ("select 1 as reference from nowhere", 'relation "nowhere" does not exist'),
        ("select 1 as reference fromm own", 'syntax error at or near "fromm"'),
    ):
        with pytest.raises(Misconfigured) as said:
            list(Outgoing(logins["malote_select"], query))
        assert words in said.value.what
    with pytest.raises(Invalid, match="no column `reference`"):
        list(Outgoing(logins["malote_select"], "select n from own"))


TWICE = [
    ("select 1 as reference, 2 as reference", "reference"),
    ("select 1 as reference, 2 as valor, 3 as valor, 4 as moeda", "valor"),
    ("select 1 as reference, *, 'x' as a from (values (1, 2)) as t (a, b)", "a"),
    (f"select 1 as reference, 2 as {'x' * 63}a, 3 as {'x' * 63}b", "x" * 63),
    ("select 1 as reference, 2, 3", "?column?"),
]


@pytest.mark.parametrize(("query", "column"), TWICE, ids=lambda each: each[:40])
def test_two_columns_of_one_name_are_refused_before_a_row_is_read(
    logins: dict[str, str], query: str, column: str
) -> None:
    with pytest.raises(Invalid, match="more than one column") as said:
        next(iter(Outgoing(logins["malote_select"], query)))
    assert f"`{column}`" in said.value.what and "alias" in (said.value.todo or "")


def test_a_table_that_was_not_granted_is_refused_with_what_to_do(logins: dict[str, str]) -> None:
    with psycopg.connect(logins["superuser"]) as connection:
        connection.execute("create table if not exists public.secret (n int)")
    with pytest.raises(Misconfigured, match="may not do that") as said:
        list(Outgoing(logins["malote_select"], "select n as reference from secret"))
    assert "grant" in str(said.value.todo)


def test_a_database_that_cannot_be_reached_is_told_in_words(logins: dict[str, str], postgres: EmbeddedPostgres) -> None:
    good = conninfo.conninfo_to_dict(logins["malote_select"])
    for changed, kind, words in (
        ({"password": "planted-password"}, Misconfigured, "refuses the login"),
        ({"dbname": "nowhere"}, Misconfigured, "no such database"),
        ({"port": 1}, Transient, "cannot be reached"),
    ):
        with pytest.raises(kind, match=words) as said:
            list(Outgoing(conninfo.make_conninfo(**{**good, **changed}), "select 1 as reference"))
        assert "planted-password" not in str(said.value)

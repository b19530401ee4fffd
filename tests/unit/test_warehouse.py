"""The warehouse as users have it: other defaults, other encodings, roles; what is wrong with it is said in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import conninfo

from malote.errors import Invalid, MaloteError, Misconfigured, Transient
from malote.migrations import upgrade
from malote.trip import Outgoing
from malote.warehouse import connect, dsn_in, examine
from malote_local.postgres import EmbeddedPostgres

# ---- any defaults


@pytest.mark.parametrize(
    "setting",
    ["datestyle = 'SQL, DMY'", "datestyle = 'German'", "datestyle = 'Postgres, MDY'", "client_encoding = 'LATIN1'",
     "client_encoding = 'SQL_ASCII'", "intervalstyle = 'iso_8601'", "timezone = 'Asia/Kolkata'", "search_path = 'x'",
     "standard_conforming_strings = off", "bytea_output = 'escape'"],
)  # fmt: skip
def test_whatever_the_database_has_as_default_everything_is_read_and_written_alike(database: str, setting: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"alter database {conninfo.conninfo_to_dict(database)['dbname']} set {setting}")
    upgrade(database)
    with connect(database) as connection:
        row = connection.execute(
            "select 'ação – ☃', timestamptz '2026-11-26 21:00+00', interval '1 day', date '2027-01-15', '\\n'::text"
        ).fetchone()
    assert row is not None
    assert (row[0], row[1]) == ("ação – ☃", datetime(2026, 11, 26, 21, tzinfo=timezone.utc))
    assert (row[2].days, row[3].isoformat(), row[4]) == (1, "2027-01-15", "\\n")
    assert list(Outgoing(database, "select 'ação' as reference")) == [{"reference": "ação"}]


# ---- what cannot hold a journal, said before anything is done


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "WIN1252"])
def test_a_database_of_another_encoding_is_refused_in_words(postgres: EmbeddedPostgres, encoding: str) -> None:
    name = f"test_{encoding.lower()}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
    try:
        with pytest.raises(Misconfigured, match=f"{name} keeps text as {encoding}"):
            upgrade(postgres.dsn(name))
    finally:
        postgres.drop(name)


def test_a_role_that_may_only_read_is_told_so(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = conninfo.conninfo_to_dict(database)["dbname"]
        connection.execute(f"alter database {name} set default_transaction_read_only = on")
    with pytest.raises(Misconfigured, match="read-only"):
        upgrade(database)


def test_a_superuser_is_warned_of(database: str) -> None:
    with connect(database) as connection:
        assert "superuser" in (examine(connection) or "")


WRONG = [
    ("postgresql://malote:p4ssw0rd@127.0.0.1:{port}/nowhere", Misconfigured, "does not exist|authentication failed"),
    ("postgresql://malote:p4ssw0rd@127.0.0.1:{port}/postgres", Misconfigured, "authentication failed"),
    ("postgresql://malote:p4ssw0rd@127.0.0.1:1/postgres", Transient, "cannot be reached"),
    ("postgresql://malote:p4ssw0rd@[127.0.0.1:1/postgres", Misconfigured, "cannot be read"),
    ("postgresql://malote:p4ssw0rd@127.0.0.1:p0rt/postgres", MaloteError, "cannot be"),
    ("host=127.0.0.1 p4ssw0rd", Misconfigured, "cannot be read"),
    ("host='127.0.0.1 password=p4ssw0rd", Misconfigured, "cannot be read"),
    ("host=127.0.0.1 secret=p4ssw0rd", Misconfigured, "cannot be read"),
]


@pytest.mark.parametrize(("dsn", "kind", "said"), WRONG, ids=[each[0][:50] for each in WRONG])
def test_an_address_that_is_wrong_is_told_without_its_password(
    postgres: EmbeddedPostgres, dsn: str, kind: type[MaloteError], said: str
) -> None:
    with pytest.raises(kind, match=said) as told:
        connect(dsn.format(port=postgres.port))
    assert "p4ssw0rd" not in str(told.value)


# ---- one connection string, from Airflow's connection or its variable

PARTS = {"conn_type": "postgres", "host": "db", "port": 6432, "login": "a@b", "password": "p:/@ä", "schema": "w h"}
EXTRA = {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "cursor": "dictcursor", "connect_timeout": 3}
URI = f"postgres://a%40b:{quote('p:/@ä', safe='')}@db:6432/w%20h"
SAME = {"host": "db", "port": "6432", "user": "a@b", "password": "p:/@ä", "dbname": "w h"}
TLS = {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "connect_timeout": "3"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps({**PARTS, "extra": EXTRA}), SAME | TLS),
        (json.dumps({**PARTS, "extra": json.dumps(EXTRA)}), SAME | TLS),
        (json.dumps(PARTS), SAME),
        (URI, SAME),
        (f"{URI}?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=3&cursor=x", SAME | TLS),
        (f"{URI}?__extra__={quote(json.dumps(EXTRA))}", SAME | TLS),
        ("postgresql://db/w", {"host": "db", "dbname": "w"}),
        ("host=db sslmode=require", {"host": "db", "sslmode": "require"}),
    ],
)
def test_an_airflow_connection_says_the_same_in_every_form(text: str, found: dict[str, str]) -> None:
    assert conninfo.conninfo_to_dict(dsn_in(text)) == found


@pytest.mark.parametrize("text", ['{"password": "p4ss', '["p4ss"]x', '{"extra": "p4ss"}', "postgres://u:p4ss@h:x/d"])
def test_a_connection_that_cannot_be_read_is_not_repeated(text: str) -> None:
    try:
        dsn = dsn_in(text)
        connect(dsn)
    except Misconfigured as wrong:
        assert "p4ss" not in str(wrong)
    else:
        raise AssertionError("it was taken")


# ---- roles


@pytest.fixture
def logins(postgres: EmbeddedPostgres, database: str) -> Iterator[dict[str, str]]:
    """The dsn of a login in each role; roles are of the whole server, so their logins are taken away again."""
    upgrade(database, roles=True)
    parts = conninfo.conninfo_to_dict(database)
    with psycopg.connect(database, autocommit=True) as admin:
        for role in ("owner", "runtime", "select", "reader"):
            admin.execute(f"create role test_{role} login password 'x' in role malote_{role}")
        yield {
            role: conninfo.make_conninfo(**{**parts, "user": f"test_{role}", "password": "x"})  # type: ignore[arg-type]
            for role in ("owner", "runtime", "select", "reader")
        }
        for role in ("owner", "runtime", "select", "reader"):
            admin.execute(f"drop owned by test_{role}")
            admin.execute(f"drop role test_{role}")


MAY = [
    ("runtime", "insert into malote.pouch values ('p', 'i', 'e', 'a', 's', '{}', now())", True),
    ("runtime", "create temp table t (a integer)", True),
    ("runtime", "select * from outgoing.ccee_contratos", True),
    ("runtime", "insert into outgoing.cielo_consulta values ('a', 'b')", False),
    ("runtime", "delete from malote.event", False),
    ("runtime", "truncate malote.event", False),
    ("runtime", "update malote.event set what = 'x'", False),
    ("runtime", "drop table ccee.resultado_processamento", False),
    ("runtime", "create table malote.x (a integer)", False),
    ("runtime", "select pg_read_file('/etc/passwd')", False),
    ("select", "select * from malote.item", True),
    ("select", "insert into malote.pouch values ('p', 'i', 'e', 'a', 's', '{}', now())", False),
    ("reader", "select * from report.submissoes_abertas", True),
    ("reader", "select * from ccee.resultado_processamento", True),
    ("reader", "select * from malote.submission", False),
    ("reader", "select * from outgoing.cielo_autorizacao", False),
    ("owner", "insert into outgoing.cielo_consulta values ('a', 'b')", True),
    ("owner", "truncate malote.event", False),
    ("owner", "create role another", False),
]


def test_each_role_may_what_it_is_for_and_nothing_else(logins: dict[str, str]) -> None:
    for role, statement, may in MAY:
        with connect(logins[role], autocommit=True) as connection:
            try:
                connection.execute(statement)
            except psycopg.Error:
                assert not may, (role, statement)
            else:
                assert may, (role, statement)


def test_the_owner_upgrades_and_the_others_are_told_who_does(logins: dict[str, str]) -> None:
    upgrade(logins["owner"])
    with pytest.raises(Misconfigured, match="cannot be upgraded") as said:
        upgrade(logins["runtime"])
    assert "role that owns these schemas" in str(said.value)


SELECTIONS: list[tuple[str, type[MaloteError], str]] = [
    ("select pg_read_file('/etc/passwd') as reference", Misconfigured, "reads what it may not"),
    ("select nextval('malote.submission_number_seq') as reference", Misconfigured, "reads what it may not"),
    ("with x as (delete from malote.pouch returning id) select id as reference from x", Misconfigured, "does not run"),
    ("select 1 as reference; commit; delete from malote.pouch", Misconfigured, "does not run"),
    ("select set_config('transaction_read_only', 'off', true) as reference", Misconfigured, "writes"),
    ("select lo_create(0)::text as reference", Misconfigured, "writes"),
    ("copy malote.pouch to program 'id'", Misconfigured, "does not run"),
    ("set role malote_owner", Misconfigured, "does not run"),
    ("select '4012001037141112'::date as reference", Misconfigured, "fails on a row"),
    ("select 1 / n as reference from generate_series(-1, 1) n", Misconfigured, "fails on a row"),
    ("select 4012001037141112 4012001037141112", Misconfigured, "does not run"),
    ("select 1 as a", Invalid, "no column `reference`"),
    ('select 1 as reference, 2 as "Reference"', Invalid, "cannot be told apart"),
    ('select 1 as reference, 2 as a, 3 as "a "', Invalid, "cannot be told apart"),
    ("select 1 as reference, 2 as a, 3 as a", Invalid, "cannot be told apart"),
    ("", Misconfigured, "does not run"),
]


@pytest.mark.parametrize("who", ["runtime", "superuser"])
def test_a_selection_reads_and_does_nothing_else_whoever_runs_it(
    database: str, logins: dict[str, str], who: str
) -> None:
    dsn = {**logins, "superuser": database}[who]
    assert list(Outgoing(dsn, "select current_user::text as reference")) == [{"reference": "malote_select"}]
    for query, kind, said in SELECTIONS:
        with pytest.raises(kind, match=said) as told:
            list(Outgoing(dsn, query))
        assert "4012001037141112" not in str(told.value) and "root:" not in str(told.value), query


def test_without_roles_a_selection_is_read_only_all_the_same(warehouse: str) -> None:
    query: Any = "select set_config('transaction_read_only', 'off', true) as reference"
    with pytest.raises(Misconfigured, match="writes"):
        list(Outgoing(warehouse, query))

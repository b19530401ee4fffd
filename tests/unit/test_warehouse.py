"""The warehouse as users have it: other defaults, other encodings, roles; what is wrong with it is said in words."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import conninfo

from malote.errors import MaloteError, Misconfigured, Transient
from malote.migrations import upgrade
from malote.trip import Outgoing
from malote.warehouse import connect, dsn_from, examine
from malote_local.postgres import EmbeddedPostgres
from support.unfit import UNFIT

# ---- any defaults


@pytest.mark.parametrize(
    "setting",
    ["datestyle = 'SQL, DMY'", "datestyle = 'German'", "datestyle = 'Postgres, MDY'", "client_encoding = 'LATIN1'",
     "client_encoding = 'SQL_ASCII'", "intervalstyle = 'iso_8601'", "timezone = 'Asia/Kolkata'", "search_path = 'x'",
     "standard_conforming_strings = off", "bytea_output = 'escape'", "synchronous_commit = off",
     "default_transaction_isolation = 'serializable'", "default_transaction_isolation = 'repeatable read'"],
)  # fmt: skip
def test_whatever_the_database_has_as_default_everything_is_read_and_written_alike(database: str, setting: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"alter database {conninfo.conninfo_to_dict(database)['dbname']} set {setting}")
    upgrade(database)
    with connect(database) as connection:
        row = connection.execute(
            "select 'ação – ☃', timestamptz '2026-11-26 21:00+00', interval '1 day', date '2027-01-15', '\\n'::text"
        ).fetchone()
        promised = "select current_setting('synchronous_commit') <> 'off', current_setting('transaction_isolation')"
        assert connection.execute(promised).fetchone() == (True, "read committed")
    assert row is not None
    assert (row[0], row[1]) == ("ação – ☃", datetime(2026, 11, 26, 21, tzinfo=timezone.utc))
    assert (row[2].days, row[3].isoformat(), row[4]) == (1, "2027-01-15", "\\n")
    assert list(Outgoing(database, "select 'ação' as reference")) == [{"reference": "ação"}]


USUAL = {"connect_timeout": "10", "tcp_user_timeout": "30000", "client_encoding": "UTF8"}
OPENED = [
    ("", {}, {"application_name": "malote", **USUAL}),
    ("", {"name": "malote migrate"}, {"application_name": "malote migrate", **USUAL}),
    ("connect_timeout=3 application_name=mine client_encoding=latin1", {},
     {**USUAL, "application_name": "mine", "connect_timeout": "3"}),
]  # fmt: skip


@pytest.mark.parametrize(("more", "how", "found"), OPENED, ids=["as it is", "by name", "as the address says"])
def test_a_connection_waits_not_for_ever_and_says_whose_it_is(
    warehouse: str, more: str, how: dict[str, str], found: dict[str, str]
) -> None:
    with connect(conninfo.make_conninfo(warehouse, **conninfo.conninfo_to_dict(more)), **how) as connection:
        known = connection.info.get_parameters()
        assert {name: known[name] for name in found} == found
        assert connection.execute(
            "select application_name from pg_stat_activity where pid = pg_backend_pid()"
        ).fetchone() == (found["application_name"],)


# ---- what cannot hold a journal, said before anything is done


@pytest.mark.parametrize("what", UNFIT)
def test_a_database_that_cannot_hold_a_journal_is_refused_in_words(
    postgres: EmbeddedPostgres, what: str, tmp_path: Path
) -> None:
    made, said = UNFIT[what]
    with made(postgres, tmp_path) as dsn, pytest.raises(Misconfigured, match=said):
        upgrade(dsn)


def test_a_replica_may_be_selected_from(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    made, _ = UNFIT["a read replica"]
    with made(postgres, tmp_path) as dsn:
        with connect(dsn) as connection:
            examine(connection, writes=False)
        assert list(Outgoing(dsn, "select 'ação' as reference")) == [{"reference": "ação"}]


WRONG = [
    ("postgresql://malote:p4ssw0rd@127.0.0.1:{port}/nowhere", Misconfigured, "refuses the login"),
    ("postgresql://malote:p4ssw0rd@127.0.0.1:{port}/postgres", Misconfigured, "refuses the login"),
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
    assert conninfo.conninfo_to_dict(dsn_from(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "p4ss',
        '["p4ss"]x',
        '{"extra": "p4ss"}',
        '{"extra": ["p4ss"]}',
        '{"extra": 5}',
        "postgres://u:p4ss@h:x/d",
    ],
)
def test_a_connection_that_cannot_be_read_is_not_repeated(text: str) -> None:
    try:
        dsn = dsn_from(text)
        connect(dsn)
    except Misconfigured as wrong:
        assert "p4ss" not in str(wrong)
    else:
        raise AssertionError("it was taken")

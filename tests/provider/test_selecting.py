"""What a run may select by: names of files below configured folders; SQL and paths only from a DAG's author."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import conninfo
from psycopg.conninfo import conninfo_to_dict as said

from malote.errors import Misconfigured
from malote.migrations import upgrade
from malote_local.postgres import EmbeddedPostgres
from malote_provider.ccee import CceeHook
from malote_provider.selecting import own_file, statement, written
from malote_provider.selectors import selection_dsn, timeout
from support.planted import WORKER
from support.unfit import UNFIT

LEFT = "{{ params.outgoing_sql }}"

WRITTEN = [
    ("select 1 as reference", True),
    ("my.sql", True),
    ("/srv/sql/my.sql", True),
    ("select * from t where dia = '{{ ds }}'", True),
    ("with t as (select 1) table t {# a comment #}", True),
    ({"liberacao": "select 1"}, True),
    ({}, True),
    (LEFT, False),
    ("{{ params.outgoing_sql or '' }}", False),
    ("\n{{ dag_run.conf['sql'] }}\n", False),
    ("{{ params.folder }}/{{ params.file }}.sql", False),
    ("{% if params.x %}{{ params.x }}{% endif %}", False),
    ("{{ 'select 1' if params.x else params.y }}", False),
    (None, False),
    (frozenset(), False),  # the output of another task
]


@pytest.mark.parametrize(("text", "free"), WRITTEN, ids=str)
def test_what_is_nothing_but_a_template_is_a_run_s(text: Any, free: bool) -> None:
    assert written(text) is free


def test_what_a_run_gives_is_no_sql_of_an_author_inside_of_a_mapping_either() -> None:
    free = written({"liberacao": LEFT, "contratacao": "select 1 as reference"})
    rendered = {"liberacao": "select pg_read_file('/etc/passwd') as reference", "contratacao": "select 1 as reference"}
    assert statement(rendered, "bndes", "contratacao", free=free) == "select 1 as reference"
    for given in (rendered, {"liberacao": "/etc/passwd.sql"}):
        with pytest.raises(Misconfigured, match="of a run is the name of a file"):
            statement(given, "bndes", "liberacao", free=free)


OF_A_RUN = [
    "select pg_read_file('/etc/passwd') as \"reference\"",
    "SELECT 1 as reference;",
    "/etc/passwd", "/etc/passwd.sql", "../secret.sql", "a/../../secret.sql", "./mine.sql", "a//mine.sql", ".hidden.sql",
    "mine.sql\0", "mine.sql\nselect 1", "~/mine.sql", "file:///srv/mine.sql", "C:\\mine.sql", "absent.sql", "absent",
    "out.sql", "out", "pipe.sql", "folder.sql", "device.sql", "round.sql", "round", "half\ud800.sql",
    "x" * 5000 + ".sql",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configured folder, beside which lies what must stay outside."""
    folder = tmp_path / "configured"
    (folder / "a").mkdir(parents=True)
    (folder / "folder.sql").mkdir()
    (tmp_path / "secret.sql").write_text("select 'secret'")
    (folder / "mine.sql").write_text("select 'mine'")
    (folder / "out.sql").symlink_to(tmp_path / "secret.sql")
    (folder / "out").symlink_to(tmp_path)
    (folder / "device.sql").symlink_to("/dev/zero")
    (folder / "round.sql").symlink_to(folder / "round.sql")
    (folder / "round").symlink_to(folder / "round")
    os.mkfifo(folder / "pipe.sql")
    return folder


@pytest.mark.parametrize("text", OF_A_RUN, ids=lambda each: ascii(each)[:30])
def test_a_run_starts_no_sql_and_no_path_of_its_own(folder: Path, text: str) -> None:
    with pytest.raises(Misconfigured) as said:
        statement(text, "ccee", "contratos", [folder])
    assert said.value.todo and "outgoing_sql_folders" in said.value.todo


def test_a_file_is_found_by_name_in_the_first_folder_that_has_it_and_among_the_shipped(folder: Path) -> None:
    def of(text: Any) -> str:
        return statement(text, "ccee", "contratos", [folder])

    assert of("mine.sql") == "select 'mine'"
    shipped = of("")
    assert "outgoing.ccee_contratos" in shipped and of("ccee__contratos.sql") == of("None") == of(None) == shipped
    (folder / "a" / "contratos.sql").write_text("select 'by service'")
    assert of("a") == of("a/contratos.sql") == "select 'by service'"
    (folder / "ccee__contratos.sql").write_text("select 'instead of the shipped one'")
    assert of("") == of("ccee__contratos.sql") == "select 'instead of the shipped one'"


def test_an_author_gives_sql_a_path_or_one_of_these_for_each_service(folder: Path) -> None:
    def of(given: Any, service: str = "liberacao") -> str:
        return statement(given, "bndes", service, [folder], free=True)

    each = {"liberacao": "select 'l'", "contratacao": str(folder / "mine.sql"), "financiamento": "mine.sql"}
    assert of("select 1") == "select 1"
    assert [of(each, service) for service in each] == ["select 'l'", "select 'mine'", "select 'mine'"]
    assert "outgoing.bndes_cancelamento" in of(each, "cancelamento"), "what is not named selects as usual"


ENCODED = [
    ("select 'ação'".encode(), "select 'ação'"),
    (b"\xef\xbb\xbfselect 1", "select 1"),
    ("select 'ação'".encode("iso-8859-1"), None),
    ("select 1".encode("utf-16"), None),
]


@pytest.mark.parametrize(("data", "text"), ENCODED, ids=lambda each: repr(each)[:30])
def test_a_file_is_utf_8_with_a_byte_order_mark_or_without(folder: Path, data: bytes, text: str | None) -> None:
    (folder / "mine.sql").write_bytes(data)
    if text is None:
        with pytest.raises(Misconfigured, match="not UTF-8"):
            statement("mine.sql", "ccee", "contratos", [folder])
    else:
        assert statement("mine.sql", "ccee", "contratos", [folder]) == text


@pytest.mark.parametrize(
    "arquivo",
    ["/proc/kmsg", "/dev/zero", "/etc/passwd", "../secret.sql", "out.sql", "out/secret.sql", "pipe.sql", "device.sql",
     "a", "", "mine.sql\0", "absent.xml", "x" * 5000, "round.sql", "round/mine.sql", "half\ud800", "/proc/self/mem",
     "/proc/1/environ", "//etc/passwd", "file:///etc/passwd"],
    ids=lambda each: ascii(each)[:30],
)  # fmt: skip
def test_a_file_that_is_sent_as_it_is_is_a_regular_one_below_a_configured_folder(folder: Path, arquivo: str) -> None:
    with pytest.raises(Misconfigured) as said:
        own_file(arquivo, "ccee", [folder])
    assert "arquivo_folders" in str(said.value)


def test_a_file_is_sent_by_its_path_or_by_its_name_in_the_folder(folder: Path) -> None:
    assert own_file("mine.sql", "ccee", [folder]) == own_file(str(folder / "mine.sql"), "ccee", [folder])
    with pytest.raises(Misconfigured, match="none is configured"):
        own_file(str(folder / "mine.sql"), "ccee", [])


def test_free_sql_of_a_run_is_refused_by_the_task_before_anything_is_selected(
    notary: SimpleNamespace, context: Any
) -> None:
    task = notary.submit(task_id="submit", outgoing_sql=LEFT)
    given = context(task)
    given["params"] = {"outgoing_sql": "select pg_read_file('/etc/passwd') as reference, 'x' as text"}
    task.render_template_fields(given)
    with pytest.raises(Misconfigured) as said:
        task.execute(given)
    assert "root:" not in str(said.value) and not notary.office.requests


def test_rows_are_selected_by_the_login_of_malote_select_where_there_is_one(
    connected: str, set_connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = CceeHook()
    assert selection_dsn(hook) == hook.warehouse_dsn()
    set_connection("malote_select", conn_type="postgres", login="malote_select", password="its own")
    found, there = said(selection_dsn(CceeHook())), said(connected)
    assert (found["user"], found["password"]) == ("malote_select", "its own")
    assert (found["host"], found["port"], found["dbname"]) == (there["host"], there["port"], there["dbname"])
    set_connection(
        "replica", conn_type="postgres", host="replica", login="r", password="x", extra={"sslmode": "require"}
    )
    monkeypatch.setenv("AIRFLOW__MALOTE__SELECTION_CONN_ID", "replica")
    found = said(selection_dsn(CceeHook()))
    assert (found["host"], found["user"], found["sslmode"], found["dbname"]) == (
        "replica",
        "r",
        "require",
        there["dbname"],
    )
    set_connection("mine", conn_type="postgres", host="elsewhere", login="me")
    assert said(selection_dsn(CceeHook(warehouse_conn_id="mine"))) == {"host": "elsewhere", "user": "me"}


@pytest.mark.usefixtures("in_english")
def test_the_connection_test_says_who_selects_and_what_is_wrong_with_the_warehouse(
    ccee: Any, set_connection: Any
) -> None:
    works, told = CceeHook().test_connection()
    assert works and f"step down from {WORKER} to malote_select" in told
    parts = conninfo.conninfo_to_dict(ccee.dsn)
    mighty = {"login": parts["user"], "password": parts["password"], "schema": parts["dbname"]}
    set_connection("malote_warehouse", conn_type="postgres", host=parts["host"], port=int(parts["port"] or 0), **mighty)
    works, told = CceeHook().test_connection()
    assert works and "is a superuser" in told and "malote migrate --roles" in told
    set_connection("malote_select", conn_type="postgres", login="nobody", password="planted-secret")
    works, told = CceeHook().test_connection()
    assert works and "Attention: the warehouse fails" in told and "planted-secret" not in told
    set_connection("malote_warehouse", conn_type="mysql", host="h")
    works, told = CceeHook().test_connection()
    assert not works and "the warehouse is of type 'mysql'" in told


@pytest.mark.parametrize("what", UNFIT)
@pytest.mark.usefixtures("in_english", "ccee")
def test_the_connection_test_says_of_an_unfit_warehouse_what_migrate_says(
    postgres: EmbeddedPostgres, set_connection: Any, what: str, tmp_path: Path
) -> None:
    made, _ = UNFIT[what]
    with made(postgres, tmp_path) as dsn:
        with pytest.raises(Misconfigured) as refused:
            upgrade(dsn)
        parts = said(dsn)
        mighty = {"login": parts["user"], "password": parts["password"], "schema": parts["dbname"]}
        there = {"host": parts["host"], "port": int(parts["port"] or 0)}
        set_connection("malote_warehouse", conn_type="postgres", **mighty, **there)
        works, told = CceeHook().test_connection()
    assert not works and refused.value.what in told and str(refused.value.todo) in told


LIMITS = ["0", "-1", "inf", "nan", "1e400", "9" * 400, "PT0S", "P2D", "P99999999999D", "soon", "", "PT10M; drop", "½"]


@pytest.mark.parametrize("said", LIMITS, ids=lambda each: each[:20])
def test_a_time_limit_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__OUTGOING_TIMEOUT", said)
    with pytest.raises(Misconfigured, match="outgoing_timeout"):
        timeout()


@pytest.mark.parametrize(("said", "seconds"), [("PT10M", 600), ("90", 90), ("1.5", 1.5), ("P1D", 86400)])
def test_a_time_limit_is_iso_8601_or_seconds(monkeypatch: pytest.MonkeyPatch, said: str, seconds: float) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__OUTGOING_TIMEOUT", said)
    assert timeout().total_seconds() == seconds

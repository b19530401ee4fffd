"""The hook: what leaves with its session, what it reads, and a connection test that says what is wrong."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.http.hooks.http import HttpHook
from psycopg import conninfo

from malote.archive import Archive
from malote.clock import HeldClock, day_of
from malote.errors import Misconfigured
from malote.institution import Call, Request
from malote_provider.ccee import CceeHook
from malote_provider.connections import base_url
from malote_provider.declaration import hook_of
from malote_provider.hooks import MaloteHook
from support.planted import ARCHIVE_KEY

Changed = Callable[..., tuple[bool, str]]


@pytest.fixture
def tested(ccee: SimpleNamespace, set_connection: Callable[..., None], in_english: None) -> Changed:
    """``tested(host=…, extra={…})``: test_connection() of the simulator's connection with these changes."""

    def test(**changes: Any) -> tuple[bool, str]:
        values = deepcopy(ccee.connection)
        values["extra"].update(changes.pop("extra", {}))
        set_connection("ccee_default", **{**values, **changes})
        return CceeHook().test_connection()

    return test


@pytest.fixture
def echo() -> Iterator[SimpleNamespace]:
    """A plain HTTP server that keeps the headers it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(500)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"oops")

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", seen=seen)
    server.shutdown()
    server.server_close()


def test_nothing_of_extra_and_no_login_leaves_and_no_status_raises(
    ccee: SimpleNamespace, set_connection: Callable[..., None], echo: SimpleNamespace
) -> None:
    values = {**ccee.connection, "host": echo.url}
    values["extra"] = {**values["extra"], "X-Mine": "leak", "timeout": 1, "proxies": {"http": "http://nowhere.invalid"}}
    set_connection("ccee_default", **values)
    with CceeHook() as hook:
        said = hook.driver().send(Call("echo", Request("GET", f"{echo.url}/"), lambda reply: reply.status))
    assert said == 500
    assert set(echo.seen[0]) == {"host", "user-agent", "accept-encoding"}


async def test_the_triggerers_driver_sends_as_little(
    ccee: SimpleNamespace, set_connection: Callable[..., None], echo: SimpleNamespace
) -> None:
    values = {**ccee.connection, "host": echo.url}
    values["extra"] = {**values["extra"], "X-Mine": "leak"}
    set_connection("ccee_default", **values)
    hook = CceeHook()
    await hook.fetch()
    driver = hook.async_driver()
    said = await driver.send(Call("echo", Request("GET", f"{echo.url}/"), lambda reply: reply.status))
    await driver.close()
    assert said == 500
    assert "authorization" not in echo.seen[0]
    assert not {name for name in echo.seen[0] if name.startswith("x-") or name in values["extra"]}


def test_the_test_of_a_connection_speaks_portuguese_where_nobody_said_otherwise(
    ccee: SimpleNamespace, set_connection: Callable[..., None]
) -> None:
    values = deepcopy(ccee.connection)
    values["extra"]["tls"] = {"legacy": True}
    set_connection("ccee_default", **values)
    works, told = CceeHook().test_connection()
    assert works, told
    for said in ("a CCEE conhece o usuário", "Aviso: tls.legacy está", "Certificado do cliente", "As seleções descem"):
        assert said in told
    set_connection("ccee_default", **{**values, "password": "wrong"})
    works, told = CceeHook().test_connection()
    assert not works and "Fazer agora: " in told and "Do now" not in told


def test_a_request_beside_the_journal_is_refused(ccee: SimpleNamespace) -> None:
    assert issubclass(CceeHook, HttpHook)
    with pytest.raises(NotImplementedError, match="journal"):
        CceeHook().run("/endpoint")


def test_the_hook_of_a_connection_type_is_found_by_airflow(ccee: SimpleNamespace) -> None:
    from airflow.sdk import BaseHook

    hook = BaseHook.get_hook("ccee_default")
    assert type(hook) is CceeHook is hook_of("ccee")
    assert hook.get_institution().account == "1234"


def test_a_hook_of_no_institution_is_refused_where_it_is_defined() -> None:
    with pytest.raises(TypeError, match="institution"):
        type("Nobody", (MaloteHook,), {})


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("https://a.example/ws/", None, "https://a.example/ws"),
        ("https://a.example:442/ws", 8443, "https://a.example:8443/ws"),
        ("a.example", 443, "https://a.example:443"),
        ("a.example/path", None, "https://a.example/path"),
        ("https://[::1]:9/x", None, "https://[::1]:9/x"),
        ("", None, ""),
    ],
)
def test_host_and_port_make_the_address(host: str, port: int | None, expected: str) -> None:
    assert base_url(host, port, "piloto") == expected


@pytest.mark.parametrize("host", ["http://a.example", "ftp://a.example", "https://u:p@a.example", "a.example:x", "//"])
def test_a_host_that_is_no_address_or_not_encrypted_is_refused(host: str) -> None:
    with pytest.raises(Misconfigured):
        base_url(host, None, "producao")
    assert base_url("http://127.0.0.1:1", None, "simulator") == "http://127.0.0.1:1"


def test_blank_fields_of_the_form_count_as_absent_and_rules_may_be_text(
    ccee: SimpleNamespace, set_connection: Callable[..., None]
) -> None:
    values = deepcopy(ccee.connection)
    values["extra"] |= {"schemas": "", "ca_bundle": None, "rules": json.dumps({"poll_every": "PT7S"})}
    set_connection("ccee_default", **values)
    hook = CceeHook()
    assert hook.get_institution().rules.poll_every == timedelta(seconds=7)
    assert "schemas" not in hook.access().extra


def test_the_warehouse_keeps_what_libpq_knows_of_its_extra(set_connection: Callable[..., None]) -> None:
    set_connection(
        "malote_warehouse",
        conn_type="postgres",
        host="db.example",
        port=5433,
        login="me",
        password="it's secret",
        schema="dw",
        extra={"sslmode": "verify-full", "cursor": "dictcursor", "connect_timeout": 5},
    )
    assert conninfo.conninfo_to_dict(CceeHook().warehouse_dsn()) == {
        "host": "db.example",
        "port": "5433",
        "user": "me",
        "password": "it's secret",
        "dbname": "dw",
        "sslmode": "verify-full",
        "connect_timeout": "5",
    }


def test_another_database_than_postgresql_is_refused(set_connection: Callable[..., None]) -> None:
    set_connection("malote_warehouse", conn_type="mysql", host="db")
    with pytest.raises(Misconfigured, match="PostgreSQL"):
        CceeHook().warehouse_dsn()


def test_the_warehouse_is_the_configured_connection_unless_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CceeHook().warehouse_conn_id == "malote_warehouse"
    monkeypatch.setenv("AIRFLOW__MALOTE__WAREHOUSE_CONN_ID", "dw")
    assert CceeHook().warehouse_conn_id == "dw"
    assert CceeHook(warehouse_conn_id="mine").warehouse_conn_id == "mine"


def test_the_archive_is_below_airflows_home_unless_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.configuration import conf

    monkeypatch.delenv("AIRFLOW__MALOTE__ARCHIVE_URL")
    assert Path(conf.get("malote", "archive_url")).parts[-2:] == ("malote", "archive")
    assert "{" not in conf.get("malote", "archive_url")


def test_the_key_of_the_archive_is_the_password_of_its_connection(
    set_connection: Callable[..., None], ccee: SimpleNamespace
) -> None:
    with pytest.raises(Misconfigured), CceeHook().archive().write("x", "y", sealed=True):
        pass
    set_connection("malote_archive", conn_type="generic", password=ARCHIVE_KEY)
    archive = CceeHook().archive()
    assert isinstance(archive, Archive)
    with archive.write("x", "y", sealed=True) as sheet:
        sheet.write(b"card")
    assert archive.open(sheet.stored).read() == b"card"


def test_old_keys_of_the_archive_open_still_and_no_log_shows_them(
    set_connection: Callable[..., None], ccee: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    masked: list[str] = []
    monkeypatch.setattr("malote_provider.hooks.mask_secret", masked.append)
    set_connection("malote_archive", conn_type="generic", password=ARCHIVE_KEY)
    with CceeHook().archive().write("x", "y", sealed=True) as sheet:
        sheet.write(b"card")
    set_connection("malote_archive", conn_type="generic", password=ARCHIVE_KEY[::-1], extra={"old_keys": [ARCHIVE_KEY]})
    assert CceeHook().archive().open(sheet.stored).read() == b"card"
    assert ARCHIVE_KEY in masked


def test_the_budget_is_one_for_all_users_of_an_account(ccee: SimpleNamespace) -> None:
    with CceeHook() as hook:
        assert (hook.pace().name, hook.pace().limit) == ("ccee/simulator/1234", 600)


def test_a_connection_that_works_says_whom_it_reached(tested: Changed) -> None:
    works, said = tested()
    assert works, said
    assert "CCEE" in said and "simulator" in said and "1234" in said


WRONG = [
    ({"extra": {"codigo_perfil_agente": ""}}, "codigo_perfil_agente"),
    ({"extra": {"environment": ""}}, "environment"),
    ({"extra": {"client_certificate": "/nowhere/a.p12"}}, "/nowhere/a.p12 cannot be read"),
    ({"extra": {"client_certificate_password": "wrong-password"}}, "client_certificate_password"),
    ({"extra": {"client_certificate": None}}, "client_certificate is not set"),
    ({"extra": {"ca_bundle": None}}, "ca_bundle"),
    ({"extra": {"environment": "producao"}}, "environment"),
    ({"host": "https://127.0.0.1:9"}, "could not be reached"),
    ({"password": "wrong-password"}, "2001"),
    ({"extra": {"codigo_perfil_agente": "999"}}, "2001"),
    ({"extra": {"rules": {"no_such_rule": 1}}}, "no_such_rule"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[str(changes) for changes, _ in WRONG])
def test_each_thing_that_is_wrong_is_said(tested: Changed, changes: dict[str, Any], words: str) -> None:
    works, said = tested(**changes)
    assert not works
    assert words in said
    assert "Do now:" in said
    assert "wrong-password" not in said


def test_a_certificate_that_ends_soon_is_a_warning_and_one_that_has_ended_an_error(
    tested: Changed, ccee: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from malote.wire import tls

    found = tls.describe(str(ccee.sim.certificates.client), ccee.sim.certificates.password)
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(found.not_after - timedelta(days=12)))
    works, said = tested()
    assert works and day_of(found.not_after) in said and "12 days" in said
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(found.not_after + timedelta(days=1)))
    works, said = tested()
    assert not works and day_of(found.not_after) in said


def test_secrets_of_the_extra_are_masked_in_logs(
    ccee: SimpleNamespace, set_connection: Callable[..., None], redact: Callable[[str], str]
) -> None:
    values = deepcopy(ccee.connection)
    values["extra"]["client_certificate_password"] = "planted-certificate-password"
    set_connection("ccee_default", **values)
    CceeHook().access()
    assert redact(f"a planted-certificate-password and a {values['password']}") == "a *** and a ***"


def said_short(records: Any) -> list[str]:
    return [record.getMessage() for record in records if "too short" in record.getMessage()]


def test_a_short_value_of_extra_is_no_warning_and_a_short_secret_elsewhere_still_is_one(
    ccee: SimpleNamespace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk._shared.secrets_masker import SecretsMasker
    from airflow.sdk.log import mask_secret

    monkeypatch.setattr(SecretsMasker, "_has_warned_short_secret", False)
    assert ccee.connection["extra"]["codigo_perfil_agente"] == "1234"
    with CceeHook() as hook:
        hook.get_institution()
        asyncio.run(hook.fetch())
    assert said_short(caplog.records) == []
    mask_secret({"extra": "1234"})
    assert len(said_short(caplog.records)) == 1

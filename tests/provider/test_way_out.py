"""How a connection says the way out: passwords that are numbers, old forms of TLS, a proxy; for task and trigger."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from malote.errors import Misconfigured
from malote_provider.ccee import CceeHook
from malote_provider.connections import legacy_of, secrets_of, text_of
from support.connect_proxy import ConnectProxy


@pytest.mark.parametrize(("value", "text"), [(12345678, "12345678"), ("0123", "0123"), (None, None), (0, "0")])
def test_a_password_that_is_a_number_is_taken_as_it_was_typed(value: Any, text: str | None) -> None:
    assert (
        text_of(json.loads(json.dumps({"client_certificate_password": value})), "client_certificate_password") == text
    )


@pytest.mark.parametrize("value", [1.5, True, ["a"], {"a": 1}])
def test_what_json_does_not_keep_as_it_was_typed_is_refused_without_its_value(value: Any) -> None:
    with pytest.raises(Misconfigured, match=r"extra\.client_certificate_password is no text") as caught:
        text_of({"client_certificate_password": value}, "client_certificate_password")
    assert "quotation marks" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "legacy"), [({}, False), ({"tls": {}}, False), ({"tls": {"legacy": False}}, False),
                         ({"tls": {"legacy": True}}, True)]
)  # fmt: skip
def test_old_forms_of_tls_are_taken_only_where_that_is_said(said: dict[str, Any], legacy: bool) -> None:
    assert legacy_of(said) is legacy


@pytest.mark.parametrize("said", ["yes", True, {"legacy": "true"}, {"legacy": 1}, {"legcay": True}, [1]])
def test_what_tls_does_not_know_is_refused(said: Any) -> None:
    with pytest.raises(Misconfigured, match=r"extra\.tls"):
        legacy_of({"tls": said})


def test_a_proxys_password_is_in_no_log() -> None:
    connection = SimpleNamespace(conn_id="c", extra=json.dumps({"proxy": "http://us:se%40nha@proxy:3128"}))
    assert {"se%40nha", "se@nha"} <= set(secrets_of(connection))  # type: ignore[arg-type]


@pytest.fixture
def changed(
    ccee: SimpleNamespace,
    set_connection: Callable[..., None],
    in_english: None,
) -> Callable[..., CceeHook]:
    """A hook of the simulator's connection with these fields of extra."""

    def make(**extra: Any) -> CceeHook:
        values = deepcopy(ccee.connection)
        values["extra"].update(extra)
        set_connection("ccee_default", **values)
        return CceeHook()

    return make


def test_the_test_of_a_connection_warns_of_old_forms_of_tls(changed: Callable[..., CceeHook]) -> None:
    for said in ({"legacy": True}, '{"legacy": true}'):
        works, told = changed(tls=said).test_connection()
        assert works and "Warning: tls.legacy is on" in told
    works, told = changed(tls={"legacy": False}).test_connection()
    assert works and "legacy" not in told


async def test_task_and_trigger_leave_by_the_proxy_of_the_connection(
    ccee: SimpleNamespace, changed: Callable[..., CceeHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with ConnectProxy() as proxy:
        hook = changed(proxy=f"http://{proxy.where}")
        works, told = hook.test_connection()
        assert works, told
        by_task = len(proxy.heads)
        await hook.fetch()
        driver = hook.async_driver()
        await driver.send(hook.get_institution().probe())
        await driver.close()
        hook.close()
    assert by_task and len(proxy.heads) == by_task + 1
    assert all(head.startswith(f"CONNECT localhost:{ccee.sim.ports['ccee']} ") for head in proxy.heads)


def test_a_proxy_of_the_environment_is_not_asked(
    changed: Callable[..., CceeHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    works, told = changed().test_connection()
    assert works, told


def test_a_proxy_that_is_none_is_said_in_the_test_of_the_connection(changed: Callable[..., CceeHook]) -> None:
    works, told = changed(proxy="proxy.empresa:3128").test_connection()
    assert not works and "extra.proxy" in told and "Do now" in told

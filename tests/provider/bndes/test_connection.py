"""The names and the form of BNDES in Airflow, whose e-CNPJ a connection has, and its test."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from malote.clock import HeldClock, day_of
from malote.errors import Misconfigured
from malote.institution import load
from malote_provider import bndes as names
from malote_provider.bndes import (
    BndesHook,
    BndesStatusSensor,
    chosen,
)
from malote_provider.declaration import hook_of
from malote_provider.hooks import MaloteHook
from malote_provider.provider import get_provider_info
from support.bndes_tasks import land, submit, wait

CNPJ = "11222333000181"
Changed = Callable[..., tuple[bool, str]]


# ---- the names and the form


def test_the_form_offers_the_life_cycle_and_each_service_and_marks_the_undocumented() -> None:
    from malote.institutions.bndes.rules import UNDOCUMENTED

    assert list(names.SERVICOS) == ["esteira", *load("bndes").services]
    assert {name for name, shown in names.SERVICOS.items() if "não documentado" in shown} == set(UNDOCUMENTED)
    assert set(names.ESTEIRA) < set(load("bndes").services)


def test_a_run_is_of_one_service_or_of_the_life_cycle_and_one_sql_is_of_one_service() -> None:
    assert chosen("aditivo", "mine.sql") == ["aditivo"]
    assert chosen("esteira", "None") == ["financiamento", "contratacao", "liberacao"]
    with pytest.raises(Misconfigured, match="of one service"):
        chosen("esteira", "mine.sql")


def test_the_hook_is_found_by_the_institutions_name() -> None:
    assert hook_of("bndes") is BndesHook
    assert {task.conn_id for task in (submit(), wait(), land(), BndesStatusSensor(task_id="up"))} == {"bndes_default"}


def test_the_form_asks_for_no_login_and_for_a_certificate() -> None:
    form = next(each for each in get_provider_info()["connection-types"] if each["connection-type"] == "bndes")
    assert set(form["conn-fields"]) == {
        *("environment", "cnpj", "ca_bundle", "client_certificate", "client_certificate_password", "schemas", "rules"),
        *("proxy", "tls"),
    }
    assert set(form["ui-field-behaviour"]["hidden-fields"]) == {"schema", "login", "password"}
    assert "/apa" in form["ui-field-behaviour"]["placeholders"]["host"]


# ---- whose e-CNPJ it is, and the connection test


@pytest.fixture
def tested(bndes: SimpleNamespace, set_connection: Callable[..., None], in_english: None) -> Changed:
    """``tested(host=…, extra={…})``: test_connection() of the simulator's connection with these changes."""

    def test(**changes: Any) -> tuple[bool, str]:
        values = deepcopy(bndes.connection)
        values["extra"].update(changes.pop("extra", {}))
        set_connection("bndes_default", **{**values, **changes})
        return BndesHook().test_connection()

    return test


def test_a_connection_that_works_says_whose_certificate_it_is_and_until_when(
    tested: Changed, bndes: SimpleNamespace
) -> None:
    works, said = tested()
    assert works, said
    with BndesHook() as hook:
        until = hook.certificate().not_after
    assert f"account {CNPJ}" in said and f"of CNPJ {CNPJ}" in said and f"until {day_of(until)}" in said
    assert "Warning" not in said, said
    assert not bndes.office.accepted


def test_the_cnpj_is_the_certificates_unless_the_connection_says_another(
    bndes: SimpleNamespace, tested: Changed
) -> None:
    with BndesHook() as hook:
        assert hook.get_institution().account == CNPJ
    works, said = tested(extra={"cnpj": "99.888.777/0001-60"})
    assert works and "account 99888777000160" in said
    assert "Warning: the connection says CNPJ 99888777000160" in said


def test_an_old_file_of_rc2_and_3des_is_taken_as_well(tested: Changed, bndes: SimpleNamespace) -> None:
    works, said = tested(extra={"client_certificate": str(bndes.sim.certificates.legacy)})
    assert works, said


@pytest.mark.parametrize(("days", "warned"), [(31, False), (29, True)])
def test_the_last_thirty_days_of_a_certificate_are_told(
    tested: Changed, monkeypatch: pytest.MonkeyPatch, days: int, warned: bool
) -> None:
    with BndesHook() as hook:
        ends = hook.certificate().not_after
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(ends - timedelta(days=days)))
    works, said = tested()
    assert works, said
    assert ("renew it" in said) is warned


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extra": {"client_certificate_password": "errada"}}, "does not open"),
        ({"extra": {"client_certificate": "/nowhere/agente.p12"}}, "cannot be read"),
        ({"extra": {"client_certificate": "expired"}}, "expired"),
        ({"extra": {"client_certificate": "foreign"}}, "certificate"),
        ({"extra": {"client_certificate": "stranger"}}, "HTTP 403"),
        ({"extra": {"client_certificate": "nameless"}}, "extra.cnpj"),
        ({"extra": {"client_certificate": "nameless", "cnpj": CNPJ}}, "HTTP 401"),
        ({"extra": {"client_certificate": None, "cnpj": CNPJ}}, "client_certificate"),
        ({"extra": {"client_certificate": None}}, "extra.cnpj"),
        ({"extra": {"environment": ""}}, "homologacao, simulator"),
        ({"extra": {"environment": "producao"}}, "do not belong together"),
        ({"extra": {"ca_bundle": None}}, "ca_bundle"),
        ({"extra": {"rules": {"cutoff": "17:00"}}}, "cutoff"),
        ({"host": "https://127.0.0.1:9/apa"}, "could not be reached"),
    ],
    ids=str,
)
def test_each_thing_that_is_wrong_is_said(
    tested: Changed, bndes: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    extra = changes.get("extra", {})
    file = getattr(bndes.sim.certificates, str(extra.get("client_certificate")), None)
    works, said = tested(**{**changes, "extra": {**extra, "client_certificate": str(file)}} if file else changes)
    assert not works
    assert words in said and ("Do now:" in said or "certificate" in said)
    assert "errada" not in said and bndes.connection["extra"]["client_certificate_password"] not in said


def test_a_host_without_its_path_is_told_to_have_one(tested: Changed, bndes: SimpleNamespace) -> None:
    works, said = tested(host=bndes.sim.url("bndes"))
    assert not works
    assert "ends in /apa" in said


def test_a_system_that_is_down_is_said(tested: Changed, bndes: SimpleNamespace) -> None:
    bndes.office.set(maintenance=True)
    works, said = tested()
    assert not works
    assert "503" in said and "down" in said

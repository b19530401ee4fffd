"""BNDES in Airflow: names, form, whose e-CNPJ it is, searches that land, the wait for the system, the cut-off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import TaskDeferred

from malote.clock import HeldClock
from malote.errors import Misconfigured, Refused, Throttled, Unavailable
from malote.institution import load
from malote_provider import bndes as names
from malote_provider.bndes import (
    BndesHook,
    BndesLandOperator,
    BndesPesquisaOperator,
    BndesProtocoloSensor,
    BndesStatusSensor,
    BndesSubcreditoOperator,
    BndesSubmitOperator,
    chosen,
)
from malote_provider.bndes import status as bndes_status
from malote_provider.bndes.status import BndesStatusTrigger
from malote_provider.declaration import hook_of
from malote_provider.hooks import MaloteHook
from malote_provider.provider import get_provider_info
from malote_provider.triggers import ReceiptTrigger, packed

CNPJ = "11222333000181"
PROPOSALS = """
    select '2026/' || n as "reference", '2026' as "anoProposta", n::text as "numeroProposta",
           '52998224725' as "beneficiario.cpfCnpj", 1000.50 as "valorFinanciado" from generate_series(17, {}) as n
"""
AFTER_CUT_OFF = datetime(2026, 11, 23, 19, 45, tzinfo=timezone.utc)  # a Monday, 16:45 in Brasília
BEFORE_CUT_OFF = datetime(2026, 11, 23, 19, 30, tzinfo=timezone.utc)

Changed = Callable[..., tuple[bool, str]]


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def submit(last: int = 17, **options: Any) -> BndesSubmitOperator:
    return BndesSubmitOperator(task_id="submit", outgoing_sql=PROPOSALS.format(last), **options)


def wait(**options: Any) -> BndesProtocoloSensor:
    return BndesProtocoloSensor(**{"task_id": "wait", "pouch": "dag/run-1/submit", "poke_interval": 0.1, **options})


def land(**options: Any) -> BndesLandOperator:
    return BndesLandOperator(**{"task_id": "land", "pouch": "dag/run-1/submit", **options})


def aliased(context: Any) -> Any:
    """The context of a task whose outlet is an alias; what is emitted goes into its ``emitted``."""
    emitted: list[Any] = []

    class Events(dict[Any, Any]):
        def __missing__(self, key: Any) -> Any:
            assert isinstance(key, AssetAlias)
            add = lambda asset, extra: emitted.append((asset.uri, extra))  # noqa: E731
            return self.setdefault(key, SimpleNamespace(add=add))

    return {**context, "outlet_events": Events(), "emitted": emitted}


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
    }
    assert set(form["ui-field-behaviour"]["hidden-fields"]) == {"schema", "login", "password"}
    assert "/apa" in form["ui-field-behaviour"]["placeholders"]["host"]


# ---- whose e-CNPJ it is, and the connection test


@pytest.fixture
def tested(bndes: SimpleNamespace, set_connection: Callable[..., None]) -> Changed:
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
    assert f"account {CNPJ}" in said and f"of CNPJ {CNPJ}" in said and f"until {until:%Y-%m-%d}" in said
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


# ---- the trip


def test_requests_make_the_trip_and_their_results_are_an_event(
    bndes: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pushed = submit(19).execute(context())
    assert (pushed["submissions"], pushed["items"], pushed["received"]) == (3, 3, 3)
    assert wait(pouch=pushed).execute(context())["status"] == "settled"
    given = aliased(context())
    assert land().execute(given)["landed"] == 3
    [(uri, extra)] = given["emitted"]
    assert (uri, extra["landed"], extra["pouch"]) == ("malote://bndes/resultado", 3, "dag/run-1/submit")
    landed = rows(bndes.dsn, "select situacao, numero_bndes is not null from bndes.resultado")
    assert landed == [("aprovado", True)] * 3
    assert "52998224725" not in "".join(capfd.readouterr()) + json.dumps([pushed, extra])


def test_landing_again_is_no_event_so_that_a_flow_that_starts_itself_comes_to_rest(
    bndes: SimpleNamespace, context: Any
) -> None:
    wait(pouch=submit().execute(context())).execute(context())
    land().execute(aliased(context()))
    given = aliased(context())
    assert land().execute(given)["landed"] == 0
    assert given["emitted"] == []


def test_an_outlet_of_ones_own_is_emitted_with_every_success(bndes: SimpleNamespace, context: Any) -> None:
    mine = Asset("mine://asset")
    submit().execute(context())
    given = context()
    assert land(outlets=[mine]).execute(given)["landed"] == 0
    assert given["outlet_events"][mine].extra["waiting"] == 1


def test_a_rejection_lands_with_its_reasons_and_is_no_failure(bndes: SimpleNamespace, context: Any) -> None:
    bndes.office.set(reject={"2026/17": ["cadin"]})
    wait(pouch=submit().execute(context())).execute(context())
    assert land().execute(aliased(context()))["landed"] == 1
    assert rows(bndes.dsn, "select situacao from bndes.resultado") == [("rejeitado",)]
    assert rows(bndes.dsn, "select count(*) > 0, min(origem) from bndes.critica") == [(True, "log")]


async def test_the_triggerer_waits_for_all_protocols_with_one_trigger(bndes: SimpleNamespace, context: Any) -> None:
    bndes.office.play("late", on="financiamento_retorno", times=2)
    await asyncio.to_thread(submit(21).execute, context())
    trigger = ReceiptTrigger(
        institution="bndes", conn_id="bndes_default", service="financiamento", pouch="dag/run-1/submit"
    )
    event = await asyncio.wait_for(anext(trigger.run()), 60)
    assert event.payload["status"] == "settled"
    assert land().execute(aliased(context()))["landed"] == 5


def test_a_status_that_nobody_knows_is_waited_for_when_poking_and_warned_about(
    bndes: SimpleNamespace, context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bndes.office.set(status={"2026/17": "emAnalise"})
    pushed = submit(18).execute(context())
    ended = wait(pouch=pushed, patience="PT0.5S").execute(context())
    assert ended == {"status": "patience over", "waiting": 1, "answered": 1}
    assert "'emAnalise' is not known to us" in caplog.text
    stays = rows(bndes.dsn, "select next_at is not null from malote.submission where standing = 'received'")
    assert stays == [(True,)], "it is asked on by a later run"


async def test_a_status_that_nobody_knows_is_waited_for_in_the_triggerer(
    bndes: SimpleNamespace, context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bndes.office.set(status={"2026/17": "emAnalise"})
    await asyncio.to_thread(submit(18).execute, context())
    until = datetime.now(timezone.utc) + timedelta(seconds=1)
    trigger = ReceiptTrigger(
        institution="bndes", conn_id="bndes_default", service="financiamento", pouch="dag/run-1/submit",
        until=until.isoformat(),
    )  # fmt: skip
    event = await asyncio.wait_for(anext(trigger.run()), 60)
    assert (event.payload["status"], event.payload["waiting"], event.payload["answered"]) == ("patience over", 1, 1)
    assert "'emAnalise' is not known to us" in caplog.text


def test_a_closed_counter_is_no_failure_but_a_wait_for_its_opening(
    bndes: SimpleNamespace, context: Any, set_connection: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = deepcopy(bndes.connection)
    values["extra"]["rules"].update(opening_hours="08:00-20:00", opening_days="bank")
    set_connection("bndes_default", **values)
    evening = datetime(2026, 11, 27, 22, 58, tzinfo=timezone.utc)  # a Friday, 19:58: the margin has begun
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(evening))
    with pytest.raises(TaskDeferred) as deferred:
        submit(19).execute(context())
    monday = datetime(2026, 11, 30, 11, tzinfo=timezone.utc)
    assert deferred.value.trigger.moment == monday
    assert not bndes.office.requests["financiamento"]
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(monday))
    assert submit(19).resume(context())["received"] == 3


def test_a_counter_that_bndes_itself_closes_half_way_is_waited_for_as_well(
    bndes: SimpleNamespace, context: Any
) -> None:
    bndes.office.set(closed_as="503 xml")
    bndes.office.play("closed", on="financiamento", skip=1)
    before = datetime.now(timezone.utc)
    with pytest.raises(TaskDeferred) as deferred:
        submit(19).execute(context())
    assert timedelta(minutes=9) < deferred.value.trigger.moment - before < timedelta(minutes=11)
    assert rows(bndes.dsn, "select standing, count(*) from malote.submission group by 1 order by 1") == [
        ("prepared", 2), ("received", 1),
    ]  # fmt: skip
    assert submit(19).resume(context())["received"] == 3
    assert set(bndes.office.accepted.values()) == {1}


def test_a_bndes_that_is_down_is_waited_for_in_the_triggerer_until_the_counter_closes(
    bndes: SimpleNamespace, context: Any, set_connection: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bndes.office.set(maintenance=True)
    with pytest.raises(TaskDeferred) as deferred:
        submit(19).execute(context())
    assert timedelta(minutes=4) < deferred.value.trigger.moment - datetime.now(timezone.utc) < timedelta(minutes=6)
    assert not bndes.office.requests["financiamento"]
    values = deepcopy(bndes.connection)
    values["extra"]["rules"].update(opening_hours="08:00-20:00", opening_days="bank")
    set_connection("bndes_default", **values)
    evening = datetime(2026, 11, 27, 22, 54, tzinfo=timezone.utc)
    monkeypatch.setattr(MaloteHook, "clock", HeldClock(evening))
    with pytest.raises(Unavailable, match="down"):
        submit(19).resume(context())
    set_connection("bndes_default", **bndes.connection)
    bndes.office.set(maintenance=False)
    assert submit(19).resume(context())["received"] == 3


@pytest.mark.parametrize("service", list(names.SERVICOS)[1:])
def test_every_service_has_its_shipped_sql_and_an_empty_table_is_a_success(
    bndes: SimpleNamespace, context: Any, service: str
) -> None:
    assert BndesSubmitOperator(task_id="submit", service=service).execute(context())["submissions"] == 0
    assert set(bndes.office.requests) <= {"status"}


def test_a_certificate_that_bndes_turns_down_stops_the_pouch_at_once(
    bndes: SimpleNamespace, context: Any, set_connection: Callable[..., None]
) -> None:
    values = deepcopy(bndes.connection)
    values["extra"]["client_certificate"] = str(bndes.sim.certificates.stranger)
    set_connection("bndes_default", **values)
    with pytest.raises(Misconfigured):
        submit(40).execute(context())
    assert bndes.office.requests["financiamento"] <= 1


# ---- the cut-off


@pytest.fixture
def contracted(bndes: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``contracted(at)``: a BNDES with one contracted operation, its own hours, and that time of day everywhere."""
    release = """
        select 'L-' || n as "reference", r.numero_bndes as "numeroBNDES", 100 + n as "valor"
        from bndes.resultado as r, generate_series(1, 2) as n where r.servico = 'financiamento'
    """
    contract = """
        select numero_bndes as "reference", numero_bndes as "numeroBNDES", '2026' as "anoProposta",
               '17' as "numeroProposta" from bndes.resultado
    """
    for run, service, query in (("f", "financiamento", PROPOSALS.format(17)), ("c", "contratacao", contract)):
        given = context(run_id=run)
        task = BndesSubmitOperator(task_id="submit", service=service, outgoing_sql=query)
        pushed = task.execute(given)
        wait(pouch=pushed, service=service).execute(given)
        assert land(pouch=pushed, service=service).execute(aliased(given))["landed"] == 1

    def make(at: datetime, **options: Any) -> BndesSubmitOperator:
        monkeypatch.setattr(MaloteHook, "clock", HeldClock(at))
        return BndesSubmitOperator(task_id="submit", service="liberacao", outgoing_sql=release, **options)

    return make


def test_a_liberacao_after_the_cut_off_travels_with_a_warning_of_the_day(
    contracted: Any, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    assert contracted(AFTER_CUT_OFF).execute(context())["received"] == 2
    said = "".join(capfd.readouterr())
    assert "2 liberações leave after the cut-off of 16:30:00: expected on 2026-11-26, not on 2026-11-25" in said


def test_a_liberacao_at_the_cut_off_is_in_time_and_not_warned_about(
    contracted: Any, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    assert contracted(BEFORE_CUT_OFF).execute(context())["received"] == 2
    assert "cut-off" not in "".join(capfd.readouterr())


def test_a_liberacao_that_would_miss_the_cut_off_waits_for_the_next_opening_when_asked_to(
    contracted: Any, context: Any, bndes: SimpleNamespace, capfd: pytest.CaptureFixture[str]
) -> None:
    held = contracted(AFTER_CUT_OFF, hold_after_cut_off="True")
    with pytest.raises(TaskDeferred) as deferred:
        held.execute(context())
    moment = deferred.value.trigger.moment
    assert moment.date().isoformat() == "2026-11-24"
    assert not bndes.office.requests["liberacao"]
    assert "expected on" not in "".join(capfd.readouterr())
    morning = contracted(datetime(2026, 11, 24, 11, tzinfo=timezone.utc))
    assert morning.resume(context())["received"] == 2


# ---- the searches


@pytest.fixture
def proposed(bndes: SimpleNamespace, context: Any) -> SimpleNamespace:
    """The simulated BNDES with the approved proposal 2026/17."""
    given = context(run_id="before")
    pushed = submit().execute(given)
    wait(pouch=pushed).execute(given)
    land(pouch=pushed).execute(aliased(given))
    return bndes


def search(**criteria: Any) -> BndesPesquisaOperator:
    about = criteria or {"anoProposta": "2026", "numeroProposta": "17", "numeroBNDES": ""}
    return BndesPesquisaOperator(task_id="search", criterios=about)


def test_a_search_lands_what_it_shows_and_pushes_counts_only(proposed: SimpleNamespace, context: Any) -> None:
    task = search()
    assert task.execute(context(task)) == {"query_id": "dag/run-1/search", "rows": 1, "changed": 1}
    landed = rows(proposed.dsn, "select query_id, ordem, ano_proposta, numero_proposta from bndes.operacao")
    assert landed == [("dag/run-1/search", 1, "2026", "17")]


def test_a_cleared_search_changes_no_row_and_another_run_is_another_question(
    proposed: SimpleNamespace, context: Any
) -> None:
    task = search()
    task.execute(context(task))
    before = rows(proposed.dsn, "select * from bndes.operacao")
    assert task.execute(context(task))["changed"] == 0
    assert rows(proposed.dsn, "select * from bndes.operacao") == before
    task.execute(context(task, run_id="run-2"))
    assert rows(proposed.dsn, "select count(*), count(distinct query_id) from bndes.operacao") == [(2, 2)]


def test_a_cleared_search_that_finds_other_things_replaces_its_rows(proposed: SimpleNamespace, context: Any) -> None:
    task = search()
    task.execute(context(task))
    proposed.office.set(search_hides=["aprovado"])
    assert task.execute(context(task)) == {"query_id": "dag/run-1/search", "rows": 0, "changed": 1}
    assert rows(proposed.dsn, "select * from bndes.operacao") == []


@pytest.mark.parametrize("said", ["empty", "400"])
def test_a_search_that_finds_nothing_is_a_success(bndes: SimpleNamespace, context: Any, said: str) -> None:
    bndes.office.set(nothing_found=said)
    task = search()
    assert task.execute(context(task))["rows"] == 0


def test_the_answer_is_kept_whole_even_where_it_is_refused(
    proposed: SimpleNamespace, context: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__ARCHIVE_URL", str(tmp_path))
    task = search()
    proposed.office.play("reject", on="pesquisa", codigo="4711", mensagem="Pergunta torta")
    with pytest.raises(Refused, match="Pergunta torta"):
        task.execute(context(task))
    task.execute(context(task))
    kept = [path.read_bytes() for path in tmp_path.glob("bndes/questions/*/*.xml")]
    assert len(kept) == 2
    assert any(b"Pergunta torta" in each for each in kept)


def test_a_subcredito_lands_its_events(proposed: SimpleNamespace, context: Any) -> None:
    [(number,)] = rows(proposed.dsn, "select numero_bndes from bndes.resultado")
    task = BndesSubcreditoOperator(task_id="detail", numero=number)
    first = task.execute(context(task))
    assert first["rows"] == first["changed"] >= 1
    assert task.execute(context(task))["changed"] == 0
    assert rows(proposed.dsn, "select distinct numero_contrato_bndes from bndes.subcredito") == [(number,)]


def test_a_question_about_nothing_is_not_asked(bndes: SimpleNamespace, context: Any) -> None:
    for task in (search(anoProposta=" "), BndesSubcreditoOperator(task_id="detail", numero="None")):
        with pytest.raises(Misconfigured):
            task.execute(context(task))
    assert not bndes.office.requests["pesquisa"] and not bndes.office.requests["consultaSubcredito"]


# ---- the wait for the system


def test_the_system_that_is_up_ends_the_wait_at_once_in_both_ways(bndes: SimpleNamespace, context: Any) -> None:
    for deferrable in (False, True):
        up = BndesStatusSensor(task_id="up", deferrable=deferrable)
        assert up.execute(context(up)) is None
    assert bndes.office.requests["status"] == 2


def test_a_system_that_is_down_is_waited_for(bndes: SimpleNamespace, context: Any) -> None:
    bndes.office.set(maintenance=True)
    down = BndesStatusSensor(task_id="up", deferrable=True, poke_interval=7, timeout=3600)
    assert down.poke(context(down)) is False
    with pytest.raises(TaskDeferred) as deferred:
        down.execute(context(down))
    assert deferred.value.timeout == timedelta(hours=1)
    assert not deferred.value.kwargs
    path, told = deferred.value.trigger.serialize()
    assert path == f"{bndes_status.__name__}.BndesStatusTrigger"
    assert told == {"conn_id": "bndes_default", "warehouse_conn_id": None, "every": 7.0}


async def test_the_triggerer_asks_until_the_system_is_up(bndes: SimpleNamespace) -> None:
    bndes.office.set(maintenance=True, status_text="de volta")
    trigger = BndesStatusTrigger(conn_id="bndes_default", every=0.1)
    waiting = asyncio.ensure_future(anext(trigger.run()))
    while bndes.office.requests["status"] < 2:
        await asyncio.sleep(0.02)
    assert not waiting.done()
    bndes.office.set(maintenance=False)
    event = await asyncio.wait_for(waiting, 30)
    assert event.payload["status"] == "up" and "de volta" in event.payload["said"]


async def test_what_time_does_not_heal_ends_the_wait_with_its_words(
    bndes: SimpleNamespace, set_connection: Callable[..., None], context: Any
) -> None:
    values = deepcopy(bndes.connection)
    values["extra"]["client_certificate_password"] = "errada"
    set_connection("bndes_default", **values)
    event = await asyncio.wait_for(anext(BndesStatusTrigger(conn_id="bndes_default").run()), 30)
    assert event.payload["status"] == "error"
    with pytest.raises(Misconfigured, match="does not open"):
        BndesStatusSensor(task_id="up").execute_complete(context(), event.payload)


@pytest.mark.parametrize("error", [Unavailable("down"), Throttled("slow", retry_after=7.0)])
def test_an_error_of_the_trigger_keeps_its_class(context: Any, error: Exception) -> None:
    with pytest.raises(type(error)):
        BndesStatusSensor(task_id="up").execute_complete(context(), {"status": "error", "error": packed(error)})

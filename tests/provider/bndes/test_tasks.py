"""Submissions of BNDES as tasks: the trip by Assets, and the cut-off."""

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
from airflow.sdk import Asset

from malote.clock import HeldClock
from malote.errors import Misconfigured, Unavailable
from malote_provider import bndes as names
from malote_provider.bndes import (
    BndesSubmitOperator,
)
from malote_provider.hooks import MaloteHook
from malote_provider.triggers import ReceiptTrigger
from malote_provider.version_compat import TaskDeferred
from support.bndes_tasks import PROPOSALS, emitted, land, rows, submit, wait

AFTER_CUT_OFF = datetime(2026, 11, 23, 19, 45, tzinfo=timezone.utc)  # a Monday, 16:45 in Brasília
BEFORE_CUT_OFF = datetime(2026, 11, 23, 19, 30, tzinfo=timezone.utc)


# ---- the trip


def test_requests_make_the_trip_and_their_results_are_an_event(
    bndes: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pushed = submit(19).execute(context())
    assert (pushed["submissions"], pushed["items"], pushed["received"]) == (3, 3, 3)
    assert wait(pouch=pushed).execute(context())["status"] == "settled"
    given = context()
    task = land()
    assert task.execute(given)["landed"] == 3
    [(uri, extra)] = emitted(task, given)
    assert (uri, extra["landed"], extra["pouch"]) == ("malote://bndes/resultado", 3, "dag/run-1/submit")
    landed = rows(bndes.dsn, "select situacao, numero_bndes is not null from bndes.resultado")
    assert landed == [("aprovado", True)] * 3
    assert "52998224725" not in "".join(capfd.readouterr()) + json.dumps([pushed, extra])


def test_landing_again_is_no_event_so_that_a_flow_that_starts_itself_comes_to_rest(
    bndes: SimpleNamespace, context: Any
) -> None:
    wait(pouch=submit().execute(context())).execute(context())
    land().execute(context())
    task = land()
    assert [asset.uri for asset in task.outlets] == ["malote://bndes/resultado"], "Airflow's graph shows who makes it"
    given = context()
    assert task.execute(given)["landed"] == 0
    assert emitted(task, given) == []


def test_an_outlet_of_ones_own_is_emitted_with_every_success(bndes: SimpleNamespace, context: Any) -> None:
    mine = Asset("mine://asset")
    submit().execute(context())
    given = context()
    assert land(outlets=[mine]).execute(given)["landed"] == 0
    assert given["outlet_events"][mine].extra["waiting"] == 1


def test_a_rejection_lands_with_its_reasons_and_is_no_failure(bndes: SimpleNamespace, context: Any) -> None:
    bndes.office.set(reject={"2026/17": ["cadin"]})
    wait(pouch=submit().execute(context())).execute(context())
    assert land().execute(context())["landed"] == 1
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
    assert land().execute(context())["landed"] == 5


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
        ("prepared", 1), ("received", 2),
    ], "the one that was under way beside it came to its end"  # fmt: skip
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
    with psycopg.connect(bndes.dsn) as connection:  # no shipped SQL reads it
        connection.execute("grant select on bndes.resultado to malote_select")
    for run, service, query in (("f", "financiamento", PROPOSALS.format(17)), ("c", "contratacao", contract)):
        given = context(run_id=run)
        task = BndesSubmitOperator(task_id="submit", service=service, outgoing_sql=query)
        pushed = task.execute(given)
        wait(pouch=pushed, service=service).execute(given)
        assert land(pouch=pushed, service=service).execute(given)["landed"] == 1

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

"""What is asked of BNDES beside submissions: searches, and whether the system is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from malote.errors import Misconfigured, Refused, Throttled, Unavailable
from malote_provider.bndes import (
    BndesPesquisaOperator,
    BndesStatusSensor,
    BndesSubcreditoOperator,
)
from malote_provider.bndes import status as bndes_status
from malote_provider.bndes.status import BndesStatusTrigger
from malote_provider.triggers import packed
from malote_provider.version_compat import TaskDeferred
from support.bndes_tasks import land, rows, submit, wait

# ---- the searches


@pytest.fixture
def proposed(bndes: SimpleNamespace, context: Any) -> SimpleNamespace:
    """The simulated BNDES with the approved proposal 2026/17."""
    given = context(run_id="before")
    pushed = submit().execute(given)
    wait(pouch=pushed).execute(given)
    land(pouch=pushed).execute(given)
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

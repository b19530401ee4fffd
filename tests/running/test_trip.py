"""A real scheduler, triggerer and api-server: a trip whose triggerer is killed on the way, its page, its leftovers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from malote_local.airflow import AirflowError
from malote_local.leaks import leaks
from malote_local.stage import Stage, stage
from support.airflow_names import ASKED, ended_plainly

DAG = "ccee_contratos"
ROWS = """
    insert into outgoing.ccee_contratos
        (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
    select 'PLANTED-' || i, '2027-01-01 00:00', '2027-12-31 23:00', '98127', '66242', 1.5 from generate_series(1, 5) i
"""
SECRETS = ("senha", "malote-sim")
CONTENT = ("PLANTED-", "98127", "Operação Realizada")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    said: list[str] = []
    with stage(say=said.append, state=tmp_path_factory.mktemp("airflow")) as running:
        for dag_id in (DAG, "relatorio_diario"):
            running.airflow.rest.wait_dag(dag_id)
            running.airflow.rest.unpause(dag_id)
        yield running


@pytest.fixture(scope="module")
def trip(running: Stage) -> str:
    """One run whose triggerer is killed with SIGKILL while it waits; the run's id."""
    with psycopg.connect(running.warehouse) as warehouse:
        warehouse.execute(ROWS)
    control(running, "settings", {"result_after": 3600})
    rest = running.airflow.rest
    run_id = rest.trigger(DAG)
    until(lambda: rest.tasks(DAG, run_id).get("wait") == "deferred", "wait is deferred")
    until(lambda: running.simulator("ccee")["requests_by_operation"].get("obterResultadoProcessamento"), "it was asked")
    running.airflow.crash("triggerer")
    control(running, "clock", {"advance": 7200})
    assert rest.wait(DAG, run_id, timeout=900) == "success"
    return run_id


def control(running: Stage, what: str, body: Any) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"{running.control}/_sim/ccee/{what}", json=body, timeout=60).raise_for_status()


def until(done: Any, what: str, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise AirflowError(f"not in time: {what}")
        time.sleep(0.2)


def test_a_killed_triggerer_loses_no_answer_and_asks_nothing_twice(running: Stage, trip: str) -> None:
    shown = running.simulator("ccee")
    assert shown["accepted"] == {f"PLANTED-{i}": 1 for i in range(1, 6)}
    with psycopg.connect(running.warehouse) as warehouse:
        landed = warehouse.execute("select reference from ccee.resultado_processamento order by 1").fetchall()
    assert [row[0] for row in landed] == [f"PLANTED-{i}" for i in range(1, 6)]


def test_clearing_every_task_of_a_landed_run_changes_nothing(running: Stage, trip: str) -> None:
    running.airflow.rest.clear(DAG, trip)
    assert running.airflow.rest.wait(DAG, trip, timeout=900) == "success"
    assert running.airflow.rest.xcom(DAG, trip, "land")["changed"] == 0
    assert running.simulator("ccee")["accepted_more_than_once"] == 0


def test_the_consumer_is_started_by_the_landed_asset(running: Stage, trip: str) -> None:
    rest = running.airflow.rest
    until(lambda: "success" in rest.runs("relatorio_diario").values(), "relatorio_diario succeeds")


def test_xcoms_hold_the_pouch_and_counts_only(running: Stage, trip: str) -> None:
    rest = running.airflow.rest
    pushed = {task: rest.xcom(DAG, trip, task) for task in ("submit", "wait", "land")}
    assert pushed["submit"]["pouch"] == f"{DAG}/{trip}/submit"
    for values in pushed.values():
        because = values.pop("held_because", {})
        assert all(isinstance(value, int) for value in because.values())
        assert all(isinstance(value, int) or name in ("pouch", "status") for name, value in values.items())
    told = json.dumps(pushed).replace(trip, "")  # the run's instant may have any six digits
    assert not any(each in told for each in (*SECRETS, *CONTENT))


def test_no_log_of_any_process_holds_a_secret_or_a_payload(running: Stage, trip: str) -> None:
    logs = [path for path in Path(running.airflow.logs).rglob("*") if path.is_file()]
    assert any("land" in str(path) for path in logs)
    sought = (*CONTENT, 'malote-sim"', "client_certificate_password")
    assert leaks(Path(running.airflow.logs), [], {each: each for each in sought}) == []


def test_the_desk_is_for_people_who_are_logged_in(running: Stage, trip: str) -> None:
    url = f"{running.airflow.url}/malote/submission/ccee-1"
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(url, timeout=60).status_code == 401
        token = session.post(
            f"{running.airflow.url}/auth/token",
            json={"username": running.airflow.user, "password": running.airflow.password},
            timeout=60,
        ).json()["access_token"]
        page = session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert page.status_code == 200
    assert page.text.index(">prepared<") < page.text.index(">sending<") < page.text.rindex(">landed<")


def test_the_link_of_each_task_leads_to_the_story_of_its_pouch(running: Stage, trip: str) -> None:
    for task in ("submit", "wait", "land"):
        links = running.airflow.rest.get(f"dags/{DAG}/dagRuns/{trip}/taskInstances/{task}/links")["extra_links"]
        assert any("/malote/pouch/" in str(link) for link in links.values()), links


# ---- a doubt, asked inside Airflow


@pytest.fixture(scope="module")
def doubt(running: Stage) -> str:
    """A run with a doubt that stands under the required actions; its id."""
    with psycopg.connect(running.warehouse) as warehouse:
        warehouse.execute(ROWS.replace("PLANTED", "PLANTED-DOUBT"))
    control(running, "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
    rest = running.airflow.rest
    run_id = rest.trigger(DAG, {"ask_doubts": True})
    until(lambda: rest.tasks(DAG, run_id).get("doubt") in ASKED, "the task asks")
    return run_id


def hitl(running: Stage, method: str, path: str, body: Any = None) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        known = {"username": running.airflow.user, "password": running.airflow.password}
        token = session.post(f"{running.airflow.url}/auth/token", json=known, timeout=60).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        reply = session.request(method, f"{running.airflow.url}/api/v2/{path}", json=body, headers=headers, timeout=60)
    assert reply.ok, reply.text
    return reply.json()


def test_a_doubt_stands_under_the_required_actions_and_is_answered_by_rest(running: Stage, doubt: str) -> None:
    rest = running.airflow.rest
    assert rest.tasks(DAG, doubt)["land"] == "success"
    with psycopg.connect(running.warehouse) as warehouse:
        found = warehouse.execute("select id from malote.submission where standing = 'in_doubt'").fetchone()
    assert found
    page = f"dags/{DAG}/dagRuns/{doubt}/taskInstances/doubt/-1/hitlDetails"
    asked = hitl(running, "GET", page)
    assert found[0] in asked["body"] and asked["response_received"] is False
    given = {"submission": found[0], "receipt": "", "why": "seen in nobody's list"}
    answer = {"chosen_options": [asked["options"][2]], "params_input": given}

    def ended() -> bool:
        # An answer that comes within the scheduler's own loop makes Airflow retry the task, which asks once more.
        if rest.tasks(DAG, doubt)["doubt"] in ASKED and not hitl(running, "GET", page)["response_received"]:
            hitl(running, "PATCH", page, answer)
        return rest.runs(DAG)[doubt] not in ("queued", "running")

    until(ended, "the run of the doubt ends", seconds=900)
    assert rest.runs(DAG)[doubt] == "success"
    with psycopg.connect(running.warehouse) as warehouse:
        story = warehouse.execute(
            "select detail ->> 'who', detail ->> 'why' from malote.event where submission = %s and detail ? 'who'",
            found,
        ).fetchall()
    assert story == [("admin", "seen in nobody's list")]


def test_an_expected_failure_has_its_advice_in_the_log_and_no_traceback(running: Stage, doubt: str) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        warehouse.execute(ROWS.replace("PLANTED", "PLANTED-LOST"))
    control(running, "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
    rest = running.airflow.rest
    run_id = rest.trigger(DAG)
    assert rest.wait(DAG, run_id, timeout=900) == "failed"
    logs = Path(running.airflow.logs) / "tasks" / f"dag_id={DAG}" / f"run_id={run_id}" / "task_id=land"
    said = "".join(path.read_text() for path in logs.rglob("*.log"))
    assert "Do now: `malote story" in said and ended_plainly(said)


def test_a_run_has_a_note_of_what_it_landed(running: Stage, trip: str) -> None:
    note = running.airflow.rest.get(f"dags/{DAG}/dagRuns/{trip}")["note"]
    assert note.startswith("arquivos gravados: 1; itens aceitos: 5")

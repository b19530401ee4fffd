"""What a run says: advice before everything, no traceback of the expected, waits in words, the run's note."""

from __future__ import annotations

import json
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import psycopg
import pytest
from airflow.sdk.execution_time import task_runner

from malote.errors import (
    Closed,
    InDoubt,
    Invalid,
    Malformed,
    MaloteError,
    Misconfigured,
    Problem,
    Refused,
    Terminal,
    Throttled,
    Unreachable,
)
from malote.trip import Rest
from malote_provider.noting import note, told
from malote_provider.operators import SubmitOperator
from malote_provider.retries import retry_policy
from malote_provider.saying import WIDTH, advice, plainly, quiet
from malote_provider.version_compat import AIRFLOW_V_3_3_PLUS, RetryAction
from malote_provider.waits import Waits
from support.airflow_names import outcome
from support.notary import poked

AT = datetime(2026, 11, 27, 15, 0, tzinfo=timezone.utc)
EXPECTED = [
    InDoubt("it is unclear", submission="x-1", todo="look"),
    Refused("no", institution="x", code="072", meaning="there already", reasons=[("a", None)]),
    Throttled("slow", retry_after=7.0),
    Closed("closed", opens_at=AT),
    Malformed("<html>", kept="the bytes"),
    Invalid("2 rows", problems=[Problem("A", "text", "is empty")]),
    Misconfigured("no certificate", todo="set it"),
    Unreachable("refused"),
]


@pytest.mark.parametrize("error", EXPECTED, ids=lambda error: type(error).__name__)
def test_an_expected_error_fails_its_task_as_the_policy_says_and_leaves_no_traceback(
    error: MaloteError, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, str]] = []
    log = SimpleNamespace(
        info=lambda text, **_: written.append(("info", text)),
        error=lambda text, **_: written.append(("error", text)),
        exception=lambda text, **_: written.append(("traceback", text)),
    )
    seen: list[BaseException] = []

    def failed(ti: Any, *failure: Any) -> tuple[Any, Any]:
        seen.extend(failure[:1])  # since 3.3: a policy is asked about it
        return None, retry_policy().evaluate(failure[0], 1, 3).action if failure else RetryAction.RETRY

    class Task(SubmitOperator):
        institution = "notary"

        def execute(self, context: Any) -> Any:
            raise error

    task = Task(task_id="t", retry_policy=retry_policy())
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", SimpleNamespace(send=lambda **_: None), raising=False)
    monkeypatch.setattr(task_runner, "_prepare", lambda *_: None)
    monkeypatch.setattr(task_runner, "_render_map_index", lambda *_, **__: None)
    monkeypatch.setattr(task_runner, "_execute_task", lambda context, ti, log: task.execute(context))
    monkeypatch.setattr(task_runner, "_handle_current_task_failed", failed)
    ti = SimpleNamespace(task=task, dag_id="d", task_id="t", _ti_context_from_server=None, rendered_map_index=None)
    state, raised = outcome(ti, log)
    over = state in (RetryAction.FAIL, "failed")
    assert over == isinstance(error, (Terminal, InDoubt)) and (over or state is RetryAction.RETRY)
    assert isinstance(raised, type(error)) and str(raised) == str(error)
    assert seen == ([raised] if AIRFLOW_V_3_3_PLUS else [])
    plain = AIRFLOW_V_3_3_PLUS or not over
    assert [level for level, _ in written if level != "info"] == ["error" if plain else "traceback"]


@pytest.mark.parametrize("error", EXPECTED, ids=lambda error: type(error).__name__)
def test_a_quiet_error_is_the_same_error_also_in_another_process(error: MaloteError) -> None:
    again = pickle.loads(pickle.dumps(quiet(error)))
    assert isinstance(again, SystemExit) and isinstance(again, type(error))
    assert (str(again), again.code, again.what) == (str(error), error.code, error.what)
    assert {**vars(again), "code": again.code} == vars(error)


def test_an_error_of_ours_is_said_once_however_many_operators_it_passes(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("malote.test")
    with pytest.raises(Misconfigured), plainly(log), plainly(log):
        raise Misconfigured("no certificate", todo="set it")
    assert caplog.messages == ["no certificate", "Do now: set it"]


def test_a_fault_of_the_program_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError) as raised, plainly(logging.getLogger("malote.test")):
        raise KeyError("x")
    assert not isinstance(raised.value, SystemExit) and caplog.messages == []


def test_advice_is_wrapped_and_names_no_more_than_a_person_reads() -> None:
    many = [InDoubt("unclear " * 40, submission=f"x-{n}", todo="look") for n in range(30)]
    lines = advice(many)
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[-1] == "… and 10 more" and sum("[x-" in line for line in lines) == 20


# ---- what a wait says


def test_a_wait_says_once_what_it_waits_for_and_until_when_then_only_what_has_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    waits = Waits(logging.getLogger("malote.test"), AT + timedelta(hours=3))
    for answered in (0, 0, 0, 1, 1, 2):
        rest = Rest(3 - answered, AT + timedelta(minutes=5 * len(caplog.messages)), AT + timedelta(days=2))
        waits.heard(rest, {"received": 3 - answered, "answered": answered})
    assert caplog.messages == [
        "waiting for 3 answers, until 2026-11-27 15:00 \N{MINUS SIGN}03:00, then a later run collects what is open; "
        "the next question is at 2026-11-27 12:00 \N{MINUS SIGN}03:00",
        "2 without an answer, 1 answered; the next question is at 2026-11-27 12:05 \N{MINUS SIGN}03:00",
        "1 without an answer, 2 answered; the next question is at 2026-11-27 12:10 \N{MINUS SIGN}03:00",
    ]


def test_a_wait_without_patience_says_the_deadline(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Waits(logging.getLogger("malote.test"), None).heard(Rest(1, None, AT), {"received": 1})
    assert "until 2026-11-27 12:00 \N{MINUS SIGN}03:00, then they are overdue; asking now" in caplog.text


def test_a_poking_wait_of_many_rounds_is_a_few_lines(
    notary: SimpleNamespace, context: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    sql = "select 'D' || n as reference, 'deed' as text from generate_series(1, 4) n"
    pushed = notary.submit(task_id="submit", outgoing_sql=sql).execute(context())
    wait = notary.sensor(task_id="wait", pouch=pushed)
    later = "update malote.submission set leased_until = null, next_at = now() + interval '%s hour'"
    for hours in (1, 2, 3):
        with psycopg.connect(notary.dsn) as connection:
            connection.execute(later % hours)
        assert not wait.poke(context(wait))
    with psycopg.connect(notary.dsn) as connection:
        connection.execute(later % 0)
    notary.office.pending = 0
    assert wait.poke(context(wait)).is_done
    said = [line for line in "".join(capfd.readouterr()).splitlines() if "NotarySensor" in line]
    assert sum("waiting for 2 answers" in line for line in said) == 1
    assert sum("settled" in line for line in said) == 1 and len(said) == 2


# ---- the run's note

COUNTS = {
    **dict.fromkeys(("landed", "rows", "changed", "waiting", "in_doubt", "overdue", "refused", "unanswered"), 0),
    "landed": 2,
    "items_accepted": 27000,
    "items_refused": 3,
    "items_held": 1,
}


def test_a_note_speaks_of_files_and_items_and_of_what_is_open_where_something_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "arquivos gravados: 2; itens aceitos: 27.000, recusados: 3, sem resposta: 0, retidos ao todo: 1"
    assert told(COUNTS) == said
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", "en")
    assert (
        told({**COUNTS, "in_doubt": 1}).splitlines()[1]
        == "open: 0 waiting, 1 in doubt, 0 overdue, 0 refused at the door"
    )


class Airflow:
    """As much of Airflow's REST API as a note needs: a server of its own, and what it was asked."""

    def __init__(self, note: str | None = None) -> None:
        self.note, self.asked = note, []  # type: ignore[var-annotated]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        where = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
        self.asked.append((where, json.loads(body or "null"), environ.get("HTTP_AUTHORIZATION")))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"access_token": "t", "note": self.note}).encode()]


@pytest.fixture
def serve(set_connection: Callable[..., None]) -> Iterator[Callable[..., Airflow]]:
    servers = []

    def start(airflow: Airflow, **connection: Any) -> Airflow:
        server = make_server("127.0.0.1", 0, airflow, handler_class=Silent)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        set_connection(
            "malote_airflow", **{"conn_type": "http", "host": "127.0.0.1", "port": server.server_port, **connection}
        )
        return airflow

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


RUN = SimpleNamespace(dag_id="ccee_contratos", run_id="manual__2026-11-27T12:00:00+00:00")
PAGE = "/api/v2/dags/ccee_contratos/dagRuns/manual__2026-11-27T12:00:00+00:00"


def test_a_note_is_written_by_airflows_own_api_with_the_connections_login(notary: SimpleNamespace, serve: Any) -> None:
    airflow = serve(Airflow(), login="service", password="word")
    note(notary.hook(), RUN, COUNTS)
    assert airflow.asked == [
        (("POST", "/auth/token", ""), {"username": "service", "password": "word"}, None),
        (("GET", PAGE, ""), None, "Bearer t"),
        (("PATCH", PAGE, "update_mask=note"), {"note": told(COUNTS)}, "Bearer t"),
    ]


def test_a_note_that_somebody_wrote_stays_and_a_token_needs_no_login(notary: SimpleNamespace, serve: Any) -> None:
    airflow = serve(Airflow("mine"), password="token")
    note(notary.hook(), RUN, COUNTS)
    assert airflow.asked == [(("GET", PAGE, ""), None, "Bearer token")]


@pytest.mark.parametrize("language", ["pt", "en"])
def test_the_note_of_an_earlier_try_is_written_anew_and_what_somebody_added_stays(
    notary: SimpleNamespace, serve: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", language)
    before = told({**COUNTS, "landed": 0, "in_doubt": 1})
    monkeypatch.delenv("AIRFLOW__MALOTE__LANGUAGE")
    for there, writes in ((before, True), (f"{before}\nrui: seen", False), (f"rui: seen\n{before}", False)):
        airflow = serve(Airflow(there), password="token")
        note(notary.hook(), RUN, COUNTS)
        assert ({"note": told(COUNTS)} in [body for _, body, _ in airflow.asked]) == writes, there


def test_land_again_says_of_the_run_what_it_said_at_first(
    notary: SimpleNamespace, context: Callable[..., Any], serve: Any
) -> None:
    airflow = serve(Airflow(), password="token")
    sql = "select 'D' || n as reference, 'deed' as text from generate_series(1, 4) n"
    pushed = notary.submit(task_id="submit", outgoing_sql=sql).execute(context())
    poked(notary, pushed, context)
    for _ in range(2):
        land = notary.land(task_id="land", pouch=pushed)
        land.execute({**context(land), "dag_run": SimpleNamespace(**vars(RUN), start_date=datetime.now(timezone.utc))})
        airflow.note = next(body["note"] for _, body, _ in reversed(airflow.asked) if body)
    written = [body["note"] for _, body, _ in airflow.asked if body]
    assert len(written) == 2 and set(written) == {written[0]}
    assert written[0].startswith("arquivos gravados: 2; itens aceitos: 4, recusados: 0")


@pytest.mark.parametrize(
    "connection", [{"port": 1, "password": "t"}, {"host": "no host", "password": "t"}, {"host": ""}]
)
def test_a_note_that_cannot_be_written_fails_nothing_and_says_why(
    notary: SimpleNamespace, set_connection: Any, caplog: pytest.LogCaptureFixture, connection: dict[str, Any]
) -> None:
    set_connection("malote_airflow", **{"conn_type": "http", "host": "127.0.0.1", **connection})
    note(notary.hook(), RUN, COUNTS)
    assert "the run's note was not written" in caplog.text


def test_where_no_connection_says_how_no_note_is_written(
    notary: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    note(notary.hook(), RUN, COUNTS)
    assert "note" not in caplog.text

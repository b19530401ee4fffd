"""The trigger: it survives being serialised, a restart, a database that is away, and it cancels nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.sdk.module_loading import import_string

from malote import errors
from malote.errors import Closed, Invalid, MaloteError, Misconfigured, Problem, Refused, Throttled, Unreachable
from malote.journal import Journal
from malote_provider import triggers
from malote_provider.hooks import MaloteHook
from malote_provider.triggers import ReceiptTrigger, packed, unpacked
from support.airflow_names import HEAVY, deserialize, serialize

DEEDS = "select 'D' || n as reference, 'deed ' || n as text from generate_series(1, {}) as n"
POUCH = "dag/run-1/submit"


def trigger(**options: Any) -> ReceiptTrigger:
    known = {"institution": "notary", "conn_id": "notary_default", "service": "deeds", "pouch": POUCH}
    return ReceiptTrigger(**{**known, **options})


def again(one: ReceiptTrigger) -> ReceiptTrigger:
    """As the triggerer makes it from what the database holds."""
    path, values = one.serialize()
    return import_string(path)(**deserialize(json.loads(json.dumps(serialize(values)))))


async def event(one: ReceiptTrigger) -> dict[str, Any]:
    found = await asyncio.wait_for(anext(one.run()), 20)
    return json.loads(json.dumps(found.payload))


@pytest.fixture
def sent(notary: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    notary.submit(task_id="submit", outgoing_sql=DEEDS.format(7)).execute(context())
    real = asyncio.sleep
    monkeypatch.setattr(triggers.asyncio, "sleep", lambda seconds: real(min(seconds, 0.01)))
    return notary


def test_it_is_the_same_after_the_database_and_holds_no_secret() -> None:
    one = trigger(until="2026-11-23T20:00:00+00:00", scope="service", warehouse_conn_id="other")
    assert again(one).serialize() == one.serialize()
    assert set(one.serialize()[1]) == {
        *("institution", "conn_id", "warehouse_conn_id", "service", "pouch", "scope", "until", "not_before"),
    }


async def test_it_does_not_end_before_the_scheduler_can_have_seen_the_task_leave(
    sent: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    plain = triggers.asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await plain(seconds)

    monkeypatch.setattr(triggers.asyncio, "sleep", sleep)
    later = datetime.now(timezone.utc) + timedelta(seconds=300)
    assert (await event(trigger(not_before=later.isoformat())))["status"] == "settled"
    assert 200 < slept[-1] <= 300


async def test_it_ends_with_one_event_when_all_are_answered(sent: SimpleNamespace) -> None:
    found = await event(again(trigger()))
    assert found["status"] == "settled"
    assert sent.office.requests.count("check") == 6, "three submissions, pending once each"


async def test_a_restart_goes_on_where_the_journal_is(sent: SimpleNamespace) -> None:
    sent.office.pending = 10**6
    first = trigger()
    running = asyncio.ensure_future(anext(first.run()))
    while sent.office.requests.count("check") < 3:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises((asyncio.CancelledError, StopAsyncIteration)):
        await running
    await first.cleanup()
    with psycopg.connect(sent.dsn) as connection:  # whatever it had leased when it died may be asked again later
        connection.execute("update malote.submission set leased_until = null, next_at = now()")
    sent.office.pending = 0
    assert (await event(again(first)))["status"] == "settled"


async def test_patience_ends_it_with_what_is_still_open(sent: SimpleNamespace) -> None:
    sent.office.pending = 10**6
    past = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
    assert await event(trigger(until=past)) == {"status": "patience over", "waiting": 3}


async def test_a_wrong_connection_reaches_the_task_in_its_own_class(sent: SimpleNamespace, set_connection: Any) -> None:
    set_connection("notary_default", conn_type="notary", extra={})
    found = await event(trigger())
    assert found["status"] == "error"
    assert isinstance(unpacked(found["error"]), Misconfigured)
    found = await event(trigger(conn_id="there_is_none"))
    assert "there_is_none" in str(unpacked(found["error"]))


async def test_a_database_that_is_away_for_a_while_ends_no_wait(
    sent: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = Journal.due, [psycopg.OperationalError("gone"), psycopg.OperationalError("gone")]

    def due(self: Journal, *values: Any, **named: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(self, *values, **named)

    monkeypatch.setattr(Journal, "due", due)
    assert (await event(trigger()))["status"] == "settled"
    assert not failures


async def test_while_it_sleeps_for_hours_it_holds_no_connection_to_the_database(
    sent: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, ahead, held = trigger(), [timedelta()], []
    later = SimpleNamespace(now=lambda: datetime.now(timezone.utc) + ahead[0])
    monkeypatch.setattr(MaloteHook, "clock", later)
    with psycopg.connect(sent.dsn) as connection:
        connection.execute("update malote.submission set next_at = now() + interval '12 hours'")

    async def sleep(seconds: float) -> None:
        held.append({"journal", "pace"} & set(one._hook._parts) if one._hook else set())
        if len(held) == 3:  # twelve hours later
            ahead[0] = timedelta(hours=12)
            with psycopg.connect(sent.dsn) as connection:
                connection.execute("update malote.submission set next_at = now()")

    monkeypatch.setattr(triggers.asyncio, "sleep", sleep)
    sent.office.pending = 0
    assert (await event(one))["status"] == "settled"
    assert held[:3] == [set()] * 3


async def test_a_database_that_stays_away_is_said(sent: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def due(self: Journal, *values: Any, **named: Any) -> Any:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(Journal, "due", due)
    found = unpacked((await event(trigger()))["error"])
    assert isinstance(found, errors.Transient)


async def test_a_kill_changes_nothing_over_there_nor_in_the_journal(sent: SimpleNamespace) -> None:
    before = list(sent.office.requests)
    one = trigger()
    await one.on_kill()
    await one.cleanup()
    assert sent.office.requests == before
    with Journal(sent.dsn) as journal:
        assert {row["what"] for row in journal.story("notary-1")} == {"prepared", "sending", "received"}


@pytest.mark.parametrize(
    "error",
    [
        Refused("no", code="bad", meaning="m", todo="t", kept="k", facts={"uri": "x"}, institution="i", submission="s"),
        Throttled("slow down", retry_after=12.5),
        Closed("closed", opens_at=datetime(2026, 11, 23, 11, tzinfo=timezone.utc)),
        Unreachable("no route"),
    ],
)
def test_an_error_is_the_same_after_the_event(error: MaloteError) -> None:
    found = unpacked(json.loads(json.dumps(packed(error))))
    assert type(found) is type(error)
    assert vars(found) == vars(error) or str(found) == str(error)


def test_an_error_with_problems_keeps_its_words_and_its_class() -> None:
    error = Invalid("1 problem", problems=[Problem("R", "path", "rule")])
    found = unpacked(json.loads(json.dumps(packed(error))))
    assert isinstance(found, Invalid)
    assert found.what == "1 problem"


def test_an_event_cannot_name_a_class_that_is_not_ours() -> None:
    assert type(unpacked({"class": "annotations", "state": {"what": "x"}})) is MaloteError
    assert type(unpacked({"class": "SystemExit", "state": {"what": "x"}})) is MaloteError


def test_importing_it_imports_no_heavy_library() -> None:
    code = f"import sys, malote_provider.triggers; sys.exit(', '.join({HEAVY!r} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

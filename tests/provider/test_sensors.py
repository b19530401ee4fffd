"""The sensor in both its ways: one conversation, no question asked twice, an end when patience is over."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.errors import Misconfigured, Throttled
from malote_provider.triggers import ReceiptTrigger, packed
from malote_provider.version_compat import TaskDeferred

DEEDS = "select 'D' || n as reference, 'deed ' || n as text from generate_series(1, 4) as n"


@pytest.fixture
def pushed(notary: SimpleNamespace, context: Any) -> Any:
    return notary.submit(task_id="submit", outgoing_sql=DEEDS).execute(context())


def sensor(notary: SimpleNamespace, **options: Any) -> Any:
    return notary.sensor(task_id="wait", **options)


def asked(notary: SimpleNamespace) -> int:
    return notary.office.requests.count("check")


def test_poking_asks_each_submission_once_a_round_and_ends_when_all_are_answered(
    notary: SimpleNamespace, context: Any, pushed: Any
) -> None:
    notary.office.pending = 0
    result = sensor(notary, pouch=pushed).execute(context())
    assert result == {"status": "settled", "waiting": 2}  # ready: their answers are fetched by land
    assert asked(notary) == 2


def test_deferring_asks_nothing_first(notary: SimpleNamespace, context: Any, pushed: Any) -> None:
    wait = sensor(notary, pouch=pushed, deferrable=True, timeout=3600)
    with pytest.raises(TaskDeferred) as deferred:
        wait.execute(context(wait))
    assert asked(notary) == 0
    assert isinstance(deferred.value.trigger, ReceiptTrigger)
    assert deferred.value.method_name == "execute_complete"
    assert deferred.value.timeout == timedelta(hours=1)
    assert not deferred.value.kwargs, "dag.test() of Airflow 3.3.2 loses them"


def test_an_empty_pouch_is_done_at_once_in_both_ways(notary: SimpleNamespace, context: Any) -> None:
    for deferrable in (False, True):
        wait = sensor(notary, pouch="dag/run-9/submit", deferrable=deferrable)
        assert wait.execute(context(wait)) == {"status": "settled", "waiting": 0}
    assert asked(notary) == 0


def test_clearing_the_wait_of_an_overdue_answer_asks_for_it_again(
    notary: SimpleNamespace, context: Any, pushed: Any
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'overdue'")
    wait = sensor(notary, pouch=pushed, deferrable=True)
    with pytest.raises(TaskDeferred):
        wait.execute(context(wait))
    notary.office.pending = 0
    assert sensor(notary, pouch=pushed).execute(context()) == {"status": "settled", "waiting": 0, "overdue": 2}
    assert asked(notary) == 2


def test_patience_ends_the_wait_and_does_not_fail_it(notary: SimpleNamespace, context: Any, pushed: Any) -> None:
    notary.office.pending = 10**6
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set next_at = now() + interval '1 hour'")
    result = sensor(notary, pouch=pushed, patience=timedelta()).execute(context())
    assert result == {"status": "patience over", "waiting": 2}


def test_patience_counts_from_the_first_of_several_reschedules(
    notary: SimpleNamespace, context: Any, pushed: Any
) -> None:
    notary.office.pending = 10**6
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set next_at = now() + interval '1 hour'")
    given = context()
    given["ti"].get_first_reschedule_date = lambda _: datetime.now(timezone.utc) - timedelta(hours=2)
    wait = sensor(notary, pouch=pushed, patience=timedelta(hours=1), mode="reschedule")
    assert wait.execute(given)["status"] == "patience over"


def test_the_trigger_is_told_when_patience_ends(notary: SimpleNamespace, context: Any, pushed: Any) -> None:
    wait = sensor(notary, pouch=pushed, deferrable=True, patience=timedelta(hours=1))
    with pytest.raises(TaskDeferred) as deferred:
        wait.execute(context(wait))
    until = datetime.fromisoformat(deferred.value.trigger.until)
    assert timedelta(minutes=55) < until - datetime.now(timezone.utc) <= timedelta(hours=1)


def test_patience_may_be_text_as_a_form_gives_it(notary: SimpleNamespace, context: Any, pushed: Any) -> None:
    def until(patience: Any) -> str | None:
        wait = sensor(notary, pouch=pushed, deferrable=True, patience=patience)
        with pytest.raises(TaskDeferred) as deferred:
            wait.execute(context(wait))
        return deferred.value.trigger.until

    left = datetime.fromisoformat(until("P3D") or "") - datetime.now(timezone.utc)
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert until("") is None and until("None") is None
    with pytest.raises(Misconfigured, match="PT12H"):
        sensor(notary, pouch=pushed, patience="three days").execute(context())


def test_the_event_is_the_result(notary: SimpleNamespace, context: Any) -> None:
    event = {"status": "settled", "waiting": 0, "answered": 2}
    assert sensor(notary, pouch="p").execute_complete(context(), event=event) == event


@pytest.mark.parametrize("error", [Misconfigured("no certificate", todo="set it"), Throttled("slow", retry_after=7.0)])
def test_an_error_of_the_trigger_is_raised_in_its_own_class(
    notary: SimpleNamespace, context: Any, error: Exception
) -> None:
    with pytest.raises(type(error)) as raised:
        sensor(notary, pouch="p").execute_complete(context(), event={"status": "error", "error": packed(error)})
    assert str(raised.value) == str(error)
    assert vars(raised.value) == vars(error)


def test_the_scope_of_a_service_asks_about_what_earlier_runs_left(
    notary: SimpleNamespace, context: Any, pushed: Any
) -> None:
    notary.office.pending = 0
    wait = sensor(notary, pouch="dag/run-2/submit", scope="service")
    assert wait.execute(context(wait, run_id="run-2"))["status"] == "settled"
    assert asked(notary) == 2


def test_an_unknown_scope_is_refused_in_words(notary: SimpleNamespace, context: Any) -> None:
    with pytest.raises(Misconfigured, match="pouch or service"):
        sensor(notary, pouch="p", scope="all").execute(context())


def test_no_connection_is_made_and_nothing_is_asked_where_the_sensor_is_defined(notary: SimpleNamespace) -> None:
    sensor(notary, pouch="p", conn_id="there_is_none")

"""Submit and land: pouches that survive a clear, what is pushed, what fails and how it says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Asset

from malote.errors import InDoubt, Invalid, Malformed, Misconfigured, Refused, Terminal
from malote.journal import Journal
from malote_provider.operators import SubmitOperator
from malote_provider.pouch import pouch_id, pouch_name
from malote_provider.version_compat import TaskDeferred
from support.notary import poked

DEEDS = "select 'D' || n as reference, 'deed ' || n as text from generate_series(1, {}) as n"


def submit(notary: SimpleNamespace, n: int = 4, **options: Any) -> Any:
    return notary.submit(task_id="submit", outgoing_sql=DEEDS.format(n), **options)


def land(notary: SimpleNamespace, **options: Any) -> Any:
    return notary.land(task_id="land", **{"pouch": "dag/run-1/submit", **options})


def trip(notary: SimpleNamespace, context: Callable[..., Any], n: int = 4) -> Any:
    task = submit(notary, n)
    pushed = task.execute(context(task))
    poked(notary, pushed, context)
    return pushed


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def test_submit_pushes_the_pouch_and_counts_and_nothing_else(notary: SimpleNamespace, context: Any) -> None:
    task = submit(notary)
    assert task.execute(context(task)) == {
        "pouch": "dag/run-1/submit",
        "submissions": 2,
        "items": 4,
        "held": 0,
        "held_because": {},
        "invalid": 0,
        "received": 2,
        "refused": 0,
        "in_doubt": 0,
    }


def test_clearing_submit_goes_on_with_the_same_pouch_and_sends_nothing_twice(
    notary: SimpleNamespace, context: Any
) -> None:
    task = submit(notary)
    first = task.execute(context(task))
    second = submit(notary).execute(context(task))
    assert second == {**first, "held": 4, "held_because": {"travelling": 4}}
    assert set(notary.office.accepted.values()) == {1}


def test_a_clear_takes_new_rows_along_in_the_same_pouch(notary: SimpleNamespace, context: Any) -> None:
    submit(notary, 3).execute(context())
    assert submit(notary, 5).execute(context())["items"] == 5
    assert notary.office.accepted == {f"D{n}": 1 for n in range(1, 6)}


def test_another_run_is_another_pouch_and_finds_the_rows_held(notary: SimpleNamespace, context: Any) -> None:
    submit(notary).execute(context())
    again = submit(notary).execute(context(run_id="run-2"))
    assert (again["pouch"], again["submissions"], again["held"]) == ("dag/run-2/submit", 0, 4)


def test_an_empty_selection_is_a_success_that_says_so(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    assert submit(notary, 0).execute(context())["submissions"] == 0
    assert "nothing to send" in capfd.readouterr().out
    assert not notary.office.requests


def test_a_mapped_task_has_a_pouch_for_each_index() -> None:
    ti = SimpleNamespace(dag_id="d", run_id="r", task_id="group.submit", map_index=0)
    assert pouch_name(ti) == "d/r/group.submit/0"
    ti.map_index = -1
    assert pouch_name(ti) == "d/r/group.submit"


@pytest.mark.parametrize("pushed", [{"pouch": "a/b/c", "items": 1}, "a/b/c", "{'pouch': 'a/b/c', 'items': 1}"])
def test_the_pouch_is_read_from_whatever_a_template_makes_of_it(pushed: Any) -> None:
    assert pouch_id(pushed) == "a/b/c"


def test_a_closed_counter_defers_until_it_opens_and_goes_on_without_selecting(
    notary: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = notary.hook().get_institution().quick
    brasilia = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
    days = tuple((brasilia + timedelta(days=n)).isoformat() for n in range(2))
    closed = replace(rules, closed_days=days)
    monkeypatch.setattr("quick_notary.Quick.quick", closed)
    task = submit(notary)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(context(task))
    assert isinstance(deferred.value.trigger, DateTimeTrigger)
    assert deferred.value.trigger.moment > datetime.now(timezone.utc)
    assert (deferred.value.method_name, deferred.value.kwargs) == ("resume", {"held_because": {}, "invalid": 0})
    assert not notary.office.accepted
    monkeypatch.setattr("quick_notary.Quick.quick", rules)
    pushed = submit(notary, 99).resume(context(task), event=None, held_because={"refused": 1}, invalid=3)
    assert (pushed["items"], pushed["received"], pushed["held"], pushed["invalid"]) == (4, 2, 1, 3)
    assert pushed["held_because"] == {"refused": 1}


def test_no_wait_is_too_short_for_the_scheduler_to_see_the_task_leave(
    notary: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("malote_provider.triggers.SOONEST", timedelta(seconds=50))
    began, task = datetime.now(timezone.utc), submit(notary)
    with pytest.raises(TaskDeferred) as throttled:
        task._wait(began, "throttled", {}, 0)
    assert throttled.value.trigger.moment >= began + timedelta(seconds=50)
    pushed = task.execute(context(task))
    with pytest.raises(TaskDeferred) as waiting:
        notary.sensor(task_id="wait", pouch=pushed, deferrable=True).execute(context())
    assert datetime.fromisoformat(waiting.value.trigger.not_before) >= began + timedelta(seconds=50)


def test_what_the_door_refuses_fails_with_code_meaning_and_what_to_do(notary: SimpleNamespace, context: Any) -> None:
    notary.office.faults = ["refuse", "refuse"]
    with pytest.raises(Refused) as refused:
        submit(notary).execute(context())
    error = refused.value
    assert (error.code, error.meaning) == ("bad", "Deed not acceptable")
    assert "Correct it" in str(error) and "resend_refused" in str(error)


def test_refused_rows_travel_again_when_that_is_asked_for(notary: SimpleNamespace, context: Any) -> None:
    notary.office.faults = ["refuse", "refuse"]
    with pytest.raises(Refused):
        submit(notary).execute(context())
    held = submit(notary).execute(context(run_id="run-2"))
    assert (held["submissions"], held["held"], held["held_because"]) == (0, 4, {"refused": 4})
    sent = submit(notary, resend_refused="True").execute(context(run_id="run-3"))
    assert sent["received"] == 2


def test_one_refusal_among_receipts_is_green_here_and_red_at_land(notary: SimpleNamespace, context: Any) -> None:
    notary.office.faults = ["refuse"]
    pushed = trip(notary, context)
    assert (pushed["refused"], pushed["received"]) == (1, 1)
    with pytest.raises(Refused):
        land(notary).execute(context())
    assert len(rows(notary.dsn, "select * from notary.verdict")) == 1


def test_a_row_that_breaks_the_treaty_stops_the_selection(notary: SimpleNamespace, context: Any) -> None:
    task = notary.submit(task_id="submit", outgoing_sql="select 'A' as reference, '' as text")
    with pytest.raises(Invalid):
        task.execute(context(task))
    assert not notary.office.requests


WRONG = (
    "select 'D' || n as reference, case when n % 2 = 0 then '' else 'deed' end as text from generate_series(1, {}) n"
)


def test_wrong_rows_are_left_out_said_and_counted_where_the_valid_rest_may_travel(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    task = notary.submit(task_id="submit", outgoing_sql=WRONG.format(5), valid_rest="True")
    pushed = task.execute(context(task))
    assert (pushed["items"], pushed["invalid"], pushed["received"]) == (3, 2, 1)
    assert set(notary.office.accepted) == {"D1", "D3", "D5"}
    said = "".join(capfd.readouterr())
    assert "left out: item D2: text: is empty" in said and "left out: item D4" in said


@pytest.mark.parametrize("valid_rest", [False, "False", "", "None"])
def test_one_wrong_row_stops_the_selection_unless_the_valid_rest_is_asked_for(
    notary: SimpleNamespace, context: Any, valid_rest: Any
) -> None:
    with pytest.raises(Invalid, match="2 deeds"):
        notary.submit(task_id="submit", outgoing_sql=WRONG.format(5), valid_rest=valid_rest).execute(context())
    assert not notary.office.requests


def test_many_wrong_rows_are_counted_and_only_the_first_are_named(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    task = notary.submit(task_id="submit", outgoing_sql=WRONG.format(400), valid_rest=True)
    assert task.execute(context(task))["invalid"] == 200
    said = "".join(capfd.readouterr())
    assert said.count("left out: item") == Invalid.SHOWN
    assert "200 rows break the treaty" in said


def test_an_option_that_a_template_left_blank_counts_as_absent(notary: SimpleNamespace, context: Any) -> None:
    options = {"per_file": "", "root": "None", "encoding": "UTF-8"}
    notary.submit(task_id="submit", outgoing_sql=DEEDS.format(1), options=options).execute(context())
    assert rows(notary.dsn, "select params from malote.pouch") == [({"encoding": "UTF-8"},)]


def test_land_lands_everything_and_hands_its_counts_to_the_asset(notary: SimpleNamespace, context: Any) -> None:
    pushed = trip(notary, context)
    asset, given = Asset("malote://notary/verdict"), context()
    counts = land(notary, pouch=pushed, outlets=[asset]).execute(given)
    assert counts == {
        "pouch": "dag/run-1/submit",
        "landed": 2,
        "rows": 4,
        "changed": 4,
        "waiting": 0,
        "in_doubt": 0,
        "overdue": 0,
        "refused": 0,
        "unanswered": 0,
        "items_accepted": 4,
        "items_refused": 0,
        "items_held": 0,
    }
    assert given["outlet_events"][asset].extra == counts


def test_landing_again_changes_nothing(notary: SimpleNamespace, context: Any) -> None:
    pushed = trip(notary, context)
    land(notary, pouch=pushed).execute(context())
    again = land(notary, pouch=pushed).execute(context())
    assert (again["landed"], again["changed"]) == (0, 0)


def test_land_names_each_doubt_and_the_way_out_after_landing_the_rest(notary: SimpleNamespace, context: Any) -> None:
    pushed = trip(notary, context, 7)
    with Journal(notary.dsn) as journal:
        journal.parked("notary-1", "the reply was lost", "look at the office")
    with pytest.raises(InDoubt) as doubt:
        land(notary, pouch=pushed).execute(context())
    assert "notary-1" in str(doubt.value) and "malote resolve notary-1" in str(doubt.value)
    assert len(rows(notary.dsn, "select * from notary.verdict")) == 4


def test_several_in_need_of_a_person_are_one_message(notary: SimpleNamespace, context: Any) -> None:
    pushed = trip(notary, context, 7)
    with Journal(notary.dsn) as journal:
        for n in (1, 2):
            journal.parked(f"notary-{n}", "the reply was lost", "look at the office")
    with pytest.raises(InDoubt, match=r"2 submissions need a person:\n- notary-1: .*\n- notary-2: ") as doubt:
        land(notary, pouch=pushed).execute(context())
    assert "everything that was answered" in str(doubt.value)


def test_an_answer_that_cannot_be_read_is_asked_for_again_and_fails_land(notary: SimpleNamespace, context: Any) -> None:
    pushed = trip(notary, context, 3)
    notary.office.answers["N1"] = b"<html>"
    with pytest.raises(Malformed, match="not JSON"):
        land(notary, pouch=pushed).execute(context())


def test_overdue_fails_land_unless_that_is_not_asked_for(notary: SimpleNamespace, context: Any) -> None:
    submit(notary, 1).execute(context())
    rows_before = "update malote.submission set standing = 'overdue' returning 1"
    assert rows(notary.dsn, rows_before)
    with pytest.raises(Terminal, match="overdue"):
        land(notary).execute(context())
    assert land(notary, fail_on=("in_doubt",)).execute(context())["overdue"] == 1


def test_what_submit_left_unsent_fails_land(notary: SimpleNamespace, context: Any) -> None:
    submit(notary, 1).execute(context())
    assert rows(notary.dsn, "update malote.submission set standing = 'prepared' returning 1")
    with pytest.raises(Terminal, match="clear the submit task"):
        land(notary).execute(context())


def test_a_pouch_that_submit_never_pushed_is_an_error_and_not_a_silent_success(
    notary: SimpleNamespace, context: Any
) -> None:
    with pytest.raises(Misconfigured, match="pushed no pouch"):
        land(notary, pouch="None").execute(context())
    assert land(notary, pouch=None, scope="service").execute(context())["landed"] == 0


def test_the_scope_of_a_service_lands_what_earlier_runs_left(notary: SimpleNamespace, context: Any) -> None:
    trip(notary, context)
    counts = land(notary, pouch="dag/run-2/submit", scope="service").execute(context(run_id="run-2"))
    assert counts["landed"] == 2


def test_an_operator_of_no_institution_is_refused_where_it_is_defined() -> None:
    with pytest.raises(TypeError, match="institution"):
        type("Nobody", (SubmitOperator,), {})


def refused_in_the_answer(notary: SimpleNamespace, context: Any) -> Any:
    """A pouch whose answer refuses one of its four items."""
    notary.office.verdicts["D1"] = "no"
    return trip(notary, context)


def test_a_run_that_is_green_says_how_many_items_were_refused(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    counts = land(notary, pouch=refused_in_the_answer(notary, context)).execute(context())
    assert (counts["items_accepted"], counts["items_refused"], counts["refused"]) == (3, 1, 0)
    said = "".join(capfd.readouterr())
    assert "the institution refused 1 item (1 in notary-1)" in said and "malote items notary-1" in said
    told = [line for line in said.splitlines() if "] accepted  " in line or "] refused  " in line]
    column = [re.sub(r"\s*\[airflow.*", "", line).split("] ", 1)[1] for line in told]
    assert len(told) == 2 and len({len(text.rstrip()) for text in column}) == 1, "figures stand under each other"


@pytest.mark.parametrize("minded", ["fail_on", "warn_on", "neither"])
def test_refused_items_are_minded_as_one_asks_again_after_a_clear(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str], minded: str
) -> None:
    options = {"fail_on": (), "warn_on": (), **({minded: ("items_refused",)} if minded != "neither" else {})}
    pushed = refused_in_the_answer(notary, context)
    for _ in range(2):
        if minded == "fail_on":
            with pytest.raises(Terminal, match="refused 1 item "):
                land(notary, pouch=pushed, **options).execute(context())
        else:
            assert land(notary, pouch=pushed, **options).execute(context())["items_refused"] == 1
    assert ("refused 1 item " in "".join(capfd.readouterr())) == (minded != "neither")


def test_what_to_do_now_stands_in_lines_of_its_own(
    notary: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pushed = trip(notary, context, 7)
    with Journal(notary.dsn) as journal:
        journal.parked("notary-1", "the reply was lost", "look at the office")
    with pytest.raises(InDoubt):
        land(notary, pouch=pushed).execute(context())
    said = [line for line in "".join(capfd.readouterr()).splitlines() if "error" in line[:60]]
    assert sum("Do now: `malote story notary-1`" in line for line in said) == 1
    assert all(len(line) < 260 for line in said)


def test_where_nothing_landed_there_is_no_event_of_the_institutions_asset(
    notary: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, mine = Asset("malote://notary/verdict"), Asset("mine://asset")
    monkeypatch.setattr(notary.land, "asset", asset)
    pushed = trip(notary, context)
    first, again = (land(notary, pouch=pushed, outlets=[asset, mine]) for _ in range(2))
    assert first.outlets == again.outlets == [asset, mine], "Airflow's graph shows who makes it"
    first.execute(context())
    again.execute(context())
    assert (first.outlets, again.outlets) == ([asset, mine], [mine])

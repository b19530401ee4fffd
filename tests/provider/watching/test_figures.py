"""Figures reach a StatsD server under documented names, and what is over is written as 0."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import yaml

from malote.clock import HeldClock
from malote.commandline import main
from malote.desk import MEASURES
from malote.desk.health import OF_ACCOUNTS
from malote_provider.metrics import COUNTED, name_of
from malote_provider.operators import HealthOperator
from support import ROOT

PREFIX = "airflow.malote.notary.simulator"
ANY = [name for name in MEASURES if name not in OF_ACCOUNTS]


def measure(context: Callable[..., Any]) -> Any:
    return HealthOperator(task_id="mede").execute(context())


def standing(what: str) -> str:
    return f"update malote.submission set standing = '{what}'"


SITUATIONS: dict[str, tuple[str, float]] = {  # a gauge: what makes it, and what it says then of 4 deeds in 2 documents
    "submissions.received": ("select 1", 2),
    **{f"submissions.{each}": (standing(each), 2)
       for each in ("prepared", "sending", "answered", "overdue", "in_doubt")},
    "submissions.refused": (
        f"with s as ({standing('refused')}) update malote.item_row set outcome = 'refused'", 2,
    ),
    "items.unanswered": (f"with s as ({standing('landed')}) update malote.item_row set outcome = 'unanswered'", 4),
    "items.held": (
        f"with s as ({standing('in_doubt')}) insert into malote.held "
        "(scope, reference, submission, reason, since, seen_at) "
        "select scope, reference, submission, 'in_doubt', now(), now() from malote.item_row", 4,
    ),
    "archive.awaiting_purge": (
        "update malote.submission set sealed = true, document_size = 700, prepared_at = now() - interval '8 days'",
        1400,
    ),
}  # fmt: skip
OVER = (
    "update malote.item_row set outcome = null; delete from malote.held; "
    "update malote.submission set standing = 'withdrawn', sealed = false"
)


@pytest.mark.parametrize("gauge", SITUATIONS)
def test_a_gauge_says_what_there_is_and_0_once_it_is_over(
    gauge: str, sent: Any, heard: Any, context: Callable[..., Any], change: Callable[[str], None]
) -> None:
    statement, value = SITUATIONS[gauge]
    sent(4)
    change(statement)
    measure(context)
    assert heard.gauges[f"{PREFIX}.{gauge}"] == value
    change(OVER)
    measure(context)
    assert heard.gauges[f"{PREFIX}.{gauge}"] == 0


def test_every_gauge_is_written_every_time_however_little_there_is(
    declared: SimpleNamespace, heard: Any, context: Callable[..., Any]
) -> None:
    assert measure(context) == {"gauges": len(ANY), "untold": {}}
    assert set(heard.gauges) == {f"{PREFIX}.{name}" for name in ANY}


def test_card_data_whose_time_is_not_over_waits_for_nothing(
    sent: Any, heard: Any, context: Callable[..., Any], change: Callable[[str], None]
) -> None:
    sent(3)
    change("update malote.submission set sealed = true, document_size = 700")
    measure(context)
    assert heard.gauges[f"{PREFIX}.archive.awaiting_purge"] == 0
    change(f"{standing('landed')}, landed_at = now()")
    measure(context)
    assert heard.gauges[f"{PREFIX}.archive.awaiting_purge"] == 700


def test_what_landed_counts_for_a_day(
    declared: SimpleNamespace, sent: Any, heard: Any, context: Callable[..., Any]
) -> None:
    declared.office.verdicts["D1"] = "no"
    sent(4, landed=True)
    names = [f"{PREFIX}.items.{each}_day" for each in ("accepted", "refused")]
    measure(context)
    assert [heard.gauges[name] for name in names] == [3, 1]
    declared.clock.pass_(days=1, seconds=1)
    measure(context)
    assert [heard.gauges[name] for name in names] == [0, 0]


def test_age_is_that_of_the_oldest(
    sent: Any, clock: HeldClock, heard: Any, context: Callable[..., Any], change: Callable[[str], None]
) -> None:
    sent(4)
    change(f"{standing('in_doubt')} where number = 1")
    clock.pass_(hours=5)
    measure(context)
    for age in ("oldest.open", "oldest.in_doubt"):
        assert heard.gauges[f"{PREFIX}.{age}"] == 5 * 3600


def test_polls_and_throttles_are_counted_as_they_happen(
    declared: SimpleNamespace, sent: Any, heard: Any, context: Callable[..., Any]
) -> None:
    sent(4)
    declared.office.faults = ["throttle"]
    wait = declared.sensor(task_id="wait", pouch="dag/run-1/submit")
    wait.poke(context(wait))
    asked = declared.office.requests.count("check")
    counted = {name: n for name, n in heard.counts.items() if name.startswith(PREFIX)}
    assert asked and counted == {f"{PREFIX}.polls": asked, f"{PREFIX}.throttles": 1}


async def test_the_triggerer_counts_them_too(declared: SimpleNamespace, sent: Any, heard: Any) -> None:
    sent(4)
    declared.office.faults = ["throttle"]
    with declared.hook() as hook:
        await hook.asking().together(hook.scope("dag/run-1/submit", "pouch", ""), hook.async_driver())
    assert heard.counts[f"{PREFIX}.polls"] == declared.office.requests.count("check") > 0
    assert heard.counts[f"{PREFIX}.throttles"] == 1


@pytest.fixture
def told(ccee: SimpleNamespace, clock: HeldClock, set_connection: Callable[..., None]) -> str:
    """The simulated CCEE, whose counter closes at 20:00 and half of whose requests are spoken for; its prefix."""
    rules = {**ccee.connection["extra"]["rules"], "opening_hours": "08:00-20:00", "window": "PT20H"}
    set_connection("ccee_default", **{**ccee.connection, "extra": {**ccee.connection["extra"], "rules": rules}})
    with psycopg.connect(ccee.dsn) as connection:
        tat = clock.at + timedelta(hours=10)
        connection.execute("insert into malote.pace values ('ccee/simulator/1234', %s)", (tat,))
    return "airflow.malote.ccee.simulator"


def test_a_connection_tells_its_certificate_its_pace_and_its_counter(
    told: str, heard: Any, context: Callable[..., Any]
) -> None:
    measure(context)
    assert heard.gauges[f"{told}.certificate.days"] > 0
    assert heard.gauges[f"{told}.pace.used"] == 0.5
    assert heard.gauges[f"{told}.pace.backlog"] == 36_000
    assert heard.gauges[f"{told}.submissions.missed"] == 0


def test_a_certificate_that_cannot_be_read_is_said_and_hides_nothing_else(
    ccee: SimpleNamespace, set_connection: Callable[..., None], heard: Any, context: Callable[..., Any]
) -> None:
    extra = {**ccee.connection["extra"], "client_certificate": "/nowhere.p12"}
    set_connection("ccee_default", **{**ccee.connection, "extra": extra})
    assert list(measure(context)["untold"]) == ["ccee_default"]
    assert "airflow.malote.ccee.simulator.certificate.days" not in heard.gauges
    assert heard.gauges["airflow.malote.ccee.simulator.submissions.in_doubt"] == 0


COUNTERS = [  # how long after it was prepared, at noon of a day whose counter closes at 20:00, is it looked at; missed?
    (timedelta(hours=7), 0),
    (timedelta(hours=8, seconds=1), 1),
    (timedelta(days=3), 1),
]


@pytest.mark.parametrize(("later", "missed"), COUNTERS)
def test_what_was_not_sent_before_its_counter_closed_is_missed(
    later: timedelta, missed: int, declared: SimpleNamespace, sent: Any, heard: Any, context: Callable[..., Any],
    change: Callable[[str], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    declared.clock.at = declared.clock.at.replace(hour=15, minute=0, second=0)
    sent(3)
    change(standing("prepared"))
    quick = type(declared.hook().get_institution())
    rules = {"opening_hours": "08:00-20:00", "closing_margin": "PT0S"}
    monkeypatch.setattr(quick, "quick", quick.quick.override(rules))
    declared.clock.at += later
    measure(context)
    assert heard.gauges[f"{PREFIX}.submissions.missed"] == missed


def test_the_command_says_the_same_as_json_and_its_exit_code_calls_a_person(
    declared: SimpleNamespace, sent: Any, change: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def health(*options: str) -> tuple[int, str]:
        capsys.readouterr()
        return main(["--warehouse", declared.dsn, "health", *options]), capsys.readouterr().out

    assert health() == (0, "nothing is open, and nothing landed in the last 24 hours\n")
    sent(4)
    code, said = health("--json")
    told = json.loads(said)
    assert (code, told["needs_a_person"]) == (0, False)
    found = {each["name"]: each["value"] for each in told["measures"]}
    assert set(found) == set(ANY) and found["submissions.received"] == 2
    assert "notary.simulator.submissions.received 2  (submissions that stand at received)" in health()[1]
    for situation in ("submissions.in_doubt", "submissions.overdue", "submissions.refused", "items.unanswered"):
        change(SITUATIONS[situation][0])
        code, said = health("--json")
        assert (code, json.loads(said)["needs_a_person"]) == (1, True), situation
        change(OVER)
        assert health()[0] == 0


# ---- the files that hang on the names


FOLDER = ROOT / "include" / "monitoring"


@pytest.fixture
def emitted(
    told: str, declared: SimpleNamespace, sent: Any, heard: Any, context: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> set[str]:  # fmt: skip
    """Every name that was really sent, without institution and environment."""
    both = tuple(SimpleNamespace(name=name, title=name) for name in ("ccee", "notary"))
    monkeypatch.setattr("malote_provider.watching.DECLARED", both)
    sent(4)
    declared.office.faults = ["throttle"]
    wait = declared.sensor(task_id="wait", pouch="dag/run-1/submit")
    wait.poke(context(wait))
    measure(context)
    ours = {name for name in {*heard.gauges, *heard.counts} if name.startswith("airflow.malote.")}
    return {name.split(".", 4)[4] for name in ours}


def prometheus(name: str) -> tuple[str, dict[str, str]]:
    """What the mapping of statsd_exporter makes of ``airflow.malote.ccee.producao.NAME``."""
    for rule in yaml.safe_load((FOLDER / "statsd.yaml").read_text())["mappings"]:
        pattern = re.escape(rule["match"]).replace(r"\*", "([^.]*)")
        if found := re.fullmatch(pattern, f"airflow.{name_of('ccee', 'producao', name)}"):
            fill = lambda text: re.sub(r"\$(\d)", lambda n: found[int(n[1])], text)  # noqa: E731
            return fill(rule["name"]), {label: fill(value) for label, value in rule["labels"].items()}
    raise AssertionError(f"{name} is mapped by no rule")


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    return found


def panels() -> list[str]:
    board = json.loads((FOLDER / "grafana.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def asked(expressions: list[str]) -> set[tuple[str, str, str]]:
    """The series that expressions ask for, each with one label and value that it is narrowed to, if any."""
    found = set()
    for text in expressions:
        for series, _, inside in re.findall(r"\b(malote_[a-z_]+)(\{([^}]*)\})?", text):
            narrowed = re.findall(r'(standing|outcome)=~?"([^"]*)"', inside)
            found |= {(series, label, value) for label, values in narrowed for value in values.split("|")}
            found |= set() if narrowed else {(series, "", "")}
    return found


def test_the_names_that_are_sent_are_those_that_are_documented(emitted: set[str]) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert emitted == {*MEASURES, *COUNTED}
    assert [name for name in sorted(emitted) if f"`{name}`" not in page] == []


def test_alerts_and_dashboard_ask_for_what_is_sent_and_leave_out_nothing(emitted: set[str]) -> None:
    there = [prometheus(name) for name in emitted]
    for series, labels in there:
        assert (labels["institution"], labels["environment"]) == ("ccee", "producao"), series
    known = {series for series, _ in there}
    for series, label, value in asked([*(rule["expr"] for rule in rules()), *panels()]):
        matching = [labels for name, labels in there if name == series]
        assert matching, f"nobody sends {series}"
        assert not label or any(re.fullmatch(value, labels[label]) for labels in matching), f"{series} {label}={value}"
    assert known == {series for series, _, _ in asked(panels())}, "a figure that nobody looks at"
    assert known >= {series for series, _, _ in asked([rule["expr"] for rule in rules()])}


def test_each_alert_says_what_to_do_and_whom_it_calls() -> None:
    for rule in rules():
        assert rule["annotations"]["summary"] and rule["annotations"]["action"], rule["alert"]
        assert rule["labels"]["severity"] in ("page", "day")

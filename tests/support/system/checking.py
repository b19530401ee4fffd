"""The one checker: what must be so at any moment, and what must be so when a batch is home."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import fsspec

from support.system.flows import FLOWS, ITS_OWN, Flow, landed
from support.system.running import System, Trip


def always(system: System) -> list[str]:
    """What is wrong at this moment, whatever is under way: empty where the promise holds."""
    return [line for flow in FLOWS.values() for line in (*_twice(system, flow), *_books(system, flow))]


def home(system: System, trip: Trip, undisturbed: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a batch after everything about it has ended: empty where it is as if nothing had happened.

    :param undisturbed: the landed rows of such a batch that nobody disturbed
    """
    wrong = [
        f"{trip.flow.institution}: {reference} was accepted {times} times"
        for reference, times in system.accepted(trip).items()
        if times != 1
    ]
    rows = sample(system, trip)
    expected = [row for row in undisturbed if row["reference"] < trip.count]
    wrong += [
        f"{trip.flow.institution}: row {i + 1} landed as {row}, undisturbed it is {other}"
        for i, (row, other) in enumerate(itertools.zip_longest(rows, expected))
        if row != other
    ]
    references = trip.references
    wrong += [
        f"{trip.flow.institution}: {each['submission_id']} is open: {each['situacao']}, {each['mensagem']}"
        for each in system.rows(
            """select o.* from report.submissoes_abertas o where o.instituicao = %s and exists
               (select 1 from malote.item_row i where i.submission = o.submission_id and i.reference = any(%s))""",
            trip.flow.institution,
            references,
        )
    ]
    return wrong + _archived(system, trip)


def sample(system: System, trip: Trip) -> list[dict[str, Any]]:
    """The landed rows of a batch, for comparison."""
    return [_plain(row, trip) for row in landed(system.stage, trip.flow, trip.tag, trip.count)]


def unexplained(system: System, trip: Trip, ended: Mapping[str, str]) -> list[str]:
    """What of a batch waits although all its runs have ended, and is not said: in report, story, state and log."""
    wrong = []
    shown = {each["submission_id"]: each for each in system.rows("select * from report.submissoes_abertas")}
    logs = ""
    for each in system.submissions(trip):
        if each["standing"] in ("landed", "refused", "withdrawn"):
            continue
        if each["id"] not in shown:
            wrong.append(f"NOT IN report.submissoes_abertas: {each['id']}, {each['standing']}")
        told = system.rows("select what from malote.event where submission = %s order by id", each["id"])
        if not told:
            wrong.append(f"NO STORY: {each['id']}, {each['standing']}")
        green = "failed" not in ended.values() and not trip.marked
        if each["standing"] == "in_doubt" and green:
            wrong.append(f"GREEN IN DOUBT: {each['id']} of {ended}")
        if each["standing"] == "in_doubt" or green:  # a run that was killed has said nothing, and is red
            logs = logs or "".join(log_of(system, trip, run) for run in trip.runs)
            if each["id"] not in logs and "have no answer" not in logs:
                wrong.append(f"NOT IN ANY LOG: {each['id']}, {each['standing']} of {ended}")
    return wrong


def log_of(system: System, trip: Trip, run: str) -> str:
    """All that the tasks of a run logged, in every attempt."""
    own = f"dag_id={trip.flow.dag_id}/run_id={run}"
    text = [path.read_text() for logs in system.elsewhere() for path in sorted((logs / own).rglob("*.log"))]
    for each in system.rest.get(f"dags/{trip.flow.dag_id}/dagRuns/{run}/taskInstances")["task_instances"]:
        for attempt in range(1, each["try_number"] + 1):
            path = f"dags/{trip.flow.dag_id}/dagRuns/{run}/taskInstances/{each['task_id']}/logs/{attempt}"
            text.append(system.rest.log_at(f"{path}?map_index={each['map_index']}"))
    return "\n".join(text)


def _twice(system: System, flow: Flow) -> list[str]:
    shown = system.pretended.shown(flow.institution)
    return [f"{flow.institution}: {name} is {shown[name]}" for name in flow.twice if shown[name]]


def _books(system: System, flow: Flow) -> list[str]:
    """Both sides' books beside each other, and the landed rows beside their load records."""
    # What is under way meanwhile must not look wrong: the one side is read before and after the other.
    before = system.pretended.shown(flow.institution)["accepted"]
    sent = {
        flow.accepted(each["reference"]): each
        for each in system.rows(
            """select i.reference, s.id, s.standing, s.sent_at from malote.item_row i
               join malote.submission s on s.id = i.submission
               where s.institution = %s and i.outcome is distinct from 'refused'""",
            flow.institution,
        )
    }
    after = system.pretended.shown(flow.institution)["accepted"]
    wrong = [
        f"{flow.institution}: {name} is accepted, and {each['id']} never sent it ({each['standing']})"
        for name, each in sent.items()
        if name in before and each["sent_at"] is None
    ]
    wrong += [
        f"{flow.institution}: {each['id']} has landed, and {name} was never accepted"
        for name, each in sent.items()
        if each["standing"] == "landed" and name not in after
    ]
    return wrong + [
        f"{flow.institution}: {each['submission']} has {each['rows']} rows, its load record says {each['row_count']}"
        for each in system.rows(
            f"""select l.submission, l.row_count, coalesce(r.n, 0) as rows from malote.load l
                left join (select submission_id, count(*) as n from {flow.table} group by 1) r
                on r.submission_id = l.submission where l.target = %s and l.row_count <> coalesce(r.n, 0)""",
            flow.table,
        )
    ]


def _archived(system: System, trip: Trip) -> list[str]:
    """Every answer that is not card data is in the archive, as the journal has it."""
    wrong = []
    for each in system.submissions(trip):
        if each["standing"] == "landed" and not each["sealed"]:
            held = "nothing"
            with suppress(FileNotFoundError), fsspec.open(f"{system.archive}/{each['answer']}") as file:
                held = hashlib.sha256(file.read()).hexdigest()
            if held != each["answer_sha256"]:
                wrong.append(f"{trip.flow.institution}: the archive holds {held} as {each['answer']}")
    return wrong


def _plain(row: Mapping[str, Any], trip: Trip) -> dict[str, Any]:
    """A landed row in which nothing names this one batch, nor what it got over there."""
    return {name: _anonymous(value, str(trip.tag)) for name, value in row.items()}


def _anonymous(value: Any, tag: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _anonymous(each, tag) for name, each in value.items() if name not in ITS_OWN}
    return value.replace(tag, "TAG") if isinstance(value, str) else value

"""A decision made on a page or by the API: noted in the journal, then the right tasks of its run are cleared."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from urllib.parse import quote

import httpx
from airflow.api_fastapi.app import cached_app
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from malote.desk import Decision, decide_offered
from malote.texts import english
from malote_provider.desk.access import NotYours, Reader, dag_of
from malote_provider.desk.telling import run_of

_PATIENCE = 30.0


async def settle(request: Request, reader: Reader, decision: Decision) -> list[str]:
    """Note the decision and clear its tasks with the user's own rights; returns the tasks.

    The decision stands whatever becomes of the clearing: the story says which of the two happened.

    :raises Unseen: where the user may not see the submission
    :raises NotYours: where the user may not edit its DAG
    :raises Misconfigured: where the decision is none that its standing allows, or lacks its reason
    :raises Overtaken: where something happened since the page was made
    """
    pouch, after = await run_in_threadpool(_note, reader, decision)
    try:
        tasks = await _clear(request, pouch, after)
    except (httpx.HTTPError, ValueError, asyncio.TimeoutError) as error:
        detail: dict[str, Any] = {"from": after, "why": str(error)[:200] or type(error).__name__, "who": reader.name}
        await run_in_threadpool(reader.journal.note, decision.submission, "tasks not cleared", detail)
        return []
    await run_in_threadpool(
        reader.journal.note, decision.submission, "tasks cleared", {"tasks": tasks, "who": reader.name}
    )
    return tasks


def _note(reader: Reader, decision: Decision) -> tuple[str, str]:
    submission = reader.submission(decision.submission)
    if not reader.may_decide(dag_of(submission.pouch)):
        raise NotYours(dag_of(submission.pouch), submission=submission.id)
    return submission.pouch, decide_offered(reader.journal, decision)


async def _clear(request: Request, pouch: str, after: str) -> list[str]:
    """Clear through Airflow's own API, in this very process, with the credentials that came with the request."""
    dag, run, _ = run_of(pouch)
    headers = {name: request.headers[name] for name in ("authorization", "cookie") if name in request.headers}
    transport = httpx.ASGITransport(airflow_app(), raise_app_exceptions=False)
    root = request.scope.get("root_path", "").rpartition("/malote")[0]
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://airflow{root}/api/v2/", headers=headers, timeout=_PATIENCE
    ) as client:
        known = await client.get(f"dags/{quote(dag, safe='')}/tasks")
        known.raise_for_status()
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": from_on({t["task_id"]: t["downstream_task_ids"] for t in known.json()["tasks"]}, pouch, after),
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        cleared = await client.post(f"dags/{quote(dag, safe='')}/clearTaskInstances", json=body)
        cleared.raise_for_status()
        return sorted({each["task_id"] for each in cleared.json()["task_instances"]})


def from_on(downstream: dict[str, list[str]], pouch: str, after: str) -> list[Any]:
    """The tasks to clear, with all that follow them: ``submit`` itself, those that follow it, or the last of these.

    :param downstream: of each task of the DAG, the tasks right after it
    :raises ValueError: where the DAG has no such task any more
    """
    _, _, task = run_of(pouch)
    if task not in downstream:
        raise ValueError(english("s_task_gone", task=task))
    if after == "submit":
        index = pouch.split("/")[3:]
        return [[task, int(index[0])], *downstream[task]] if index else [task]
    following = sorted(downstream[task])
    if after == "land":
        last = [each for each in following if any(each in downstream[other] for other in following)]
        following = last or [each for other in following for each in downstream[other]] or following
    if not following:
        raise ValueError(english("s_task_last", task=task))
    return following


def airflow_app() -> Any:
    """The api-server's own app, as its start-up made it."""
    return cached_app(apps=os.environ.get("AIRFLOW_API_APPS", "all"))

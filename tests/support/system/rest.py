"""Airflow's buttons, pressed through its public REST API, by somebody who presses again while nobody answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from malote_local.rest import ENDED, AirflowError, Rest

LIMIT = 600
"""Seconds; generous, as a busy machine is no error."""
POLL = 1.0
"""Seconds between two looks: each costs the api-server a tenth of a second."""


class Buttons(Rest):
    """The API as the UI uses it. It outlives killed servers: what was not answered, or with 5xx, is asked again."""

    def trigger_as(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> None:
        """Start a run by hand under a name of ours; one that is there already is the same."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        reply = self._send("POST", f"dags/{dag_id}/dagRuns", body)
        if reply.status_code != 409:
            self._answer(reply)

    def clear_tasks(self, dag_id: str, run_id: str, *task_ids: str, downstream: bool = False) -> None:
        """Clear some tasks of a run, all where none is named, and with ``downstream`` what follows them."""
        body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "include_downstream": downstream}
        named = {"task_ids": list(task_ids)} if task_ids else {}
        self._answer(self._send("POST", f"dags/{dag_id}/clearTaskInstances", {**body, **named}))

    def mark(self, dag_id: str, run_id: str, task: str, state: str) -> None:
        """Mark a task, ``"wait"`` or ``"wait[0]"``, as ``success`` or ``failed``."""
        task_id, _, index = task.rstrip("]").partition("[")
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}" + (f"/{index}" if index else "")
        self._answer(self._send("PATCH", path, {"new_state": state}))

    def pause(self, dag_id: str, paused: bool) -> None:
        """Pause a DAG, or let it run."""
        self._answer(self._send("PATCH", f"dags/{dag_id}", {"is_paused": paused}))

    def backfill(self, dag_id: str, first: str, last: str, conf: dict[str, Any]) -> int:
        """Run a DAG for every interval of a range of dates; returns the backfill's number."""
        body = {
            "dag_id": dag_id,
            "from_date": first,
            "to_date": last,
            "dag_run_conf": conf,
            "reprocess_behavior": "completed",
        }
        return int(self._answer(self._send("POST", "backfills", body))["id"])

    def versions(self, dag_id: str) -> int:
        """How many versions of a DAG are known."""
        return len(self.get(f"dags/{dag_id}/dagVersions")["dag_versions"])

    def state(self, dag_id: str, run_id: str) -> str:
        """State of a run."""
        return str(self.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def ended(self, dag_id: str, run_id: str) -> bool:
        """Whether a run has ended."""
        return self.state(dag_id, run_id) in ENDED

    def under_way(self) -> int:
        """How many runs of all DAGs have not ended."""
        return int(self.get("dags/~/dagRuns?state=queued&state=running&limit=1")["total_entries"])

    def log_at(self, path: str) -> str:
        """A log, as it is; nothing where that attempt was never begun, e.g. because its worker was killed before."""
        reply = self._send("GET", path)
        return "" if reply.status_code == 404 else str(self._answer(reply)["content"])

    def until(self, what: str, done: Callable[[], Any], seconds: float = LIMIT) -> None:
        """Return when something is so. :raises AirflowError: when it is not in time"""
        deadline = time.monotonic() + seconds
        while not done():
            self._alive()
            if time.monotonic() > deadline:
                raise AirflowError(f"After {seconds:.0f} s: not so: {what}")
            time.sleep(POLL)

    def _send(self, verb: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        deadline = time.monotonic() + LIMIT
        while True:
            self._alive()
            try:
                reply = super()._send(verb, path, body)
                if reply.status_code < 500:
                    return reply
                said = f"{reply.status_code} {reply.text[:200]}"
            except (requests.RequestException, AirflowError) as error:
                said = str(error)
            if time.monotonic() > deadline:
                raise AirflowError(f"Airflow did not answer {verb} {path} within {LIMIT} s: {said}")
            time.sleep(POLL)

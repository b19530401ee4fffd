"""Speaks Airflow's REST API v2, as far as a demo or a test needs it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

POLL_SECONDS = 0.3
ENDED = {"success", "failed"}
COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")

Progress = Callable[[str, str], None]
"""Called with a task (``"wait"``, ``"send[3]"`` when mapped) and its new state."""


class AirflowError(RuntimeError):
    """Raised when the local Airflow does not do what was asked; the text says what and where its logs are."""


class Rest:
    """One Airflow's REST API, signed in as one user of the simple auth manager.

    :param url: its address, e.g. ``http://localhost:8080``
    :param alive: called while waiting; raises when waiting on is pointless, e.g. because the scheduler has ended
    """

    def __init__(self, url: str, *, user: str, password: str, alive: Callable[[], None] = lambda: None) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._alive = alive
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business between two processes of this machine

    def healthy(self) -> dict[str, str]:
        """State of each component, ``{"scheduler": "healthy", …}``; empty while the API server does not answer."""
        try:
            reply = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=10)
            found = reply.json() if reply.ok else {}
        except (requests.RequestException, ValueError):
            return {}
        return {name: (found.get(name) or {}).get("status") or "absent" for name in COMPONENTS}

    def wait_healthy(self, timeout: float = 600) -> None:
        """Return when all four components are healthy. :raises AirflowError: naming the one that is not"""
        self._until(
            lambda: set(self.healthy().values()) == {"healthy"}, timeout, lambda: f"not healthy: {self.healthy()}"
        )

    def wait_dag(self, dag_id: str, timeout: float = 120) -> None:
        """Return when a DAG is parsed and known. :raises AirflowError: with its import error, if it has one"""

        def known() -> bool:
            if self._send("GET", f"dags/{dag_id}").ok:
                return True
            errors = self.get("importErrors")["import_errors"]
            if errors:
                raise AirflowError("\n".join(f"{error['filename']}:\n{error['stack_trace']}" for error in errors))
            return False

        self._until(known, timeout, lambda: f"DAG {dag_id} is not there")

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._answer(self._send("PATCH", f"dags/{dag_id}", {"is_paused": False}))

    def keep_connections(self, connections: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the connections that are not there; of those that are, only the address is what it is now."""
        for conn_id, given in connections.items():
            body = {"connection_id": conn_id, **given, "extra": json.dumps(given.get("extra", {}))}
            if self._send("GET", f"connections/{conn_id}").ok:
                mask = "&".join(f"update_mask={name}" for name in ("host", "port"))
                self._answer(self._send("PATCH", f"connections/{conn_id}?{mask}", body))
            else:
                self._answer(self._send("POST", "connections", body))

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run by hand, with the params ``conf``; returns its run id."""
        run = self._answer(self._send("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}}))
        return str(run["dag_run_id"])

    def clear(self, dag_id: str, run_id: str) -> None:
        """Clear every task of a run, the successful ones too."""
        asked = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True}
        self._answer(self._send("POST", f"dags/{dag_id}/clearTaskInstances", asked))

    def runs(self, dag_id: str) -> dict[str, str]:
        """State by run id, newest first: also the runs that a schedule or an Asset started."""
        found = self.get(f"dags/{dag_id}/dagRuns?order_by=-run_after")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in found}

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """State by task; a mapped one as ``task[0]``; ``"none"`` before it is scheduled."""
        found = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {
            task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else ""): task["state"] or "none"
            for task in found
        }

    def wait_task(self, dag_id: str, run_id: str, task: str, timeout: float = 180) -> None:
        """Return when a task has ended, or its run has. :raises AirflowError: when it takes longer"""
        over = {"success", "failed", "skipped", "upstream_failed"}

        def ended() -> bool:
            run = self.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"]
            return run in ENDED or self.tasks(dag_id, run_id).get(task) in over

        self._until(ended, timeout, lambda: f"task {task} of run {run_id} of {dag_id} has not ended")

    def wait(self, dag_id: str, run_id: str, timeout: float = 600, on_progress: Progress | None = None) -> str:
        """Return the state a run ended in, ``"success"`` or ``"failed"``. :raises AirflowError: when it takes longer"""
        seen: dict[str, str] = {}
        state = "unknown"

        def ended() -> bool:
            nonlocal state
            state = self.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"]
            for task, now in self.tasks(dag_id, run_id).items():
                if seen.get(task, "none") != now and on_progress is not None:
                    on_progress(task, now)
                seen[task] = now
            return state in ENDED

        self._until(ended, timeout, lambda: f"run {run_id} of {dag_id} is still {state}: {seen}")
        return state

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """What a task handed on, as JSON; None if nothing."""
        reply = self._send("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}")
        return None if reply.status_code == 404 else self._answer(reply)["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """What one attempt of a task logged, one event a line, each error with its whole text."""
        lines = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}")["content"]
        return "\n".join(part for line in lines for part in _said(line))

    def failure(self, dag_id: str, run_id: str, task_id: str) -> str:
        """Why the last attempt of a task failed: the text of its error, or nothing if there is none."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        lines = self.get(f"{path}/logs/{self.get(path)['try_number']}")["content"]
        errors = [line for line in lines if isinstance(line, dict) and line.get("error_detail")]
        return "\n".join(_said(errors[-1])[1:]) if errors else ""

    def get(self, path: str) -> Any:
        """The JSON below ``/api/v2/``. :raises AirflowError: for any status but 2xx"""
        return self._answer(self._send("GET", path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that is answered to a body. :raises AirflowError: for any status but 2xx"""
        return self._answer(self._send("POST", path, body))

    def _send(self, verb: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        for _ in range(2):
            if "Authorization" not in self._session.headers:
                token = self._answer(self._session.post(f"{self.url}/auth/token", json=self._login, timeout=30))
                self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
            reply = self._session.request(verb, f"{self.url}/api/v2/{path}", json=body, timeout=60)
            if reply.status_code != 401:
                break
            del self._session.headers["Authorization"]  # the token is too old
        return reply

    def _answer(self, reply: requests.Response) -> Any:
        if not reply.ok:
            raise AirflowError(
                f"Airflow answered {reply.status_code} to {reply.request.method} {reply.url}: {reply.text[:500]}"
            )
        return reply.json()

    def _until(self, done: Callable[[], bool], timeout: float, complaint: Callable[[], str]) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            self._alive()
            if time.monotonic() > deadline:
                raise AirflowError(f"After {timeout:.0f} s: {complaint()}")
            time.sleep(POLL_SECONDS)


def _said(line: Any) -> list[str]:
    if not isinstance(line, dict):
        return [str(line)]
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or ()]
    return [str(line.get("event", line)), *errors]

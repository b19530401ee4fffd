"""Runs DAGs for the demo and prints each task as it changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from malote_local.rest import ENDED
from malote_local.stage import Stage

PATIENT = 900
"""Seconds; generous, as a busy machine is no error."""


class Run:
    """Triggers DAGs and prints each task as it changes."""

    def __init__(self, running: Stage) -> None:
        self._rest = running.airflow.rest

    def __call__(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Run one DAG once; returns the state that the run ended in."""
        run_id = self._rest.trigger(dag_id, conf)
        said = ", ".join(f"{name}={value}" for name, value in (conf or {}).items())
        print(f"\n  {dag_id} {said}".rstrip())
        return self.watch(dag_id, run_id)

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run of one DAG and do not wait for it; returns its run id."""
        print(f"\n  {dag_id}, left to itself")
        return self._rest.trigger(dag_id, conf)

    def all_ended(self, dag_id: str, timeout: float = PATIENT) -> list[str]:
        """Wait until no run of a DAG is under way, whatever started it; returns the state of each."""
        deadline = time.monotonic() + timeout
        while True:
            states = list(self._rest.runs(dag_id).values())
            if set(states) <= ENDED or time.monotonic() > deadline:
                return states
            time.sleep(0.5)

    def together(self, dag_id: str, confs: list[dict[str, Any]], *, sent: Callable[[], None]) -> list[str]:
        """Run one DAG once for each conf, side by side; returns the state that each run ended in.

        :param sent: called when the ``submit`` of every run is done
        """
        run_ids = []
        for conf in confs:
            run_ids.append(self._rest.trigger(dag_id, conf))
            print(f"\n  {dag_id} {', '.join(f'{name}={value}' for name, value in conf.items())}")
        for run_id in run_ids:
            self._rest.wait_task(dag_id, run_id, "submit", timeout=PATIENT)
        sent()
        return [self.watch(dag_id, run_id) for run_id in run_ids]

    def watch(self, dag_id: str, run_id: str) -> str:
        """Print each task of a run until it ends; returns the state that it ended in."""
        began = time.monotonic()

        def progress(task: str, state: str) -> None:
            print(f"  {time.monotonic() - began:6.1f} s  {task:<24} {state}", flush=True)
            if state == "failed":
                print(_indented(self._rest.failure(dag_id, run_id, task)), flush=True)

        return self._rest.wait(dag_id, run_id, timeout=PATIENT, on_progress=progress)

    def clear(self, dag_id: str) -> str:
        """Clear every task of the newest run of a DAG, as its button in the UI does, and watch it run again."""
        run_id = next(iter(self._rest.runs(dag_id)))
        print(f"\n  {dag_id}: clear all tasks of {run_id}")
        self._rest.clear(dag_id, run_id)
        return self.watch(dag_id, run_id)


def _indented(text: str) -> str:
    return "\n".join(f"           {line}" for line in text.splitlines())

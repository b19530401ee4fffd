"""Runs DAGs for the demo and prints each task as it changes."""

from __future__ import annotations

import time
from typing import Any

from malote_local.stage import Stage


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

    def watch(self, dag_id: str, run_id: str) -> str:
        """Print each task of a run until it ends; returns the state that it ended in."""
        began = time.monotonic()

        def progress(task: str, state: str) -> None:
            print(f"  {time.monotonic() - began:6.1f} s  {task:<24} {state}", flush=True)
            if state == "failed":
                print(_indented(self._rest.failure(dag_id, run_id, task)), flush=True)

        return self._rest.wait(dag_id, run_id, timeout=180, on_progress=progress)

    def clear(self, dag_id: str) -> str:
        """Clear every task of the newest run of a DAG, as its button in the UI does, and watch it run again."""
        run_id = next(iter(self._rest.runs(dag_id)))
        print(f"\n  {dag_id}: clear all tasks of {run_id}")
        self._rest.clear(dag_id, run_id)
        return self.watch(dag_id, run_id)


def _indented(text: str) -> str:
    return "\n".join(f"           {line}" for line in text.splitlines())

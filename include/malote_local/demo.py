"""``make demo``: the whole trip, seen as it happens."""

from __future__ import annotations

import time

from malote_local.stage import Stage, stage

DAG = "ccee_contratos"


def demo() -> int:
    """Run the trip and compare the figures; returns the exit code, 0 when all agree."""
    with stage(say=print) as running:
        return 0 if _trip(running, DAG) == "success" else 1


def _trip(running: Stage, dag_id: str) -> str:
    """Run one DAG once and print each task as it changes; returns the state that the run ended in."""
    rest = running.airflow.rest
    rest.wait_dag(dag_id)
    rest.unpause(dag_id)
    began = time.monotonic()
    run_id = rest.trigger(dag_id)
    print(f"\n{dag_id}  {run_id}")

    def progress(task: str, state: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {task:<12} {state}", flush=True)
        if state == "failed":
            print(rest.failure(dag_id, run_id, task), flush=True)

    state = rest.wait(dag_id, run_id, timeout=150, on_progress=progress)
    print(f"{time.monotonic() - began:5.1f} s  {dag_id} ended: {state}\n", flush=True)
    return state

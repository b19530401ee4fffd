"""``make up``: Airflow and the simulators, left running until Ctrl-C."""

from __future__ import annotations

import contextlib
import socket
import time

from malote_local.stage import stage

USUAL_PORT = 8080


def up() -> int:
    """Run until interrupted; returns the exit code."""
    with stage(say=print, port=USUAL_PORT if _free(USUAL_PORT) else None, scheduled=True) as running:
        airflow = running.airflow
        print(f"\n  Airflow     {airflow.url}   user {airflow.user}, password {airflow.password}")
        print(f"  Simulators  {running.control}/_sim/")
        print(f"  Logs        {airflow.logs}")
        print("  Ctrl-C stops everything; the data is kept.\n", flush=True)
        while True:
            airflow.check()
            time.sleep(1)


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False

"""``make up``: Airflow and the simulators, left running until Ctrl-C or ``make down``, with rows ready to send."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from datetime import datetime
from pathlib import Path

from malote.clock import ZONE
from malote_local import samples
from malote_local.presence import Presence
from malote_local.stage import stage
from malote_local.welcome import Told

USUAL_PORT = 8080


def up(state: Path, *, scheduled: bool = False) -> int:
    """Run until interrupted.

    :param state: where everything is kept
    :param scheduled: DAGs run by their timetables too
    :raises Occupied: where something runs there already
    """
    told = Told(os.environ)
    with Presence(state, "make up") as presence:
        port = USUAL_PORT if _free(USUAL_PORT) else None
        with stage(say=print, state=state, port=port, scheduled=scheduled, visited=True, told=told) as running:
            samples.put(running.warehouse, running.archive_key, datetime.now(ZONE).date())
            running.tell("bndes", "settings", {"hours": ""})
            airflow = running.airflow
            presence.tell(Airflow=f"{airflow.url}  user {airflow.user}", Simulators=f"{running.control}/_sim/")
            print(
                told.welcome(
                    scheduled=scheduled, url=airflow.url, user=airflow.user, password=airflow.password,
                    control=running.control, dsn=_short(state / "warehouse.dsn"), logs=_short(airflow.logs),
                ),
                flush=True,
            )  # fmt: skip
            while True:
                airflow.check()
                time.sleep(1)


def _short(path: Path) -> Path:
    """As somebody types it who stands where we stand."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False

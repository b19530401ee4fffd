"""``make up``: Airflow and the simulators, left running until Ctrl-C or ``make down``, with rows ready to send."""

from __future__ import annotations

import contextlib
import socket
import time
from datetime import datetime
from pathlib import Path

from malote.clock import ZONE
from malote_local import samples
from malote_local.presence import Presence
from malote_local.stage import Stage, stage

USUAL_PORT = 8080
WELCOME = """
  Airflow      {url}     user {user}, password {password}
  Simulators   {control}/_sim/     their clock, their faults, what they have accepted
  Warehouse    make psql     or: psql "$(cat {dsn})"
  Logs         {logs}

  What to click first
  1. In Airflow: Dags, ccee_contratos, Trigger. Four contracts wait in outgoing.ccee_contratos; its three tasks are
     green in a minute. Then: make psql SQL='select * from report.ccee_contratos'
     One of the four comes back refused: that is CCEE's answer, not a failure. It shows on the page Browse, Malote.
  2. bndes_operacoes, Trigger: two proposals, each answered on its own; what lands starts the next step by itself.
  3. cielo_lote, Trigger: a return of Cielo takes twelve hours. Let them pass on the simulators' page: + 13 hours.
     When it has landed, go back to the wall clock there.
  4. reinf_eventos, Trigger: last month's contributor and three events of payments. One is refused, its tax is above
     its base, so the month's closing waits: make psql SQL='select * from report.reinf_competencia'
  5. Play a fault on the simulators' page (lost_reply on importarArquivo), insert a row, trigger again: a doubt.
  Admin, Connections: edit one, and Test says in words what is wrong.

  {rhythm}
  Ctrl-C, or make down, stops everything; the data is kept, make clean throws it away.
"""
RHYTHM = {
    True: "The DAGs also run by their timetables.",
    False: "A DAG runs when you trigger it, or when what it waits for has landed; by timetables with SCHEDULED=1.",
}


def up(state: Path, *, scheduled: bool = False) -> int:
    """Run until interrupted.

    :param state: where everything is kept
    :param scheduled: DAGs run by their timetables too
    :raises Occupied: where something runs there already
    """
    with Presence(state, "make up") as presence:
        port = USUAL_PORT if _free(USUAL_PORT) else None
        with stage(say=print, state=state, port=port, scheduled=scheduled, visited=True) as running:
            samples.put(running.warehouse, running.archive_key, datetime.now(ZONE).date())
            running.tell("bndes", "settings", {"hours": ""})
            airflow = running.airflow
            presence.tell(Airflow=f"{airflow.url}  user {airflow.user}", Simulators=f"{running.control}/_sim/")
            print(welcome(running, state, scheduled=scheduled), flush=True)
            while True:
                airflow.check()
                time.sleep(1)


def welcome(running: Stage, state: Path, *, scheduled: bool) -> str:
    """What a newcomer is told: addresses, login, what to click first."""
    airflow = running.airflow
    return WELCOME.format(
        url=airflow.url,
        user=airflow.user,
        password=airflow.password,
        control=running.control,
        dsn=_short(state / "warehouse.dsn"),
        logs=_short(airflow.logs),
        rhythm=RHYTHM[scheduled],
    )


def _short(path: Path) -> Path:
    """As somebody types it who stands where we stand."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False

"""A real Airflow with everything around it, as the players meet it: rows, runs, processes, and a person at the desk."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import psutil
import psycopg

from malote_local.postgres import EmbeddedPostgres
from malote_local.rest import ENDED
from malote_local.stage import Stage, stage
from support import ROOT
from support.system.flows import FLOWS, Flow, insert
from support.system.rest import LIMIT, Buttons

RULES = {
    "return_after": "PT1S",
    "poll_every": "PT1S",
    "opening_hours": "",
    "closed_days": [],
    "closed_every": "PT11S",
    "send_timeout": "PT25S",
    "ask_timeout": "PT15S",
    "settle": "PT5S",
    "absent_apart": "PT3S",
    "repeat_every": "PT5S",
}
"""What takes hours in production takes seconds here; which of it comes first stays as it is."""
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
}
POLICY = Path(__file__).with_name("airflow_settings.py")
LATE = 3600
"""Simulated seconds that an answer takes while the players want it to be late."""


@dataclass
class Trip:
    """One batch of rows of one flow, and the runs that carry it.

    :param marked: somebody marked tasks of its runs by chance, so that their colours say nothing
    """

    flow: Flow
    tag: int
    count: int
    runs: list[str] = field(default_factory=list)
    marked: bool = False

    @property
    def conf_name(self) -> str:
        """Name of the SQL file that selects its rows."""
        return f"{self.flow.institution}-{self.tag}.sql"

    @property
    def references(self) -> list[str]:
        return self.flow.references(self.tag, self.count)


class System:
    """Everything that runs. Whatever is started, cleared or killed goes through here; several may play at once."""

    def __init__(self, running: Stage, state: Path) -> None:
        self.stage, self.state = running, state
        self.airflow, self.pretended, self.postgres = running.airflow, running.pretended, running.postgres
        self._each = threading.local()  # each player has a session of his own
        self._changing = threading.RLock()  # one at a time stops and starts what all stand on
        self._late: set[int] = set()
        self.settings: dict[str, dict[str, Any]] = {flow.institution: dict(flow.settings) for flow in FLOWS.values()}
        self.elsewhere: Callable[[], Iterable[Path]] = tuple
        """Gives the log folders of machines whose logs Airflow cannot show."""
        self._tags = itertools.count(1001)

    @property
    def rest(self) -> Buttons:
        """Airflow's buttons, under the hands of whoever asks."""
        if not hasattr(self._each, "rest"):
            of = self.airflow
            self._each.rest = Buttons(of.url, user=of.user, password=of.password, alive=self.revive)
        found: Buttons = self._each.rest
        return found

    @property
    def archive(self) -> str:
        """Where the archive is, as fsspec names it."""
        return self.airflow.environment["AIRFLOW__MALOTE__ARCHIVE_URL"]

    # ---- rows and runs

    def begin(self, flow: Flow) -> None:
        """Have at home what has to be before any batch of a flow travels."""
        if flow.first is None:
            return
        statement, conf = flow.first
        with psycopg.connect(self.stage.warehouse) as warehouse:
            warehouse.execute(statement)
        self.rest.trigger_as(flow.dag_id, "first", dict(conf))
        self.rest.until(f"the first run of {flow.institution} ends", lambda: self.rest.ended(flow.dag_id, "first"))
        assert self.rest.state(flow.dag_id, "first") == "success"

    def batch(self, flow: Flow, count: int) -> Trip:
        """Put ``count`` new rows of a flow into the warehouse."""
        trip = Trip(flow, next(self._tags), count)
        (self.state / "sql" / trip.conf_name).write_text(flow.selection(trip.tag))
        insert(self.stage, flow, trip.tag, count)
        return trip

    def trigger(self, trip: Trip, **conf: Any) -> str:
        """Start a run over a batch; returns its id."""
        run_id = f"t{trip.tag}-{len(trip.runs) + 1}"
        trip.runs.append(run_id)
        self.rest.trigger_as(trip.flow.dag_id, run_id, trip.flow.conf_of(trip.tag, **conf))
        return run_id

    def states(self, trip: Trip) -> dict[str, str]:
        """The states of the tasks of its last run, by ``submit``, ``wait`` and ``land``."""
        return trip.flow.bare(self.rest.tasks(trip.flow.dag_id, trip.runs[-1]))

    def until_task(self, trip: Trip, task: str, *states: str) -> None:
        """Return when a task of the last run of a batch is in one of these states, or its run has ended."""

        def there() -> bool:
            return self.states(trip).get(task) in states or self.rest.ended(trip.flow.dag_id, trip.runs[-1])

        self.rest.until(f"{task} of {trip.flow.institution} is {' or '.join(states)}", there)

    def until_ended(self, trip: Trip) -> dict[str, str]:
        """Return when every run of a batch has ended; the state that each ended in."""
        found: dict[str, str] = {}

        def ended() -> bool:
            found.update({run: self.rest.state(trip.flow.dag_id, run) for run in trip.runs})
            return set(found.values()) <= ENDED

        self.rest.until(f"the runs of {trip.flow.institution} {trip.tag} end", ended, seconds=900)
        return found

    # ---- the institutions

    def set(self, flow: Flow, **settings: Any) -> None:
        """Change settings of a simulator, also for when it starts again."""
        with self._changing:
            self.settings[flow.institution].update(settings)
            self.pretended.tell(flow.institution, "settings", settings)

    def answers_are_late(self) -> None:
        """From now on an answer takes an hour of the simulators' clock, so that what waits is deferred."""
        with self._changing:
            self._late.add(threading.get_ident())
            for flow in FLOWS.values():
                self.set(flow, **flow.answered_after(LATE))

    def answers_are_there(self) -> None:
        """That hour is over, and answers come at once again; as soon as nobody who plays wants them late any more."""
        with self._changing:
            self._late.discard(threading.get_ident())
            if self._late:
                return
            self.pretended.tell("ccee", "clock", {"advance": LATE + 60})
            for flow in FLOWS.values():
                self.set(flow, **flow.answered_after(0))

    def fault(self, flow: Flow, on: str, fault: str, **options: Any) -> None:
        """Queue a fault of a simulator."""
        with self._changing:
            self.pretended.tell(flow.institution, "faults", [{"on": on, "fault": fault, **options}])

    def accepted(self, trip: Trip) -> dict[str, int]:
        """How often each reference of a batch was accepted, by the simulator's own record."""
        with self._changing:
            counted = self.pretended.shown(trip.flow.institution)["accepted"]
        return {each: counted.get(trip.flow.accepted(each), 0) for each in trip.references}

    def open(self) -> None:
        """Let the flows run, and bring home what has to be there before any batch."""
        for flow in FLOWS.values():
            self.rest.wait_dag(flow.dag_id, timeout=600)
            self.rest.pause(flow.dag_id, paused=False)
        self.calm()
        for flow in FLOWS.values():
            self.begin(flow)

    def calm(self) -> None:
        """Everything is up, and no fault is left to be played."""
        self.revive()
        for flow in FLOWS.values():
            self.pretended.hush(flow.institution)
            self.pretended.tell(flow.institution, "settings", self.settings[flow.institution])

    def restart_pretended(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Kill the simulators, and start them again as they were."""
        with self._changing:
            ahead = datetime.fromisoformat(self.pretended.shown("ccee")["clock"]) - datetime.now(timezone.utc)
            self.pretended.crash()
            meanwhile()
            self.pretended.start()
            now = datetime.now(timezone.utc)
            self.pretended.tell("ccee", "clock", {"set": (now + ahead).isoformat()})
            for flow in FLOWS.values():
                self.pretended.tell(flow.institution, "settings", self.settings[flow.institution])

    def restart_database(self, *, immediate: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Stop the database, or crash it, and start it again."""
        with self._changing:
            self.postgres.restart(immediate=immediate, meanwhile=meanwhile)

    # ---- processes

    def crash(self, *names: str) -> None:
        """``kill -9`` of Airflow's own processes, with their children; a supervisor starts them again."""
        with self._changing:
            self.airflow.crash(*names)

    def revive(self) -> None:
        """Be the supervisor of Airflow's processes."""
        with self._changing:
            self.airflow.revive()

    def clients(self, port: int) -> set[int]:
        """Ids of the processes of tasks that are connected to a port: not ours, not the triggerer's."""
        triggerer = self.airflow.pid("triggerer")
        found = set()
        for each in psutil.net_connections(kind="tcp"):
            if each.status == psutil.CONN_ESTABLISHED and each.raddr and each.raddr.port == port and each.pid:
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    if each.pid != os.getpid() and os.getpgid(each.pid) != triggerer:
                        found.add(each.pid)
        return found

    def of_tasks(self) -> set[int]:
        """Ids of the processes in which tasks run: the children of the scheduler's workers."""
        with contextlib.suppress(psutil.NoSuchProcess):
            scheduler = psutil.Process(self.airflow.pid("scheduler"))
            return {each.pid for worker in scheduler.children() for each in worker.children(recursive=True)}
        return set()

    def kill_tasks(self, pids: Iterable[int]) -> None:
        """``kill -9`` of the processes of tasks."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextlib.contextmanager
    def held(self, *tables: str, writers: int) -> Iterator[set[int]]:
        """Tables that nobody can write while the block lasts; gives the ids of the processes that try, ``writers``."""
        with psycopg.connect(self.stage.warehouse) as warehouse:
            warehouse.execute(f"lock table {', '.join(tables)} in share mode")
            with psycopg.connect(self.postgres.dsn(), autocommit=True) as watching:
                pids: set[int] = set()
                what = f"{writers} write {', '.join(tables)}"
                self.rest.until(what, lambda: self._blocked(watching, pids) >= writers)
                yield pids

    def _blocked(self, watching: psycopg.Connection[Any], pids: set[int]) -> int:
        rows = watching.execute(
            """select client_port from pg_stat_activity
               where cardinality(pg_blocking_pids(pid)) > 0 and datname = 'malote' and usename = 'malote_runtime'"""
        ).fetchall()
        ports = {port for (port,) in rows}
        pids.clear()
        for each in psutil.net_connections(kind="tcp"):
            if each.raddr and each.raddr.port == self.postgres.port and each.laddr.port in ports and each.pid:
                pids.add(each.pid)
        return len(pids)

    # ---- the journal

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the warehouse, as its owner sees them. Asked again while there is no server."""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                with psycopg.connect(self.stage.warehouse, row_factory=psycopg.rows.dict_row) as warehouse:
                    return warehouse.execute(query, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def submissions(self, trip: Trip) -> list[dict[str, Any]]:
        """The submissions that hold the rows of a batch, as the journal has them."""
        return self.rows(
            """select s.* from malote.submission s
               where s.institution = %s and exists
                   (select 1 from malote.item_row i where i.submission = s.id and i.reference = any(%s))
               order by s.number""",
            trip.flow.institution,
            trip.references,
        )


@contextlib.contextmanager
def system(
    state: Path, say: Callable[[str], None], *, parallelism: int = 8, settings: Mapping[str, str] | None = None
) -> Iterator[System]:
    """The running system, for as long as the block lasts; its databases are gone afterwards, its logs are not.

    Nothing runs until it is opened.

    :param settings: further environment of Airflow
    """
    shutil.copytree(ROOT / "dags", state / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    (state / "sql").mkdir()
    with (
        contextlib.ExitStack() as at_last,
        stage(
            say=say,
            state=state,
            dags=state / "dags",
            rules=RULES,
            policy=POLICY.read_text(encoding="utf-8"),
            supervised=True,
            settings={**SETTINGS, "AIRFLOW__CORE__PARALLELISM": str(parallelism), **(settings or {})},
        ) as running,
    ):
        at_last.callback(EmbeddedPostgres(state / "postgres").erase)
        yield System(running, state)


def seeded(seed: str, *what: object) -> Random:
    """Chance that is the same every time for the same seed and purpose."""
    return Random("/".join((seed, *map(str, what))))

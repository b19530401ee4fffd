"""Starts and stops a real Airflow: api-server, scheduler with LocalExecutor, dag-processor, triggerer."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from malote_local.guarded import Guarded, tail
from malote_local.ports import free_port
from malote_local.postgres import EmbeddedPostgres
from malote_local.private import write_private
from malote_local.rest import AirflowError, Rest
from malote_local.roles import owned

USER = "admin"
METADATA = "airflow"
STOP_SECONDS = 20
IMPORTED = "import malote_local.imported\n"  # of airflow_local_settings.py
UNSCHEDULED = "from malote_local.unscheduled import dag_policy\n"
COMMANDS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],  # the logs are files that the api-server reads
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


class LocalAirflow:
    """Airflow for a laptop, a demo or a test: four processes, its metadata in an embedded PostgreSQL.

    :param state: folder of its home, logs and secrets, made if absent; kept between runs
    :param postgres: a running server; the metadata lives in its database ``airflow``, and is the role's of that name
    :param dags: the DAGs folder
    :param connections: Airflow connections by id, each a dict as in ``AIRFLOW_CONN_…``: conn_type, host, login, extra…
    :param settings: further environment, e.g. ``{"AIRFLOW__MALOTE__ARCHIVE_URL": "…"}``
    :param plugins: what a plugin of this Airflow alone says, in Python
    :param port: of the API and the UI, on 127.0.0.1; None for a free one
    :param scheduled: DAGs run by their timetables too; otherwise only when triggered, or by an Asset
    :param parallelism: how many tasks may run at once; each is a process of 45 MiB and more
    :param policy: further text of ``airflow_local_settings.py``, in place of the one that keeps ``scheduled``
    :param supervised: a process that has ended is started again, as a supervisor would; otherwise that is an error

    malote itself is registered by its entry points, so the plugins folder is empty but for ``plugins``.
    """

    def __init__(
        self,
        *,
        state: Path,
        postgres: EmbeddedPostgres,
        dags: Path,
        connections: Mapping[str, Mapping[str, Any]],
        settings: Mapping[str, str] | None = None,
        plugins: str = "",
        port: int | None = None,
        scheduled: bool = True,
        parallelism: int = 4,
        policy: str | None = None,
        supervised: bool = False,
    ) -> None:
        self._home = state.absolute() / "airflow"
        self.logs = state.absolute() / "logs"
        self._postgres = postgres
        self._dags = dags.absolute()
        self._connections = connections
        self._settings = settings or {}
        self._plugins = plugins
        self._wanted_port = port
        self._policy = (("" if scheduled else UNSCHEDULED) if policy is None else policy) + IMPORTED
        self._alive = self.revive if supervised else self.check
        self._parallelism = parallelism
        self._running: dict[str, Guarded] = {}
        self._started_with: dict[str, str] = {}
        self._metadata = ""
        self.url = ""
        self.user = USER
        self.password = ""
        self.rest = Rest("", user="", password="")

    def __repr__(self) -> str:
        return f"<LocalAirflow {self.url or 'stopped'}>"

    def __enter__(self) -> LocalAirflow:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> LocalAirflow:
        """Make or upgrade the metadata and start the processes; :meth:`Rest.wait_healthy` says when they are up."""
        policy = self._home / "config" / "airflow_local_settings.py"
        for folder in (self._home / "plugins", policy.parent, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        policy.write_text(self._policy)
        (self._home / "plugins" / "local.py").write_text(self._plugins)
        port = self._wanted_port or free_port()
        self.url = f"http://localhost:{port}"
        kept = self._secrets()
        fresh = METADATA not in self._postgres.databases()
        self._metadata = owned(self._postgres, METADATA, METADATA, kept.get("metadata", ""))
        environment = self._environment(port, kept)
        self._migrate(environment, fresh=fresh)
        atexit.register(self.stop)
        self.rest = Rest(self.url, user=self.user, password=self.password, alive=self._alive)
        self._started_with = environment
        for name in COMMANDS:
            self._start(name)
        return self

    @property
    def environment(self) -> dict[str, str]:
        """What its processes were started with, secrets and all: a worker on another machine needs the same."""
        return dict(self._started_with)

    def crash(self, *names: str) -> None:
        """Kill processes with SIGKILL, with their children, and start them again, as a supervisor would."""
        for name in names:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running[name].pid, signal.SIGKILL)
        for name in names:
            self._running[name].stop()
            self._start(name)

    def pid(self, name: str) -> int:
        """Process id of one of the processes, which is also the number of its process group."""
        return self._running[name].pid

    def revive(self) -> None:
        """Start again what has ended, as a supervisor would."""
        self.crash(*(name for name, process in self._running.items() if not process.running))

    def _start(self, name: str) -> None:
        self._running[name] = Guarded(
            [sys.executable, "-m", "airflow", *COMMANDS[name]],
            log=self.logs / f"{name}.log",
            patience=STOP_SECONDS,
            env=self._started_with,
            cwd=self._home,
        )

    def check(self) -> None:
        """:raises AirflowError: when one of the processes has ended, with the end of its log"""
        for name, process in self._running.items():
            if not process.running:
                raise AirflowError(f"Airflow's {name} has ended. The end of {process.log}:\n{tail(process.said())}")

    def stop(self) -> None:
        """Stop all processes side by side; what does not stop within 20 s is killed. May be called twice."""
        atexit.unregister(self.stop)
        for process in self._running.values():
            process.ask_to_stop()
        for process in self._running.values():
            process.stop()
        self._running = {}

    def _secrets(self) -> dict[str, str]:
        """Made once, kept where only the owner reads: a second start must be able to read the first's rows."""
        path = self._home / "secrets.json"
        if not path.is_file():
            fresh = {name: secrets.token_hex(48) for name in ("jwt", "api", "metadata")}
            fresh["fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            fresh["password"] = secrets.token_urlsafe(9)
            write_private(path, json.dumps(fresh))
        kept: dict[str, str] = json.loads(path.read_text())
        self.password = kept["password"]
        write_private(self._home / "passwords.json", json.dumps({USER: self.password}))
        return kept

    def _environment(self, port: int, kept: Mapping[str, str]) -> dict[str, str]:
        foreign = ("AIRFLOW", "_AIRFLOW", "PYTHONPATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(foreign) and not name.lower().endswith("_proxy")
        }
        own |= {
            "AIRFLOW_HOME": str(self._home),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(self._parallelism),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self._dags),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self._home / "plugins"),
            "AIRFLOW__CORE__FERNET_KEY": kept["fernet"],
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._home / "passwords.json"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",  # else every task fails
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._metadata,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": kept["api"],
            "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.logs / "tasks"),
            "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(self.logs / "parsing"),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
        }
        itself = {"conn_type": "http", "host": f"http://localhost:{port}", "login": USER, "password": self.password}
        known = {"malote_airflow": itself, **self._connections}
        own |= {f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in known.items()}
        return own | dict(self._settings)

    def _migrate(self, environment: Mapping[str, str], *, fresh: bool) -> None:
        """``airflow db migrate``, unless this version has already done it (4 s)."""
        done = self._home / "migrated"
        ours = version("apache-airflow")
        if not fresh and done.is_file() and done.read_text() == ours:
            return
        log = self.logs / "migrate.log"
        with log.open("ab") as output:
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            code = subprocess.run(command, stdout=output, stderr=output, env=environment, check=False).returncode
        if code:
            raise AirflowError(f"`airflow db migrate` ended with {code}. The end of {log}:\n{tail(log.read_text())}")
        done.write_text(ours)

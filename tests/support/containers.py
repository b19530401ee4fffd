"""The system in containers: docker-compose.yaml started in a folder of its own, and met from outside."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import yaml

from malote_local.ports import free_port
from malote_local.pretended import Pretended
from malote_local.stage import Stage
from support import ROOT, TESTS
from support.system.flows import FLOWS, Flow, insert
from support.system.players import SITUATIONS, Situation, Trips, start
from support.system.running import RULES, System, Trip

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
PROJECT = "malote-containers"
WORKERS = 2
NAMES = ("undisturbed", "worker_killed_in_submit", "database_restarted_in_wait")
HERE = {**RULES, "send_timeout": "PT3M", "opening_days": "all", "closing_margin": "PT0S"}
"""Of all four a document must be on the wire at once, however long the tasks take to start; at any hour of any day."""


class Compose:
    """A project of compose's: docker-compose.yaml with images of ours, secrets and volumes of its own.

    :param folder: where its secrets are made
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        shutil.copy(ROOT / "secrets.sh", folder)
        subprocess.run(["sh", str(folder / "secrets.sh")], check=True, stdout=subprocess.DEVNULL)
        self._hasten()
        self.lowered = self._limits()
        """A further file where this machine cannot give what docker-compose.yaml asks for."""

    def run(self, *arguments: str) -> str:
        """What compose says to a command."""
        files = [ROOT / "docker-compose.yaml", TESTS / "containers" / "images.yaml", *self.lowered]
        command = shlex.split(os.environ.get("MALOTE_COMPOSE", "docker compose"))
        command += ["--project-name", PROJECT, "--project-directory", str(self.folder)]
        command += [part for file in files for part in ("--file", str(file))]
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "AIRFLOW_PORT": str(self.port)},
        )
        assert not done.returncode, f"compose {' '.join(arguments)}:\n{done.stderr[-3000:]}"
        return done.stdout

    def secret(self, name: str) -> str:
        """What stands in a secret."""
        return (self.folder / "secrets" / name).read_text(encoding="utf-8")

    def containers(self, service: str) -> list[dict[str, Any]]:
        """The containers of a service, running or not, as ``docker inspect`` shows them."""
        labels = (f"project={PROJECT}", f"service={service}")
        chosen = [part for each in labels for part in ("--filter", f"label=com.docker.compose.{each}")]
        ids = docker("ps", "--all", "--quiet", *chosen).split()
        return list(json.loads(docker("inspect", *ids))) if ids else []

    def address(self, service: str) -> str:
        """Address of the one container of a service; another after a restart."""
        (only,) = self.containers(service)
        (network,) = only["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def _limits(self) -> list[Path]:
        """What lets the services start where not even root may open as many files as they ask for; else nothing."""
        base = "malote-containers/debian:trixie"
        asked = {name: about["ulimits"]["nofile"]["hard"] for name, about in SERVICES.items() if "ulimits" in about}
        most = max(asked.values())
        try:
            docker("run", "--rm", "--ulimit", f"nofile={most}:{most}", base, "true")
        except subprocess.CalledProcessError:
            has = int(docker("run", "--rm", base, "sh", "-c", "ulimit -Hn"))
            lower = {name: {"ulimits": {"nofile": min(has, wanted)}} for name, wanted in asked.items()}
            path = self.folder / "limits.yaml"
            path.write_text(yaml.safe_dump({"services": lower}), encoding="utf-8")
            return [path]
        return []

    def _hasten(self) -> None:
        """Give the institutions' connections the rules of the system suite."""
        path = self.folder / "secrets" / "connections"
        command = ["sh", "-c", f". '{path}' && env -0"]
        told = subprocess.run(command, check=True, capture_output=True, env={"PATH": os.defpath}).stdout
        lines = []
        for name, _, value in (each.partition("=") for each in sorted(told.decode().split("\0"))):
            if name.startswith("AIRFLOW_CONN_"):
                about = json.loads(value)
                if about["conn_type"] in FLOWS:
                    about["extra"]["rules"] = {**HERE, **({"requests": 600} if about["conn_type"] == "reinf" else {})}
                lines.append(f"export {name}={shlex.quote(json.dumps(about))}\n")
        path.write_text("".join(lines), encoding="utf-8")


def docker(*arguments: str) -> str:
    """What docker says to a command."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


class _Outside(Pretended):
    """The simulators in their container, which somebody else starts and stops."""

    def __init__(self, compose: Compose) -> None:
        self.control = f"http://{compose.address('simulators')}:8000"


class _Contained(SimpleNamespace):
    """What stands on a stage, reached from outside; the database has another address when it is back."""

    compose: Compose

    @property
    def warehouse(self) -> str:
        where = f"{self.compose.address('postgres')}:5432/malote"
        return f"postgresql://malote_owner:{self.compose.secret('malote_owner')}@{where}"


class Contained(System):
    """The running system of docker-compose.yaml, whose supervisor is the engine.

    What it selects with is what is shipped, so that a batch is all rows that wait.
    """

    def __init__(self, compose: Compose) -> None:
        airflow = SimpleNamespace(
            url=f"http://127.0.0.1:{compose.port}", user="admin", password=compose.secret("airflow_admin")
        )
        found = _Contained(
            compose=compose,
            airflow=airflow,
            pretended=_Outside(compose),
            postgres=None,
            archive_key=compose.secret("malote_archive"),
        )
        super().__init__(cast(Stage, found), compose.folder)
        self.compose = compose
        self.lost: list[str] = []
        """Ids of the containers that were killed."""

    @property
    def archive(self) -> str:
        return docker("volume", "inspect", "--format", "{{.Mountpoint}}", f"{PROJECT}_archive").strip()

    def batch(self, flow: Flow, count: int) -> Trip:
        trip = Trip(flow, next(self._tags), count)
        insert(self.stage, flow, trip.tag, count)
        return trip

    def trigger(self, trip: Trip, **conf: Any) -> str:
        run_id = f"t{trip.tag}-{len(trip.runs) + 1}"
        trip.runs.append(run_id)
        self.rest.trigger_as(trip.flow.dag_id, run_id, {**trip.flow.conf, "scope": "pouch", **conf})
        return run_id

    def revive(self) -> None:
        """Nothing: the engine restarts what ends by itself."""

    def restart_database(self, *, immediate: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
        (postgres,) = self.compose.containers("postgres")
        docker("kill" if immediate else "stop", postgres["Id"])
        meanwhile()
        docker("start", postgres["Id"])
        self.rest.until("the database is healthy", lambda: health(self.compose.containers("postgres")) == {"healthy"})

    def worker_of(self, trip: Trip, task: str) -> str:
        """Id of the worker's container in which a task of the last run runs, or nothing."""
        path = f"dags/{trip.flow.dag_id}/dagRuns/{trip.runs[-1]}/taskInstances?task_id={trip.flow.task_id(task)}"
        hosts = [each["hostname"] for each in self.rest.get(path)["task_instances"] if each["state"] == "running"]
        return next(
            (each["Id"] for each in self.compose.containers("worker") if each["Config"]["Hostname"] in hosts), ""
        )

    def table(self) -> dict[str, Situation]:
        """The situations by name, the undisturbed one first."""
        own = Situation("worker_killed_in_submit", self.worker_killed_in_submit, short=True, wave=None)
        return {name: SITUATIONS.get(name, own) for name in NAMES}

    def worker_killed_in_submit(self, system: System, trips: Trips, chance: Random) -> None:
        """A worker's container is killed after documents of its tasks were accepted and before the receipts came."""
        for trip in trips:
            self.fault(trip.flow, trip.flow.submit, "timeout", accept=True)
        start(self, trips)
        for trip in trips:
            name = trip.flow.institution
            self.rest.until(f"{name} has accepted", lambda trip=trip: any(self.accepted(trip).values()))
        busy = sorted({self.worker_of(trip, "submit") for trip in trips} - {""})
        assert busy, "no submit runs on any worker"
        self.lost.append(chance.choice(busy))
        docker("kill", self.lost[-1])


def health(containers: list[dict[str, Any]]) -> set[str]:
    """What the engine says of containers: ``healthy``, or of those that have no health check how they stand."""
    states = (each["State"] for each in containers)
    return {each["Health"]["Status"] if "Health" in each else f"{each['Status']} {each['ExitCode']}" for each in states}


@contextlib.contextmanager
def contained(folder: Path) -> Iterator[Contained]:
    """Everything of docker-compose.yaml running and healthy, with two workers; at the end all of it is gone."""
    compose = Compose(folder)
    compose.run("down", "--volumes")  # of a run that was killed
    try:
        compose.run("up", "--detach", "--no-build", "--scale", f"worker={WORKERS}")
        found = Contained(compose)
        for service in ("dag-processor", "triggerer", "scheduler", "worker"):  # the others were waited for by these
            found.rest.until(
                f"{service} is healthy", lambda s=service: health(compose.containers(s)) == {"healthy"}, seconds=900
            )
        yield found
    finally:
        (folder / "containers.log").write_text(compose.run("logs", "--no-color", "--timestamps"), encoding="utf-8")
        compose.run("down", "--volumes", "--timeout", "20")

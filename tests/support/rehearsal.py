"""Many machines on one: Celery workers with homes of their own, a broker, and an object store that can be cut off."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import requests

from malote_local.guarded import Guarded, tail
from malote_local.ports import free_port

KEYS = {
    "AWS_ACCESS_KEY_ID": "rehearsal",
    "AWS_SECRET_ACCESS_KEY": "rehearsal-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}
BUCKET = "malote"
SIGNED = "AWS4-HMAC-SHA256 Credential=rehearsal/20260101/us-east-1/s3/aws4_request"  # the server looks at no more


class Gate:
    """A TCP door before a server: while it is shut, connections are refused and those that stand are cut."""

    def __init__(self, behind: int) -> None:
        self.port = free_port()
        self._behind = behind
        self._standing: set[socket.socket] = set()
        self._door: socket.socket | None = None
        self.open()

    def open(self) -> None:
        """Let connections through again."""
        door = self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(door,), daemon=True).start()

    def shut(self) -> None:
        """Refuse what comes, cut what stands. May be called twice."""
        standing = [*self._standing, *([self._door] if self._door else [])]
        self._door = None
        for each in standing:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _serve(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
                far = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:
                return
            self._standing |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        self._standing.discard(source)


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[Gate]:
    """An S3 server with one bucket, behind a gate."""
    port = free_port()
    server = Guarded([sys.executable, "-m", "moto.server", "-p", str(port)], log=folder / "s3.log", patience=2)
    try:
        _wait(lambda: _put(f"http://127.0.0.1:{port}/{BUCKET}"), server)
        gate = Gate(port)
        yield gate
        gate.shut()
    finally:
        server.stop()


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Redis with a password, which keeps nothing; its URL without the number of a database."""
    port, password = free_port(), secrets.token_hex(16)
    settings = folder / "redis.conf"
    settings.write_text(f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\ndir {folder}\n')
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: on Debian, apt install redis-server"
    server = Guarded([program, str(settings)], log=folder / "redis.log", patience=5)
    try:
        _wait(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, server)
        yield f"redis://:{password}@127.0.0.1:{port}"
    finally:
        server.stop()


class Workers:
    """Celery workers, each with a home, logs, temporary files and working directory that no other sees.

    :param environment: of the Airflow whose workers they are
    :param policy: its ``airflow_local_settings.py``
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], policy: Path) -> None:
        self._folder, self._environment, self._policy = folder, environment, policy
        self._running: dict[str, Guarded] = {}

    def logs(self) -> list[Path]:
        """The log folders of all that were ever started."""
        return sorted(self._folder.glob("*/logs"))

    def start(self, name: str) -> None:
        """Start one, or start it again."""
        home = self._folder / name
        for each in ("config", "tmp"):
            (home / each).mkdir(parents=True, exist_ok=True)
        shutil.copy(self._policy, home / "config")
        environment = {
            **self._environment,
            "AIRFLOW_HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "4",
            "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
        }
        command = ["-m", "airflow", "celery", "worker", "--skip-serve-logs", "--celery-hostname", f"{name}@rehearsal"]
        self._running[name] = Guarded(
            [sys.executable, *command, "--pid", str(home / "pid")],
            log=self._folder / f"{name}.log",
            env=environment,
            cwd=home,
        )

    def of(self, pids: Iterable[int]) -> list[str]:
        """Which workers these processes belong to."""
        owners = {each.pid: name for name, each in self._running.items()}
        found = set()
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                found |= {owners[each.pid] for each in psutil.Process(pid).parents() if each.pid in owners}
        return sorted(found)

    def kill(self, name: str) -> None:
        """SIGKILL for it and for everything that it has started, as when its machine loses power."""
        worker = self._running.pop(name)
        whole = psutil.Process(worker.pid)
        for each in [whole, *whole.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        worker.stop()
        (self._folder / name / "pid").unlink(missing_ok=True)

    def check(self) -> None:
        """:raises AssertionError: where one has ended by itself, with the end of its log"""
        for name, each in self._running.items():
            assert each.running, f"worker {name} has ended:\n{tail(each.said())}"

    def stop(self) -> None:
        """Stop all."""
        for each in self._running.values():
            each.ask_to_stop()
        for each in self._running.values():
            each.stop()


def _put(url: str) -> bool:
    with requests.Session() as session, contextlib.suppress(requests.ConnectionError):
        session.trust_env = False
        return session.put(url, timeout=10, headers={"authorization": SIGNED}).ok
    return False


def _wait(there: Callable[[], Any], server: Guarded, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if there():
                return
        assert server.running and time.monotonic() < deadline, f"{server.log} ends:\n{tail(server.said())}"
        time.sleep(0.1)

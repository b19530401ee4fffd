"""Lets one process at a time use a folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class Taken(RuntimeError):
    """Raised when another living process uses the folder; ``owner`` is its process id, as text."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"in use by process {owner}")
        self.owner = owner


class Lock:
    """A lock on ``folder/lock`` that the system releases when we end, however we end."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def take(self, folder: Path) -> None:
        """:raises Taken: when another process has it"""
        file = (folder / "lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "?"
            file.close()
            raise Taken(owner) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give it back; nothing when it was never taken."""
        if self._file is not None:
            self._file.close()
            self._file = None

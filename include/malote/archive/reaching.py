"""Says in words what goes wrong on the way to the disk or the object store: every file system has errors of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from malote.errors import MaloteError, Transient, Unreachable
from malote.texts import english


@contextmanager
def reading() -> Iterator[None]:
    """What is read goes through here. A file that is not there passes: it is for the caller to say what that means.

    :raises Unreachable: what cannot be read is not sent, so nothing left this machine
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        if (refused := refusal(error)) is None:
            raise
        raise _unread(refused) from None


@contextmanager
def writing() -> Iterator[None]:
    """What is written goes through here.

    :raises Transient: on a full disk, where a right is missing, where a store is away
    """
    try:
        yield
    except Exception as error:
        if (refused := refusal(error)) is None:
            raise
        raise Transient(
            english("s_archive_unwritten", why=refused),
            todo=english("s_do_archive_room"),
            kept=english("s_kept_no_room"),
        ) from None


class Reading:
    """A file that is open for reading: also what ends while it is read is said in words."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except Exception as error:  # a with-block would cost more than a small piece
            if (refused := refusal(error)) is None:
                raise
            raise _unread(refused) from None

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def refusal(error: Exception) -> str | None:
    """The system's or its library's own word for it, never its text, which may name keys; None for what is no refusal.

    A library has classes of its own; what Python itself raises is a fault of ours, unless the system gave the reason.
    """
    if isinstance(error, MaloteError):
        return None
    if isinstance(error, OSError):
        return ((error.errno and os.strerror(error.errno)) or type(error).__name__).lower()
    return None if type(error).__module__ == "builtins" else type(error).__name__.lower()


def _unread(refused: str) -> Unreachable:
    return Unreachable(
        english("s_archive_unread", why=refused),
        todo=english("s_do_archive_reach"),
        kept=english("s_kept_unreachable"),
    )

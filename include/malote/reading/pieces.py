"""An iterator of bytes, read as a file: for bodies and answers that are put together while they are read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

CHUNK = 64 << 10
"""Bytes read at a time."""


def as_file(pieces: Iterator[bytes], close: Callable[[], object] | None = None) -> BinaryIO:
    """The pieces, one after the other, as a file; ``close`` is called when it is closed."""
    return io.BufferedReader(Pieces(pieces, close), CHUNK)


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    while chunk := file.read(CHUNK):
        yield chunk


class Pieces(io.RawIOBase):
    """What :func:`as_file` reads from; ``close`` is called when it is closed."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], object] | None) -> None:
        self._pieces, self._close, self._rest = pieces, close, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        close, self._close = self._close, None
        super().close()
        if close:
            close()

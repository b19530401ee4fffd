"""Where a reply's body ends: by its length, by its chunks (written badly, too), or with the connection."""

from __future__ import annotations

import re

from malote.wire.heads import Head, Senseless

_LINE = 16 << 10
"""Bytes of a line before a chunk, with what stands behind its size."""

_SIZE = re.compile(rb"[ \t\r\n]{0,20}([0-9A-Fa-f]{1,15})[ \t]{0,20}(?:[;\r][^\n]*)?\n")


class Framing:
    """Takes the bytes after a head and gives those of the body, as a strict reader wants them framed.

    :ivar over: the body has ended
    :ivar left_over: bytes came after its end, or may still come: trailers, blank lines, whatever it is
    """

    def __init__(self, head: Head) -> None:
        self._chunked, self._left = head.chunked, head.length
        self._rest = b""
        self.over, self.left_over = head.length == 0, False

    def take(self, data: bytes) -> bytes:
        """The body's part of these bytes.

        :raises Senseless: where a chunk has no size
        """
        if self._chunked:
            return self._chunks(data) if not self.over else self._after(data)
        if self._left is None:
            return data
        body = data[: self._left]
        self._left -= len(body)
        self.over = not self._left
        return body + self._after(data[len(body) :])

    def _after(self, data: bytes) -> bytes:
        self.left_over = self.left_over or bool(data)
        return b""

    def _chunks(self, data: bytes) -> bytes:
        """All data of the chunks in one chunk; ended as soon as the last is seen, whatever trailers follow."""
        data, at = self._rest + data, 0
        found: list[bytes] = []
        while at < len(data):
            if self._left:
                found.append(data[at : at + self._left])
                at += len(found[-1])
                self._left -= len(found[-1])
                continue
            line = _SIZE.match(data, at, at + _LINE)
            if line is None:
                if b"\n" in data[at:].lstrip() or len(data) - at > _LINE:
                    raise Senseless
                break
            at, self._left = line.end(), int(line[1], 16)
            if not self._left:
                self.over, self.left_over = True, data[at:] not in (b"\r\n", b"\n")
                at = len(data)
        self._rest = data[at:]
        body = b"".join(found)
        return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if self.over else b"")

"""A reply's body unpacked by what its bytes are: heads say gzip and send plain text, say it twice, send junk after."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from malote.texts import english

PIECE = 64 << 10
"""Bytes that are unpacked in one go: no memory is taken before it is counted."""

_GZIP = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08"
_NAMES = ("gzip", "x-gzip", "deflate", "identity", "")
_FOREIGN = frozenset({"br", "zstd", "compress", "x-compress", "exi", "bzip2", "x-bzip2", "lzma", "xz", "dcb", "dcz"})
"""Packings that are not unpacked here. Of any other name (`utf-8`, `8bit`) there is none: it says nothing."""
_TEXT = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]{0,16}<[\0A-Za-z/?!]")


class Unpackable(Exception):
    """The bytes are not what they say, or come to more than may be read; the text says which."""


class Unpacking:
    """Takes a body in chunks and gives it plain. What is gzip is unpacked whether the head says so or not, as often as
    it was packed (three times at most); deflate, zlib or raw, only where it is said, and only where it is.

    :param said: the value of ``Content-Encoding``, or ""
    :param limit: bytes that any packing may come to; a bomb ends there
    """

    def __init__(self, said: str, limit: int, depth: int = 3) -> None:
        self._said = [name.strip().lower() for name in said.split(",")]
        self._limit, self._depth = limit, depth
        self._out = 0
        self._held: bytearray | None = bytearray()  # what came in before anything came out
        self._plain = self._guessed = self._over = False
        self._between = b""  # of a next member's beginning, which may come cut
        self._open: zlib._Decompress | None = None
        self._inner: Unpacking | None = None

    def take(self, data: bytes) -> Iterator[bytes]:
        """What these bytes come to, in pieces.

        :raises Unpackable: where they are broken after their beginning, too many, or in a coding that we do not know
        """
        if self._over:
            return
        if self._plain:
            yield data
            return
        if self._held is not None and self._open is None:
            self._held += data
            if len(self._held) < len(_GZIP):
                return
            data = bytes(self._held)
            self._begin(data)
            if self._plain:
                self._held = None
                yield data
                return
        elif self._held is not None:
            self._held += data
            if len(self._held) > PIECE:
                self._held = None
        yield from self._unpack(data)

    def end(self) -> Iterator[bytes]:
        """What was still held back; afterwards :attr:`whole` says whether nothing is missing."""
        if self._held and (self._open is None or self._guessed):
            self._plain, self._open = True, None
            yield bytes(self._held)
        elif self._inner:
            yield from self._inner.end()

    @property
    def whole(self) -> bool:
        """Whether every packing came to its end."""
        return self._plain or (self._open is None and (self._inner is None or self._inner.whole))

    def _begin(self, data: bytes) -> None:
        """Decide what it is."""
        if data.startswith(_GZIP) and self._depth:
            self._open = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif "deflate" in self._said and self._depth:
            known = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._open = zlib.decompressobj(zlib.MAX_WBITS if known else -zlib.MAX_WBITS)
            self._guessed = not known
        elif not _FOREIGN.isdisjoint(self._said) and not _TEXT.match(data):
            raise Unpackable(english("s_packed_as", how=repr(", ".join(self._said)[:20])))
        else:
            self._plain = True

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        more = False  # a full piece came out: there may be more inside
        while data or more:
            if self._open is None:
                data, self._between = self._between + data, b""
                if len(data) < len(_MEMBER) or not data.startswith(_MEMBER):
                    self._between = data
                    self._over = not _MEMBER.startswith(data)  # what stands behind the end is no part of it
                    return
                self._open = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                out = self._open.decompress(data, PIECE)
            except zlib.error:
                if not self._out and self._held is not None:
                    held, self._held, self._open, self._plain = bytes(self._held), None, None, True
                    yield held
                    return
                raise Unpackable(english("s_packed_not")) from None
            if out:
                self._held = None
                self._out += len(out)
                if self._out > self._limit + (self._limit >> 8) + PIECE:
                    raise Unpackable(english("s_packed_large", limit=self._limit))
                self._inner = self._inner or Unpacking(", ".join(self._rest()), self._limit, self._depth - 1)
                yield from self._inner.take(out)
            ended, more = self._open.eof, len(out) == PIECE and not self._open.eof
            data = self._open.unused_data if ended else self._open.unconsumed_tail
            if ended:
                self._held, self._open = None, None

    def _rest(self) -> list[str]:
        """What else is said beside the packing that was just opened."""
        return [name for name in self._said if name not in _NAMES] if len(self._said) < 2 else self._said[:-1]

"""A multipart body (MTOM, XOP) as the one XML that it means: parts decoded, what is included put where it is named."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from urllib.parse import unquote_to_bytes

from malote.reading.repairs import Repairs
from malote.texts import english

Mend = Callable[[Iterator[bytes], Repairs], Iterator[bytes]]

_PART = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200})\r?\n(?=[A-Za-z-]{1,60}[ \t]{0,20}:|\r?\n)")
_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
_HEAD, _LARGEST, _MOST = 8 << 10, 8 << 20, 1000
"""Bytes of a part's head; bytes that are held; parts that are looked at."""

_FIELD = re.compile(rb"^(content-[a-z-]{1,40})[ \t]{0,20}:[ \t]{0,20}([^\r\n]{0,1000})", re.IGNORECASE | re.MULTILINE)
_INCLUDE = re.compile(
    rb"<(?:[\w.-]{1,80}:)?Include\s[^<>]{0,500}?\bhref\s{0,20}=\s{0,20}[\"']cid:([^\"'<>]{1,300})[\"'][^<>]{0,500}?"
    rb"(?:/>|>\s{0,80}</(?:[\w.-]{1,80}:)?Include\s{0,20}>)",
    re.IGNORECASE,
)
_TAG = 2048
"""Bytes that an `Include` is written in, at most."""

_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def out_of_multipart(pieces: Iterator[bytes], repairs: Repairs, mend: Mend) -> Iterator[bytes]:
    """The first part that is XML, with what it includes; what is no multipart body as it is.

    An included part that is XML stands there as such, any other in base64, as XOP has it. Parts come after what
    includes them, in its order; of those that come early at most :data:`_LARGEST` bytes are held. Where one is missing
    the XML ends, so that no parser takes it for whole.

    :param mend: makes UTF-8 of a part, whatever it is declared as
    """
    head = next(pieces, b"")
    begun = None if head.startswith(b"<") else _PART.search(head)
    if begun is None:
        yield from chain((head,), pieces)
        return
    repairs.note(english("s_mended_multipart"))
    parts = _Parts(chain((head[begun.start(1) - 2 :],), pieces), begun[1].rstrip())
    while parts.next():
        root = mend(parts.body(), repairs)
        first = next(root, b"")
        if first.lstrip().startswith(b"<"):
            yield from _with_included(chain((first,), root), parts, repairs, mend)
            return


def _with_included(root: Iterator[bytes], parts: _Parts, repairs: Repairs, mend: Mend) -> Iterator[bytes]:
    data, early = b"", dict[bytes, Iterator[bytes]]()
    for piece in root:
        data += piece
        if b"nclude" not in data and b"NCLUDE" not in data:
            yield data[:-_TAG]
            data = data[-_TAG:]
        elif len(data) > _LARGEST:  # what is included stands at the beginning of what is so long
            break
    includes = [(_name(found[1]), *found.span()) for found in _INCLUDE.finditer(data)]
    wanted, at, room = Counter(name for name, *_ in includes), 0, _LARGEST
    for name, start, end in includes:
        yield data[at:start]
        repairs.note(english("s_mended_included"))
        at = end
        wanted[name] -= 1
        included = early.pop(name, None)
        while included is None and parts.next():
            if parts.name == name:
                included = parts.body()
            elif wanted[parts.name] > 0 and (held := _at_most(parts.body(), room)):
                early[parts.name], room = iter(held), room - sum(map(len, held))
        if included is None:
            return
        yield from _put_in(included, repairs, mend)
    yield data[at:]
    yield from root


def _put_in(body: Iterator[bytes], repairs: Repairs, mend: Mend) -> Iterator[bytes]:
    first = next(body, b"")
    if first.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"<" or first[:2] == b"\0<":
        bare = mend(chain((first,), body), repairs)
        begun = next(bare, b"")
        found = _DECLARATION.match(begun)
        yield begun[found.end() :] if found else begun
        yield from bare
        return
    rest = b""
    for piece in chain((first,), body):
        data = rest + piece
        whole = len(data) // 3 * 3
        yield base64.b64encode(data[:whole])
        rest = data[whole:]
    yield base64.b64encode(rest)


def _name(href: bytes) -> bytes:
    """The name of a part, as it stands in its head or in an address: percent-encoded or not."""
    return unquote_to_bytes(href.strip().strip(b"<>").replace(b"&amp;", b"&"))


def _at_most(body: Iterator[bytes], most: int) -> list[bytes]:
    """All of a part; nothing of one that is larger."""
    held: list[bytes] = []
    for piece in body:
        most -= len(piece)
        if most >= 0:
            held.append(piece)
    return held if most >= 0 else []


class _Parts:
    """The parts, one after the other.

    :ivar name: of the part at hand, without its brackets
    """

    def __init__(self, pieces: Iterator[bytes], boundary: bytes) -> None:
        self._pieces, self._rest = pieces, b""
        self._delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?=--|[ \t\r\n])")
        self._longest = len(boundary) + 8
        self.name = self._coding = b""
        self._left, self._within = _MOST, True

    def next(self) -> bool:
        """Go to the next part; False where there is none."""
        self._left -= 1
        for _ in self._until_delimiter() if self._within else ():
            pass
        found = None
        while not (found := _HEAD_ENDS.search(self._rest)) and len(self._rest) <= _HEAD and self._more():
            pass
        if found is None or self._rest.startswith(b"--") or self._left < 0:
            self._rest = b""
            return False
        fields = {name.lower(): value.strip() for name, value in _FIELD.findall(self._rest[: found.end()])}
        self.name = _name(fields.get(b"content-id", b""))
        self._coding = fields.get(b"content-transfer-encoding", b"").lower()
        self._rest, self._within = self._rest[found.end() :], True
        return True

    def body(self) -> Iterator[bytes]:
        """The bytes of the part, decoded."""
        if self._coding == b"base64":
            return _from_base64(self._until_delimiter())
        if self._coding == b"quoted-printable":
            return _from_quoted(self._until_delimiter())
        return self._until_delimiter()

    def _until_delimiter(self) -> Iterator[bytes]:
        while True:
            if found := self._delimiter.search(self._rest):
                body, self._rest, self._within = self._rest[: found.start()], self._rest[found.end() :], False
                yield body
                return
            held = max(0, len(self._rest) - self._longest)
            body, self._rest = self._rest[:held], self._rest[held:]
            if body:
                yield body
            if not self._more():
                yield self._rest
                self._rest = b""
                return

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        self._rest += piece
        return bool(piece)


def _from_base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece.translate(None, _NOT_BASE64)
        whole = len(data) // 4 * 4
        yield base64.b64decode(data[:whole])
        rest = data[whole:]
    if len(rest) > 1:
        yield base64.b64decode(rest + b"=" * (-len(rest) % 4))


def _from_quoted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = data.rfind(b"\n") + 1
        yield binascii.a2b_qp(data[:whole])
        rest = data[whole:]
    yield binascii.a2b_qp(rest)

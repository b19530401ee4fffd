"""The head of a reply as it was meant: what real servers write and strict readers refuse, made plain in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MOST = 256 << 10
"""Bytes of a head that are looked at."""

_SMALL = 2 << 10
"""Bytes of a head that is remembered."""

_FIELDS, _LONGEST = 100, 8000
"""So many fields, so long a value: what is beyond frames nothing and says nothing that anybody reads."""

_STATUS = re.compile(
    rb"HTTP/([0-9])(?:\.([0-9]))?[ \t]{1,20}([0-9]{3})(?![0-9])[ \t]{0,20}([^\r\n]{0,200})", re.IGNORECASE
)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH, _CODING = b"content-length", b"transfer-encoding"
_BODILESS = (204, 304)


class Senseless(Exception):
    """What came is no head of HTTP, or says two things about where its body ends."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head that a strict reader takes.

    :param plain: its bytes, with the blank line
    :param chunked: the body comes in chunks
    :param length: bytes of the body; None where chunks or the end of the connection tell
    """

    status: int
    plain: bytes
    chunked: bool
    length: int | None

    @property
    def interim(self) -> bool:
        """Another one follows: 100, 102, 103."""
        return 100 <= self.status < 200 and self.status != 101


def mended(head: bytes) -> Head:
    """A head as it was meant. One server's are alike within a second, so that the last small ones are remembered.

    Blanks before a colon, lines that are no field and control characters go; a folded line is one line; equal
    ``Content-Length`` become one, and none is left beside ``chunked``, which has the last word (RFC 9112, 6.3). Other
    codings of the transfer go: how a body is packed is told by its bytes (:mod:`malote.wire.packing`).

    :raises Senseless: where it does not begin as HTTP does, or two lengths differ: nobody can know which is true
    """
    return _again(head) if len(head) <= _SMALL else _mended(head)


def _mended(head: bytes) -> Head:
    first, *lines = head.strip().replace(b"\r\n", b"\n").split(b"\n")
    begun = _STATUS.match(first)
    if not begun or begun[3] < b"100":
        raise Senseless
    status = int(begun[3])
    said = b"HTTP/1.%b %b %b" % (b"0" if begun[1] + (begun[2] or b"0") < b"11" else b"1", begun[3], begun[4])
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    plain = [_CONTROL.sub(b" ", said)]
    for name, value in _fields(lines):
        value = _CONTROL.sub(b" ", value)
        if name.lower() == _LENGTH:
            lengths.update(_number(each) for each in value.split(b",")[:_FIELDS] if each.strip())
        elif name.lower() == _CODING:
            codings += [each.strip().lower() for each in value.split(b",")[:_FIELDS] if each.strip()]
        elif len(plain) <= _FIELDS:
            plain.append(name + b": " + value[:_LONGEST])
    chunked, length = b"chunked" in codings, None
    if status in _BODILESS:
        chunked, length = False, 0
    elif chunked:
        plain.append(b"Transfer-Encoding: chunked")
    elif lengths:
        (bare, *others) = lengths
        if others or not bare.isdigit() or len(bare) > 18:
            raise Senseless
        length = int(bare)
        plain.append(b"Content-Length: " + bare)
    return Head(status, b"\r\n".join([*plain, b"", b""]), chunked, length)


_again = lru_cache(maxsize=64)(_mended)


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:
            name, value = fields[-1]
            if len(value) < _LONGEST:
                fields[-1] = name, value + b" " + line.strip()[:_LONGEST]
            continue
        name, colon, value = line.partition(b":")
        name = name.strip()
        if colon and _TOKEN.fullmatch(name):
            fields.append((name, value.strip()))
    return fields


def _number(text: bytes) -> bytes:
    bare = text.strip().strip(b'"').removeprefix(b"+")
    return bare.lstrip(b"0") or b"0" if bare.isdigit() else text.strip()

"""What an answer comes wrapped in, taken off piece by piece: UTF-16, a multipart body (MTOM, XOP)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain

from malote.reading.repairs import Repairs

_PART = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200})\r?\n(?=content-)", re.IGNORECASE)
_PART_BEGINS = re.compile(rb"\r?\n\r?\n\s{0,200}(?=<)")


def out_of_utf16(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """UTF-16, by its byte order mark or by its first `<`, as UTF-8."""
    decode = None
    for piece in pieces:
        if decode is None:
            begun = piece[:3]
            order = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le"}.get(begun[:2])
            order = order or ("utf-16-be" if begun == b"\0<\0" else None)
            if order is None:
                yield piece
                break
            repairs.note("UTF-16")
            decode = codecs.getincrementaldecoder(order)("replace").decode
        yield decode(piece).encode("utf-8", "replace")
    yield from pieces


def out_of_multipart(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """The first part of a multipart body (MTOM, XOP) that is XML; what is none as it is."""
    head = next(pieces, b"")
    part = begins = None
    if not head.startswith(b"<"):
        part = _PART.search(head)
        begins = _PART_BEGINS.search(head, part.end()) if part else None
    if part is None or begins is None:
        yield from chain((head,), pieces)
        return
    repairs.note("a multipart body around it")
    closing, rest = b"\n--" + part[1].rstrip(), b""
    for piece in chain((head[begins.end() :],), pieces):
        data = rest + piece
        end = data.find(closing)
        if end >= 0:
            yield data[:end]
            return
        yield data[: -len(closing)]
        rest = data[-len(closing) :]
    yield rest

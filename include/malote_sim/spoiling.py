"""Replies as real servers write them: odd heads, codings said and not done, bytes that no XML has.

Each form is played by the fault `head` or `bytes` (`how`), or on every reply by the setting of the same name. None
changes what the institution says; those of `LOST` nobody can read.
"""

from __future__ import annotations

import base64
import gzip
import http
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from malote_sim.faults import Fault, Reply

    Framed = Callable[[Reply], bytes]


def _head(reply: Reply, *fields: bytes, line: bytes | None = None) -> bytes:
    reason = http.HTTPStatus(reply.status).phrase.encode()
    said = [f"{name}: {value}".encode("latin-1") for name, value in reply.headers.items()]
    return b"\r\n".join([line or b"HTTP/1.1 %d %b" % (reply.status, reason), *said, *fields, b"", b""])


def _long(reply: Reply, *fields: bytes, body: bytes | None = None, line: bytes | None = None) -> bytes:
    body = reply.body if body is None else body
    return _head(reply, *fields, b"Content-Length: %d" % len(body), line=line) + body


def _chunked(
    reply: Reply, *fields: bytes, body: bytes | None = None, size: bytes = b"%x\r\n", end: bytes = b""
) -> bytes:
    body = reply.body if body is None else body
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    chunks = b"".join(size % len(each) + each + b"\r\n" for each in pieces)
    return _head(reply, *fields, b"Transfer-Encoding: chunked") + chunks + b"0\r\n" + end + b"\r\n"


def _packed(said: bytes, body: Callable[[bytes], bytes]) -> Framed:
    return lambda reply: _long(reply, b"Content-Encoding: " + said, body=body(reply.body))


HEADS: dict[str, Framed] = {
    "102": lambda reply: b"HTTP/1.1 102 Processing\r\n\r\n" + _long(reply),
    "103": lambda reply: 2 * b"HTTP/1.1 103 Early Hints\r\nLink: </estilo.css>\r\n\r\n" + _long(reply),
    "equal_lengths": lambda reply: _long(reply, b"Content-Length: %d" % len(reply.body)),
    "differing_lengths": lambda reply: _long(reply, b"Content-Length: %d" % (len(reply.body) + 7)),
    "blank_before_colon": lambda reply: _long(reply).replace(b"Content-Length:", b"Content-Length :", 1),
    "absurd_date": lambda reply: _long(reply, b"Date: Fri, 99 Nov 99999 99:99:99 GMT"),
    "far_date": lambda reply: _long(reply, b"Date: Fri, 31 Dec 9999 23:59:59 GMT"),
    "folded": lambda reply: _long(reply, b"X-Trace: a\r\n b"),
    "no_field": lambda reply: _long(reply, b"gateway 7"),
    "line_feeds": lambda reply: (
        _head(reply, b"Content-Length: %d" % len(reply.body)).replace(b"\r\n", b"\n") + reply.body
    ),
    "no_reason": lambda reply: _long(reply, line=b"HTTP/1.1 %d" % reply.status),
    "length_and_chunks": lambda reply: _chunked(reply, b"Content-Length: 3"),
    "trailers": lambda reply: _chunked(reply, b"Trailer: X-Soma", end=b"X-Soma: 1\r\nContent-Length: 3\r\n"),
    "chunk_extensions": lambda reply: _chunked(reply, size=b"%x ;a=b\r\n"),
    "no_length": lambda reply: _head(reply, b"Connection: close") + reply.body,
    "after_body": lambda reply: _long(reply) + b"\r\n\r\n",
    "gzip": _packed(b"gzip", gzip.compress),
    "gzip_said": _packed(b"gzip", bytes),
    "gzip_gzip_once": _packed(b"gzip, gzip", gzip.compress),
    "gzip_gzip": _packed(b"gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip_unsaid": lambda reply: _long(reply, body=gzip.compress(reply.body)),
    "after_gzip": _packed(b"gzip", lambda body: gzip.compress(body) + bytes(64)),
    "gzip_chunks": lambda reply: _chunked(reply, b"Content-Encoding: gzip", body=gzip.compress(reply.body)),
    "deflate_raw": _packed(b"deflate", lambda body: zlib.compress(body)[2:-4]),
    "unknown_coding": _packed(b"br", lambda body: b"\x8b" + body),
}
"""Form to what goes over the wire; then the connection is closed."""

LOST = frozenset({"differing_lengths", "unknown_coding"})
"""Forms that nobody can read with certainty: what came is evidence, no reply."""

_DECLARED = re.compile(rb"<\?xml[^>]*\?>\s*", re.IGNORECASE)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']+)")
_WORDS = re.compile(rb">[^<>]*[A-Za-z]{3,} [^<>&;]*(?=<)")


def _text(body: bytes) -> str:
    found = _ENCODING.search(body[:200])
    return body.decode(found[1].decode() if found else "utf-8")


def _labelled(label: str, encoding: str) -> Callable[[bytes], bytes]:
    """Declared as `label`, written in `encoding`."""

    def made(body: bytes) -> bytes:
        text = _DECLARED.sub(b"", _text(body).encode())
        declared = f'<?xml version="1.0" encoding="{label}"?>\n'
        return (declared + text.decode()).encode(encoding, "xmlcharrefreplace")

    return made


def _inside(what: bytes) -> Callable[[bytes], bytes]:
    """Put into a text of some words; where there is none, into a comment."""

    def made(body: bytes) -> bytes:
        found = _WORDS.search(body)
        if found:
            return body[: found.end()] + what + body[found.end() :]
        end = body.rfind(b"</")
        return body[:end] + (b"<!-- " + what + b" -->" if end >= 0 else b"") + body[end:]

    return made


def _parts(*parts: tuple[str, bytes]) -> bytes:
    """A multipart body of these: how each is coded, and its bytes. The first is the root; others are `part1@cxf`…"""
    head = (
        b"--uuid:7\r\nContent-Type: application/xop+xml; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: %b\r\nContent-ID: <%b>\r\n\r\n"
    )
    names = ["root.message@cxf.apache.org", *(f"part{number}@cxf" for number in range(1, len(parts)))]
    whole = (head % (c.encode(), name.encode()) + body + b"\r\n" for (c, body), name in zip(parts, names, strict=True))
    return b"".join(whole) + b"--uuid:7--\r\n"


_INCLUDE = b'<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:part1%40cxf"/>'

BYTES: dict[str, Callable[[bytes], bytes]] = {
    "control_reference": _inside(b"&#x1F;"),
    "control": _inside(b"\x1f"),
    "trailing_nul": lambda body: body + b"\0",
    "blank_lines_first": lambda body: b"\r\n \n" + body,
    "utf8": _labelled("utf8", "utf-8"),
    "latin-1": _labelled("latin-1", "iso-8859-1"),
    "iso8859-1": _labelled("iso8859-1", "iso-8859-1"),
    "utf-16_said": _labelled("utf-16", "utf-8"),
    "utf-16": _labelled("utf-16", "utf-16"),
    "latin1_as_utf-8": _labelled("UTF-8", "iso-8859-1"),
    "utf-8_as_latin1": _labelled("ISO-8859-1", "utf-8"),
    "multipart": lambda body: _parts(("binary", body)),
    "multipart_base64": lambda body: _parts(("base64", base64.encodebytes(body))),
    "included": lambda body: _parts(("binary", _INCLUDE), ("binary", body)),
}
"""Form to the body that goes out."""

FORMS = {"head": HEADS, "bytes": BYTES}
EVERYWHERE = {"limit": 600, "window": 60, "enforce": False, **dict.fromkeys(FORMS, "")}
"""Settings of every institution, and their defaults."""


def check(name: str, how: object) -> None:
    """Raise ValueError when a fault or setting of this name has no such form."""
    if name in FORMS and how not in ("", *FORMS[name]):
        raise ValueError(f"there is no {name} {how!r}; known: {', '.join(FORMS[name])}")


def form(what: str, fault: Fault | None, settings: Mapping[str, Any]) -> str:
    """The form of `head` or `bytes` that is to be played now: the fault's, or that of the setting; "" for none."""
    played = fault is not None and fault.name == what
    return str(fault.options.get("how", "") if fault is not None and played else settings[what])


def spoilt(reply: Reply, fault: Fault | None, settings: Mapping[str, Any]) -> Reply:
    """The reply with such bytes as are to be played now; a body without markup as it is."""
    if not (how := form("bytes", fault, settings)):
        return reply
    reply = _whole(reply)
    return replace(reply, body=BYTES[how](reply.body)) if b"<" in reply.body else reply


def framed(reply: Reply, how: str) -> bytes:
    """The reply under such a head, as it goes over the wire."""
    return HEADS[how](_whole(reply))


def _whole(reply: Reply) -> Reply:
    return reply if reply.stream is None else replace(reply, body=b"".join(reply.stream), stream=None)

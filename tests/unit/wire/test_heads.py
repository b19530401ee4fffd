"""Replies as real servers write them, by both drivers: one table of what is read, one of what is kept of the rest."""

from __future__ import annotations

import gzip
import socket
import zlib
from dataclasses import replace

import pytest

from malote.errors import Malformed, ReplyLost
from malote.institution import Reply
from support.server import Drivers, Seen, Server, call, failing, ok, say, serving

BODY = b"<r>ok</r>"
PACKED = gzip.compress(BODY)
LENGTH = b"Content-Length: 9\r\n"
CHUNKS = b"4\r\n<r>o\r\n5\r\nk</r>\r\n0\r\n\r\n"


def reply(*fields: bytes, body: bytes = BODY, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A reply: fields with their line ends, then a body."""
    return status + b"\r\n" + b"".join(fields) + b"\r\n" + body


def packed(said: bytes, body: bytes) -> bytes:
    return reply(b"Content-Encoding: " + said + b"\r\n", b"Content-Length: %d\r\n" % len(body), body=body)


READ = {
    "100 before it": reply(body=b"", status=b"HTTP/1.1 100 Continue") + reply(LENGTH),
    "102 before it": reply(body=b"", status=b"HTTP/1.1 102 Processing") + reply(LENGTH),
    "103 with links, twice": 2 * reply(b"Link: </x>\r\n", body=b"", status=b"HTTP/1.1 103 Early Hints") + reply(LENGTH),
    "blank lines before it": b"\r\n\n" + reply(LENGTH),
    "lines that end in LF": reply(LENGTH).replace(b"\r\n", b"\n"),
    "two equal lengths": reply(LENGTH, LENGTH),
    "equal lengths in one field": reply(b"Content-Length: 9, 9\r\n"),
    "lengths equal but for zeros": reply(LENGTH, b"content-length: 09\r\n"),
    "a blank before the colon": reply(b"Content-Length : 9\r\n", b"X-A : b\r\n"),
    "a length in quotes": reply(b'Content-Length: "9"\r\n'),
    "a folded field": reply(b"X-A: b\r\n c\r\n", LENGTH),
    "a line that is no field": reply(b"what is this\r\n", LENGTH),
    "a name with a blank": reply(b"Set Cookie: a\r\n", LENGTH),
    "an empty name": reply(b": x\r\n", LENGTH),
    "a NUL in a value": reply(b"X-A: b\x00c\r\n", LENGTH),
    "Latin-1 in a value": reply(b"X-A: cr\xe9dito\r\n", LENGTH),
    "three hundred fields": reply(*(b"X-%d: y\r\n" % n for n in range(300)), LENGTH),
    "a value of 100 KB": reply(b"X-A: " + b"y" * 100_000 + b"\r\n", LENGTH),
    "no reason": reply(LENGTH, status=b"HTTP/1.1 200"),
    "two blanks in the status line": reply(LENGTH, status=b"HTTP/1.1  200  OK"),
    "a small http": reply(LENGTH, status=b"http/1.1 200 ok"),
    "HTTP/2 said": reply(LENGTH, status=b"HTTP/2 200"),
    "HTTP/1.0, to the end": reply(status=b"HTTP/1.0 200 OK"),
    "no length, to the end": reply(),
    "chunks": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS),
    "a length beside chunks": reply(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", body=CHUNKS),
    "chunks said twice": reply(b"Transfer-Encoding: chunked, chunked\r\n", body=CHUNKS),
    "chunks in HTTP/1.0": reply(b"Transfer-Encoding: Chunked\r\n", body=CHUNKS, status=b"HTTP/1.0 200 OK"),
    "trailers": reply(
        b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", body=CHUNKS[:-2] + b"X-Sum: 1\r\nContent-Length: 3\r\n\r\n"
    ),
    "a chunk with an extension": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS.replace(b"4\r", b"4;a=b\r")),
    "blanks around a chunk's size": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS.replace(b"4\r", b" 004 \r")),
    "chunks whose lines end in LF": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS.replace(b"\r\n", b"\n")),
    "a last chunk without blank line": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS[:-2]),
    "transfer packed": reply(
        b"Transfer-Encoding: gzip, chunked\r\n", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(PACKED), PACKED)
    ),
    "transfer as it is": reply(b"Transfer-Encoding: identity\r\n", LENGTH),
    "bytes after the body": reply(LENGTH, body=BODY + b"\r\njunk"),
    "another reply after the body": reply(LENGTH) + reply(LENGTH, status=b"HTTP/1.1 500 No"),
    "bytes after the last chunk": reply(b"Transfer-Encoding: chunked\r\n", body=CHUNKS + b"junk"),
    "gzip": packed(b"gzip", PACKED),
    "x-gzip": packed(b"X-GZIP", PACKED),
    "gzip said, plain sent": packed(b"gzip", BODY),
    "gzip sent, nothing said": reply(b"Content-Length: %d\r\n" % len(PACKED), body=PACKED),
    "gzip, gzip said, once packed": packed(b"gzip, gzip", PACKED),
    "gzip said twice, once packed": reply(
        b"Content-Encoding: gzip\r\n" * 2, b"Content-Length: %d\r\n" % len(PACKED), body=PACKED
    ),
    "gzip, gzip said, twice packed": packed(b"gzip, gzip", gzip.compress(PACKED)),
    "gzip said, twice packed": packed(b"gzip", gzip.compress(PACKED)),
    "gzip in two members": packed(b"gzip", gzip.compress(BODY[:4]) + gzip.compress(BODY[4:])),
    "NULs after the gzip": packed(b"gzip", PACKED + bytes(512)),
    "junk after the gzip": packed(b"gzip", PACKED + b"\r\njunk"),
    "deflate": packed(b"deflate", zlib.compress(BODY)),
    "deflate without its head": packed(b"deflate", zlib.compress(BODY)[2:-4]),
    "deflate said, gzip sent": packed(b"deflate", PACKED),
    "deflate said, plain sent": packed(b"deflate", BODY),
    "gzip said, deflate sent": packed(b"gzip, deflate", zlib.compress(BODY)),
    "br said, plain sent": packed(b"br", BODY),
    "utf-8 said as a coding": packed(b"utf-8", BODY),
    "an empty coding": packed(b"", BODY),
}  # fmt: skip


@pytest.mark.parametrize("cut", ["whole", "in bytes"])
@pytest.mark.parametrize("what", READ)
def test_a_reply_is_read_however_it_is_written_and_cut(driver: Drivers, what: str, cut: str) -> None:
    raw = READ[what]
    with serving(_by_bytes(raw) if cut == "in bytes" and len(raw) < 2000 else say(raw, end=True)) as server:
        found = driver()(call(server.url(), b"x", submits=True))

    assert (found.status, found.body) == (200, BODY)


@pytest.mark.parametrize("what", READ)
def test_what_was_read_says_nothing_to_the_next_question(driver: Drivers, what: str) -> None:
    """One reply on a kept connection never is, or spoils, the answer to another question."""

    def play(server: Server, connection: socket.socket, _seen: Seen) -> None:
        first = len(server.requests) == 1
        connection.sendall(READ[what] if first else reply(b"Content-Length: 4\r\n", body=b"next"))
        if first and b"to the end" in what.encode():
            raise OSError

    with serving(play) as server:
        send = driver()
        assert send(call(server.url())).body == BODY
        assert send(call(server.url())).body == b"next"


def _by_bytes(raw: bytes):  # type: ignore[no-untyped-def]
    def play(_server: Server, connection: socket.socket, _seen: Seen) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(raw)):
            connection.sendall(raw[at : at + 1])
        raise OSError

    return play


# --- what cannot be read, and what is kept of it ---------------------------------------------------------------------

RECEIPT = b"<codigo>4711</codigo>"
KEPT = {
    "no head at all": (RECEIPT, ReplyLost),
    "half a head": (b"HTTP/1.1 200 OK\r\nX-Receipt: 4711", ReplyLost),
    "two lengths that differ": (reply(b"Content-Length: 9\r\nContent-Length: 21\r\n", body=RECEIPT), ReplyLost),
    "a length that is none": (reply(b"Content-Length: many\r\n", body=RECEIPT), ReplyLost),
    "a negative length": (reply(b"Content-Length: -1\r\n", body=RECEIPT), ReplyLost),
    "half a body": (reply(b"Content-Length: 1000\r\n", body=RECEIPT), ReplyLost),
    "half a chunk": (reply(b"Transfer-Encoding: chunked\r\n", body=b"64\r\n" + RECEIPT), ReplyLost),
    "chunks without size": (reply(b"Transfer-Encoding: chunked\r\n", body=RECEIPT + b"\r\n0\r\n\r\n"), ReplyLost),
    "a chunk longer than it says": (
        reply(b"Transfer-Encoding: chunked\r\n", body=b"15\r\n" + RECEIPT + b"more\r\n0\r\n\r\n"), ReplyLost,
    ),
    "a body where none was said": (reply(b"Content-Length: 0\r\n", body=RECEIPT), None),
    "a body where there can be none": (reply(status=b"HTTP/1.1 204 No Content", body=RECEIPT), None),
    "a coding that we do not know": (packed(b"br", b"\x0b\x0a4711"), Malformed),
    "gzip that breaks off": (packed(b"gzip", b"4711" + PACKED[:12]), None),
    "a reply that is too large": (reply(b"Content-Length: 99999\r\n", body=RECEIPT + b"x" * 99978), Malformed),
}  # fmt: skip


@pytest.mark.parametrize("what", KEPT)
def test_what_came_of_a_reply_that_was_not_read_is_kept(driver: Drivers, what: str) -> None:
    raw, kind = KEPT[what]
    heard: list[Reply] = []
    with serving(say(raw, end=True)) as server:
        given = replace(call(server.url(), b"x", submits=True, limit=50_000), overhear=heard.append)
        if kind:
            failing(driver(), given, kind)
        else:
            heard.append(driver()(given))

    [part] = heard
    assert b"4711" in part.body and len(part.body) <= 64 << 10


def test_a_reply_that_was_read_is_not_overheard(driver: Drivers) -> None:
    heard: list[Reply] = []
    with serving(ok()) as server:
        driver()(replace(call(server.url()), overhear=heard.append))

    assert heard == []


def test_a_head_without_end_is_given_up_in_bounded_memory(driver: Drivers) -> None:
    heard: list[Reply] = []
    with serving(say(b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"y" * 65_000 + b"\r\n"] * 100, end=True)) as server:
        failing(driver(), replace(call(server.url(), b"x", submits=True), overhear=heard.append), ReplyLost)

    assert len(heard[0].body) < 1 << 20


@pytest.mark.parametrize("said", ["gzip", "gzip, gzip, gzip", "deflate", ""])
def test_a_bomb_ends_at_the_limit(driver: Drivers, said: str) -> None:
    pack = zlib.compress if said == "deflate" else gzip.compress
    body = pack(pack(b"x" * 50_000_000) if "," in said else b"x" * 50_000_000)
    with serving(ok(body, f"Content-Encoding: {said}")) as server:
        failing(driver(), call(server.url(), limit=100_000), Malformed)

"""Exchanges that fail, by both drivers: before the first body byte, and later."""

from __future__ import annotations

import io
import socket
import ssl
import struct
from typing import Any, BinaryIO

import pytest

from malote.errors import Malformed, Misconfigured, ReplyLost, Unreachable
from malote.institution import Body
from support.server import Drivers, Papers, Play, Server, call, drip, failing, ok, reset_after, say, serving, silent

# --- what fails before the first body byte ---------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, b"x"])
def test_a_refused_connection_left_nothing(driver: Drivers, body: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    said = failing(driver(), call(f"http://127.0.0.1:{port}/", body, submits=True), Unreachable)
    assert "nothing left this machine" in said and f"127.0.0.1:{port}" in said
    assert "refused" in said.lower()


def test_a_name_that_does_not_resolve_left_nothing(driver: Drivers, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_given: Any, **_more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    failing(driver(), call("https://servicos.example.org/", b"x", submits=True), Unreachable)


def test_a_connection_that_is_not_accepted_left_nothing(driver: Drivers) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)

        said = failing(driver(connect_timeout=0.2), call(f"http://127.0.0.1:{address[1]}/", b"x"), Unreachable)
        for each in waiting:
            each.close()
    assert "timed out" in said


@pytest.mark.parametrize("body", [None, b"x" * 100_000])
@pytest.mark.parametrize("manner", ["reset", "quiet", "silent"])
def test_a_handshake_that_fails_left_nothing(driver: Drivers, papers: Papers, body: bytes | None, manner: str) -> None:
    def greet(raw: socket.socket) -> None:
        raw.recv(10)
        if manner == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif manner == "silent":
            server.over.wait(20)
        raise OSError

    with Server(ok(), papers.server(), greet) as server:
        send = driver(papers.client(), connect_timeout=0.3)
        failing(send, call(server.url(), body, submits=True), Unreachable)
    assert server.requests == []


def test_a_body_that_cannot_be_opened_opens_no_connection(driver: Drivers) -> None:
    def purged() -> BinaryIO:
        raise Misconfigured("the archive holds no x", todo="look")

    with serving(ok()) as server:
        failing(driver(), call(server.url(), Body(5, purged), submits=True), Misconfigured)
        assert server.connections == 0


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://example.org/", "http://", "http://[::1/", "http://127.0.0.1:99999/"]
)
def test_an_address_that_is_none_is_misconfigured(driver: Drivers, url: str) -> None:
    failing(driver(), call(url, b"x", submits=True), Misconfigured)


# --- what fails later ------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"
LATER: dict[str, Play] = {
    "reset": reset_after,
    "hung up quietly": say(end=True),
    "half a status line": say(b"HTTP/1.1 2", end=True),
    "half the headers": say(HEAD + b"Content-Le", end=True),
    "half a body": say(HEAD + b"Content-Length: 100\r\n\r\n<receipt>12", end=True),
    "no body": say(HEAD + b"Content-Length: 100\r\n\r\n", end=True),
    "half a chunk": say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n<receipt>12", end=True),
    "no last chunk": say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", end=True),
    "a chunk without size": say(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", end=True),
    "not HTTP": say(b"\x00\x01\x02 hello\r\n\r\n", end=True),
    "silent": silent,
    "headers that drip": drip(HEAD, b"X-A: 1\r\n"),
    "a header that drips": drip(HEAD + b"X-A: ", b"a"),
    "a body that drips": drip(HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks that drip": drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a body that drips until the end": drip(HEAD + b"Connection: close\r\n\r\n", b"x"),
}
SECURED = ("reset", "hung up quietly", "half the headers", "half a body", "half a chunk", "silent", "a body that drips")


@pytest.mark.parametrize(("what", "secure"), [(what, False) for what in LATER] + [(what, True) for what in SECURED])
def test_whatever_fails_after_the_body_is_a_lost_reply(
    driver: Drivers, papers: Papers, what: str, secure: bool
) -> None:
    context = papers.server() if secure else None
    with serving(LATER[what], context=context) as server:
        slow = "drip" in what or what == "silent"
        given = call(server.url(), b"x" * 1000, submits=True, timeout=0.5 if slow else 10.0)
        said = failing(driver(papers.client() if secure else None), given, ReplyLost)

        assert len(server.requests) == 1 and server.requests[0].body == b"x" * 1000
        assert "within 0.5 s" in said if slow else "no whole reply" in said


@pytest.mark.parametrize("what", ["reset", "hung up quietly", "half a body", "silent"])
def test_a_query_without_body_that_was_sent_is_a_lost_reply_too(driver: Drivers, what: str) -> None:
    with serving(LATER[what]) as server:
        failing(driver(), call(server.url(), timeout=0.2 if what == "silent" else 10.0), ReplyLost)
        assert len(server.requests) == 1


def test_a_reset_in_the_middle_of_the_body_is_a_lost_reply(driver: Drivers) -> None:
    with serving(reset_after, read_body=False) as server:
        failing(driver(), call(server.url(), b"x" * 30_000_000, submits=True), ReplyLost)
        assert len(server.requests) == 1


def test_a_server_that_stops_reading_does_not_hold_for_ever(driver: Drivers) -> None:
    with serving(silent, read_body=False) as server:
        failing(driver(), call(server.url(), b"x" * 30_000_000, submits=True, timeout=0.2), ReplyLost)
        assert len(server.requests) == 1


@pytest.mark.parametrize("manner", ["short", "broken"])
def test_a_body_that_fails_half_way_is_a_lost_reply_and_not_a_hang(driver: Drivers, manner: str) -> None:
    class Half(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if not data and manner == "broken":
                raise Malformed("x is damaged in the archive", todo="restore it")
            return data

    with serving(ok()) as server:
        body = Body(1_000_000, lambda: Half(b"x" * 200_000))
        failing(driver(), call(server.url(), body, submits=True), ReplyLost)
        assert server.requests == []


def test_a_failure_that_was_being_handled_is_no_evidence_about_the_next(driver: Drivers) -> None:
    with serving(say(end=True)) as server:
        send = driver()
        try:
            raise ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")
        except ssl.SSLError:
            failing(send, call(server.url()), ReplyLost)

"""The two drivers against servers that misbehave, over real sockets and real TLS: same rules, same results."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import requests
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

from malote import wire
from malote.clock import SystemClock
from malote.errors import Malformed, MaloteError, Misconfigured, ReplyLost, Unreachable
from malote.institution import Body, Call, Reply, Request
from malote.wire import tls

SECRET = "planted-4012001037141112"

# --- a server that does what a test tells it -------------------------------------------------------------------------


@dataclass
class Seen:
    """One request as the server saw it; ``connection`` counts from 1."""

    connection: int
    head: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


Play = Callable[["Server", socket.socket, Seen], None]


@dataclass
class Server:
    """Reads each request whole, then plays; ``greet`` plays instead of the first byte of TLS or HTTP."""

    play: Play
    context: ssl.SSLContext | None = None
    greet: Callable[[socket.socket], None] | None = None
    read_body: bool = True
    connections: int = 0
    requests: list[Seen] = field(default_factory=list)
    alpn: list[str | None] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Server:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for each in (self.listening, *self.open):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        self.listening.close()
        for thread in self.threads:
            thread.join(5)

    def url(self, path: str = "/x") -> str:
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                raw, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            self.threads.append(threading.Thread(target=self._serve, args=(raw, self.connections), daemon=True))
            self.threads[-1].start()

    def _shake_hands(self, connection: ssl.SSLSocket) -> None:
        try:
            connection.do_handshake()
        except ssl.SSLError:  # the alert is out; a hasty close would overtake it with a reset
            socket.socket.shutdown(connection, socket.SHUT_WR)
            while socket.socket.recv(connection, 1 << 16):
                pass
            raise

    def _serve(self, raw: socket.socket, number: int) -> None:
        raw.settimeout(10)
        connection = raw
        self.open.append(raw)
        with suppress(OSError, ValueError):
            if self.greet:
                self.greet(raw)
            elif self.context:
                connection = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
                self.open.append(connection)
                self._shake_hands(connection)
                self.alpn.append(connection.selected_alpn_protocol())
            with connection.makefile("rb") as file:
                while head := file.readline():
                    while not head.endswith(b"\r\n\r\n"):
                        if not (line := file.readline()):
                            raise OSError("cut off")
                        head += line
                    seen = Seen(number, head.decode().strip(), b"")
                    if self.read_body:
                        size = int(seen.headers.get("content-length", 0))
                        seen.body = file.read(size)
                        if len(seen.body) < size:
                            raise OSError("cut off")
                    self.requests.append(seen)
                    self.play(self, connection, seen)
        with suppress(OSError):
            connection.close()


def say(*parts: bytes, end: bool = False) -> Play:
    """Answer these bytes; then, where ``end``, hang up quietly."""

    def play(_server: Server, connection: socket.socket, _seen: Seen) -> None:
        for part in parts:
            connection.sendall(part)
        if end:
            raise OSError

    return play


def ok(body: bytes = b"fine", *headers: str, status: str = "200 OK") -> Play:
    """Answer whole, and stay connected."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def reset_after(_server: Server, connection: socket.socket, _seen: Seen) -> None:
    """Hang up with a reset, whatever is still to be read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise OSError


def silent(server: Server, _connection: socket.socket, _seen: Seen) -> None:
    server.over.wait(20)


def drip(start: bytes, drop: bytes) -> Play:
    """Answer a byte now and then, for ever."""

    def play(server: Server, connection: socket.socket, _seen: Seen) -> None:
        connection.sendall(start)
        while not server.over.wait(0.05):
            connection.sendall(drop)

    return play


# --- certificates ----------------------------------------------------------------------------------------------------


@dataclass
class Papers:
    """A CA, what a server and a client show, and files of them."""

    folder: Path

    def __post_init__(self) -> None:
        self.ca, self.stranger = trustme.CA(), trustme.CA()
        self.bundle, self.strange_bundle = str(self.folder / "ca.pem"), str(self.folder / "stranger.pem")
        self.ca.cert_pem.write_to_path(self.bundle)
        self.stranger.cert_pem.write_to_path(self.strange_bundle)
        self.here = self.ca.issue_cert("127.0.0.1")
        past = datetime.now(timezone.utc) - timedelta(days=2)
        self.good = self._pack("good", self.ca.issue_cert("client@example.org"))
        self.expired = self._pack(
            "expired", self.ca.issue_cert("c@example.org", not_before=past - timedelta(days=9), not_after=past)
        )
        self.while_valid = past - timedelta(days=1)

    def _pack(self, name: str, leaf: trustme.LeafCert) -> str:
        key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
        certificate = load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
        path = self.folder / f"{name}.pfx"
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(None, key, certificate, None, BestAvailableEncryption(b"pw"))  # type: ignore[arg-type]
        )
        return str(path)

    def server(
        self, *, demand: bool = False, version: ssl.TLSVersion | None = None, leaf: trustme.LeafCert | None = None
    ) -> ssl.SSLContext:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        (leaf or self.here).configure_cert(made)
        made.set_alpn_protocols(["http/1.1"])
        if demand:
            made.verify_mode = ssl.CERT_REQUIRED
            self.ca.configure_trust(made)
        if version:
            made.minimum_version = made.maximum_version = version
        return made

    def client(self, certificate: str | None = None, *, bundle: str | None = None) -> ssl.SSLContext:
        now = self.while_valid if certificate == self.expired else SystemClock().now()
        return tls.context(certificate=certificate, password="pw", ca_bundle=bundle or self.bundle, now=now)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


# --- both drivers, one face ------------------------------------------------------------------------------------------

Send = Callable[..., Any]
Drivers = Callable[..., Send]


@contextmanager
def sync_driver(context: ssl.SSLContext | None, **options: float) -> Iterator[Send]:
    with wire.session(context) as session:
        yield wire.SyncDriver(session, **options).send


@contextmanager
def async_driver(context: ssl.SSLContext | None, **options: float) -> Iterator[Send]:
    loop = asyncio.new_event_loop()
    driver = wire.AsyncDriver(context, **options)
    try:
        yield lambda *given: loop.run_until_complete(driver.send(*given))
    finally:
        loop.run_until_complete(driver.close())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@pytest.fixture(params=[sync_driver, async_driver], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest, papers: Papers) -> Iterator[Drivers]:
    """Makes a ``send`` of either driver: ``driver(context=None, connect_timeout=…)``."""
    with ExitStack() as stack:

        def make(context: ssl.SSLContext | None = None, **options: float) -> Send:
            send: Send = stack.enter_context(request.param(context or papers.client(), **options))
            return send

        yield make


@contextmanager
def serving(play: Play, **options: Any) -> Iterator[Server]:
    with Server(play, **options) as server:
        yield server


def call(url: str, body: bytes | Body | None = None, *, read: Any = lambda reply: reply, **options: Any) -> Call[Any]:
    """A POST of ``body``, or a GET where there is none."""
    body = Body.of(body) if isinstance(body, bytes) else body
    headers = {"X-Planted": SECRET, **options.pop("headers", {})}
    options = {"timeout": 10.0, **options}
    return Call("importarArquivo", Request("POST" if body else "GET", url, headers, body), read, **options)


def failing(send: Send, given: Call[Any], kind: type[MaloteError]) -> str:
    """What is said where the exchange fails by exactly this kind of error."""
    with pytest.raises(MaloteError) as caught:
        send(given)
    said = str(caught.value)
    assert type(caught.value) is kind, said
    assert caught.value.todo
    assert "planted" not in said
    return said


# --- what goes out and comes back ------------------------------------------------------------------------------------


def test_a_call_is_sent_as_it_is_and_read(driver: Drivers) -> None:
    with serving(ok(b"<r/>", "Content-Type: text/xml", "X-Trace: A")) as server:
        sent = call(server.url("/a%20b?q=%C3%A7"), b"body" * 50_000, headers={"Content-Type": "text/xml"})
        reply = driver()(sent)

    assert (reply.status, reply.body) == (200, b"<r/>")
    assert reply.headers["content-type"] == "text/xml" and reply.headers["x-trace"] == "A"
    [seen] = server.requests
    assert seen.head.startswith("POST /a%20b?q=%C3%A7 HTTP/1.1\r\n")
    assert seen.body == b"body" * 50_000
    headers = seen.headers
    assert headers.pop("user-agent").startswith("malote/")
    assert headers.pop("host") == f"127.0.0.1:{server.port}"
    assert headers.pop("accept", "*/*") == "*/*" and headers.pop("connection", "keep-alive") == "keep-alive"
    assert headers == {
        "accept-encoding": "identity",
        "content-length": "200000",
        "content-type": "text/xml",
        "x-planted": SECRET,
    }


def test_what_read_makes_of_a_reply_is_returned_and_what_it_raises_is_raised(driver: Drivers) -> None:
    def no(reply: Reply) -> None:
        raise KeyError(reply.status)

    with serving(ok(status="500 Oops")) as server:
        send = driver()
        assert send(call(server.url(), read=lambda reply: reply.status + 1)) == 501
        with pytest.raises(KeyError, match="500"):
            send(call(server.url(), b"x", read=no))


def test_a_request_without_body_and_one_with_an_empty_body_say_so(driver: Drivers) -> None:
    with serving(ok()) as server:
        send = driver()
        send(call(server.url()))
        send(call(server.url(), Body.of(b"")))

    get, post = server.requests
    assert "content-length" not in get.headers and "transfer-encoding" not in get.headers
    assert post.headers["content-length"] == "0" and "transfer-encoding" not in post.headers


def test_a_sink_takes_the_whole_and_the_reply_keeps_the_first_64_kib(driver: Drivers) -> None:
    data, sink = os.urandom(300_000), io.BytesIO()
    with serving(ok(data)) as server:
        reply = driver()(call(server.url()), sink)

    assert sink.getvalue() == data
    assert reply.body == data[: 64 << 10]


def test_a_sink_that_fails_is_not_taken_for_the_network(driver: Drivers) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    with serving(ok()) as server, pytest.raises(OSError, match="No space"):
        driver()(call(server.url()), Full())


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("into", [None, io.BytesIO])
def test_a_reply_is_read_up_to_its_limit_and_not_a_byte_further(driver: Drivers, chunked: bool, into: Any) -> None:
    play = ok(b"x" * 1001)
    if chunked:
        play = say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n")
    with serving(play) as server:
        send = driver()
        assert send(call(server.url(), limit=1001)).body == b"x" * 1001
        with pytest.raises(Malformed, match="larger than the 1000 bytes") as caught:
            send(call(server.url(), limit=1000), *([into()] if into else []))
        assert caught.value.todo


def test_a_peek_reads_the_head_of_a_reply_and_hangs_up(driver: Drivers) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000000\r\n\r\n"
    with serving(drip(start, b"x" * 100_000)) as server:
        assert driver()(call(server.url(), peek=70_000, limit=1)).body == b"x" * 70_000
    with serving(ok(b"short")) as server:
        assert driver()(call(server.url(), peek=70_000)).body == b"short"


def test_a_huge_reply_is_left_unread(driver: Drivers) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000000\r\n\r\n"
    with serving(drip(start, b"x" * 100_000)) as server:
        with pytest.raises(Malformed):
            driver()(call(server.url(), b"x", submits=True, limit=200_000))
        assert len(server.requests) == 1


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_reply_packed_unasked_is_unpacked(driver: Drivers, packing: str) -> None:
    import zlib

    data = b"<r>" + b"ok" * 100_000 + b"</r>"
    packed = gzip.compress(data) if packing == "gzip" else zlib.compress(data)
    with serving(ok(packed, f"Content-Encoding: {packing}")) as server:
        assert driver()(call(server.url())).body == data


def test_a_packed_reply_that_is_a_bomb_cut_off_or_unknown_is_an_error(driver: Drivers) -> None:
    packed = gzip.compress(b"x" * 50_000_000)
    for body, packing, kind in (
        (packed, "gzip", Malformed),
        (gzip.compress(os.urandom(1000))[:-20], "gzip", ReplyLost),
        (b"not gzip", "gzip", Malformed),
        (b"xxxx", "br", Malformed),
    ):
        with serving(ok(body, f"Content-Encoding: {packing}")) as server:
            failing(driver(), call(server.url()), kind)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_a_reply_and_is_not_followed(driver: Drivers, status: str) -> None:
    with serving(ok(b"go away", "Location: /elsewhere", status=status)) as server:
        reply = driver()(call(server.url(), b"cards", submits=True))

    assert (str(reply.status), reply.headers["location"], reply.body) == (status[:3], "/elsewhere", b"go away")
    assert len(server.requests) == 1


def test_the_body_of_a_redirect_is_bounded_too(driver: Drivers) -> None:
    start = b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 50000000000\r\n\r\n"
    with serving(drip(start, b"x" * 100_000)) as server:
        failing(driver(), call(server.url(), limit=200_000), Malformed)


def test_cookies_are_not_sent_back(driver: Drivers) -> None:
    with serving(ok(b"", "Set-Cookie: session=1; Path=/")) as server:
        send = driver()
        send(call(server.url()))
        send(call(server.url()))

    assert ["cookie" in seen.headers for seen in server.requests] == [False, False]


# --- connections -----------------------------------------------------------------------------------------------------


def test_queries_share_a_connection_and_a_submit_has_its_own(driver: Drivers) -> None:
    with serving(ok()) as server:
        send = driver()
        for submits in (False, False, True, True, False):
            send(call(server.url(), b"x", submits=submits))

    assert [seen.connection for seen in server.requests] == [1, 1, 2, 3, 1]
    assert [seen.headers.get("connection") == "close" for seen in server.requests] == [False, False, True, True, False]


@pytest.mark.parametrize("body", [None, b"x" * 100])
def test_nothing_is_repeated_on_a_kept_connection_that_died(driver: Drivers, body: bytes | None) -> None:
    def once(server: Server, connection: socket.socket, seen: Seen) -> None:
        if len(server.requests) == 2:
            raise OSError
        ok()(server, connection, seen)

    with serving(once) as server:
        send = driver()
        send(call(server.url(), body))
        failing(send, call(server.url(), body), ReplyLost)
        assert [seen.connection for seen in server.requests] == [1, 1]
        send(call(server.url(), body))
        assert [seen.connection for seen in server.requests] == [1, 1, 2]


def test_a_submit_is_sent_once_after_the_kept_connection_was_closed(driver: Drivers) -> None:
    def closing(server: Server, connection: socket.socket, seen: Seen) -> None:
        ok()(server, connection, seen)
        raise OSError

    with serving(closing) as server:
        send = driver()
        send(call(server.url()))
        send(call(server.url(), b"x", submits=True))
        send(call(server.url()))

    assert [seen.connection for seen in server.requests] == [1, 2, 3]


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
        given = call(server.url(), b"x" * 1000, submits=True, timeout=0.2 if slow else 10.0)
        said = failing(driver(papers.client() if secure else None), given, ReplyLost)

        assert len(server.requests) == 1 and server.requests[0].body == b"x" * 1000
        assert "within 0.2 s" in said if slow else "no whole reply" in said


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


# --- certificates ----------------------------------------------------------------------------------------------------

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("submits", [False, True])
def test_a_client_certificate_is_shown(driver: Drivers, papers: Papers, version: str, submits: bool) -> None:
    with serving(ok(), context=papers.server(demand=True, version=VERSIONS[version])) as server:
        reply = driver(papers.client(papers.good))(call(server.url(), b"x", submits=submits))

    assert reply.body == b"fine"
    assert server.alpn == [None]


@pytest.mark.parametrize("which", ["none", "expired"])
@pytest.mark.parametrize("body", [None, b"x" * 1000])
def test_a_refused_client_certificate_under_tls_1_2_is_misconfigured(
    driver: Drivers, papers: Papers, which: str, body: bytes | None
) -> None:
    context = papers.server(demand=True, version=ssl.TLSVersion.TLSv1_2)
    with serving(ok(), context=context) as server:
        send = driver(papers.client(papers.expired if which == "expired" else None))
        for submits in (False, True):
            said = failing(send, call(server.url(), body, submits=submits), Misconfigured)
            assert "client certificate" in said
            assert "expired" in said or which == "none"
    assert server.requests == []


@pytest.mark.parametrize("which", ["none", "expired"])
def test_a_refused_client_certificate_under_tls_1_3_is_misconfigured_on_a_query_and_doubt_on_a_submit(
    driver: Drivers, papers: Papers, which: str
) -> None:
    context = papers.server(demand=True, version=ssl.TLSVersion.TLSv1_3)
    with serving(ok(), context=context) as server:
        send = driver(papers.client(papers.expired if which == "expired" else None))
        said = failing(send, call(server.url()), Misconfigured)
        assert "client certificate" in said and ("expired" in said or which == "none")
        failing(send, call(server.url(), b"x" * 1000), Misconfigured)
        failing(send, call(server.url(), b"x" * 1000, submits=True), ReplyLost)
        failing(send, call(server.url(), submits=True), ReplyLost)
    assert server.requests == []


def test_a_server_that_is_not_trusted_is_told_nothing_and_the_setting_is_named(driver: Drivers, papers: Papers) -> None:
    with serving(ok(), context=papers.server()) as server:
        for bundle in (papers.strange_bundle, None):
            context = papers.client(bundle=bundle) if bundle else tls.context()
            said = failing(driver(context), call(server.url(), b"x", submits=True), Misconfigured)
            assert "ca_bundle" in said
    assert server.requests == []


def test_another_host_s_certificate_and_an_expired_one_are_named(driver: Drivers, papers: Papers) -> None:
    past = datetime.now(timezone.utc) - timedelta(days=2)
    other = papers.ca.issue_cert("other.example.org")
    old = papers.ca.issue_cert("127.0.0.1", not_before=past - timedelta(days=9), not_after=past)
    for leaf, said in ((other, "for another address"), (old, "has expired")):
        with serving(ok(), context=papers.server(leaf=leaf)) as server:
            assert said in failing(driver(papers.client()), call(server.url(), b"x", submits=True), Misconfigured)
        assert server.requests == []


def test_https_to_a_plain_server_is_named(driver: Drivers, papers: Papers) -> None:
    with serving(ok(), greet=lambda raw: raw.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = server.url().replace("http:", "https:")
        assert "does not speak TLS" in failing(driver(papers.client()), call(url, b"x"), Misconfigured)


# --- the environment -------------------------------------------------------------------------------------------------


def test_a_ca_file_in_the_environment_neither_adds_trust_nor_takes_it(
    driver: Drivers, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(ok(), context=papers.server()) as server:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, papers.bundle)
        failing(driver(papers.client(bundle=papers.strange_bundle)), call(server.url(), b"x"), Misconfigured)

        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, papers.strange_bundle)
        assert driver(papers.client())(call(server.url(), b"x")).status == 200


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_proxy_and_a_netrc_in_the_environment_are_ignored(
    driver: Drivers, papers: Papers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secure: bool
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelt in (name, name.lower()):
            monkeypatch.setenv(spelt, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    with serving(ok(), context=papers.server() if secure else None) as server:
        driver(papers.client() if secure else None)(call(server.url(), b"x"))

    assert "authorization" not in server.requests[0].headers


# --- the rest --------------------------------------------------------------------------------------------------------


def test_one_line_is_logged_an_exchange_without_headers_or_bodies(
    driver: Drivers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(ok(SECRET.encode())) as server:
        driver()(call(server.url(), SECRET.encode(), submits=True))
    with serving(reset_after) as server:
        failing(driver(), call(server.url(), SECRET.encode()), ReplyLost)

    ours = [record.getMessage() for record in caplog.records if record.name == "malote.wire"]
    assert [line.rpartition(",")[0] for line in ours] == [
        f"importarArquivo: 200, {len(SECRET)} bytes",
        "importarArquivo: no reply, 0 bytes",
    ]
    assert "planted" not in caplog.text


def test_a_login_in_an_address_is_in_no_error(driver: Drivers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    failing(driver(), call(f"http://planted:planted@127.0.0.1:{port}/planted?planted=1", b"x"), Unreachable)


def test_a_body_is_closed_however_it_ends(driver: Drivers) -> None:
    opened: list[io.BytesIO] = []

    def opening() -> BinaryIO:
        opened.append(io.BytesIO(b"x"))
        return opened[-1]

    for play in (ok(), reset_after):
        with serving(play) as server, suppress(ReplyLost):
            driver()(call(server.url(), Body(1, opening)))

    assert [file.closed for file in opened] == [True, True]


async def test_a_send_of_the_async_driver_can_be_cancelled_and_the_driver_still_sends() -> None:
    with serving(silent) as server, serving(ok()) as other:
        driver = wire.AsyncDriver(None)
        sending = asyncio.ensure_future(driver.send(call(server.url(), b"x", submits=True)))
        while not server.requests:
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert (await driver.send(call(other.url()))).status == 200
        await driver.close()
        assert (await driver.send(call(other.url()))).status == 200
        await driver.close()


async def test_many_async_sends_run_side_by_side() -> None:
    def slowly(server: Server, connection: socket.socket, seen: Seen) -> None:
        met.wait(5)
        ok()(server, connection, seen)

    met = threading.Barrier(20)
    with serving(slowly) as server:
        driver = wire.AsyncDriver(None)
        replies = await asyncio.gather(*(driver.send(call(server.url())) for _ in range(20)))
        await driver.close()

    assert [reply.status for reply in replies] == [200] * 20


def test_a_session_of_a_hook_loses_what_it_would_have_sent() -> None:
    given = requests.Session()
    given.auth = ("somebody", "something")
    given.headers["client_certificate_password"] = "planted"
    given.proxies = {"http": "http://127.0.0.1:9"}
    given.params = {"planted": "1"}
    given.cookies.set("planted", "1")
    given.verify = False

    with serving(ok()) as server, wire.session(None, given) as session:
        assert session is given
        wire.SyncDriver(session).send(Call("x", Request("GET", server.url()), lambda reply: reply))

    [seen] = server.requests
    assert "planted" not in seen.head and "authorization" not in seen.headers and "python-requests" not in seen.head


def test_a_session_that_was_not_made_safe_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a session from"):
        wire.SyncDriver(requests.Session())


def test_the_deadline_of_an_exchange_that_is_over_ends_nothing() -> None:
    with serving(ok()) as server, wire.session(None) as session:
        driver = wire.SyncDriver(session)
        driver.send(call(server.url(), timeout=0.2))
        time.sleep(0.3)
        driver.send(call(server.url()))

        assert [seen.connection for seen in server.requests] == [1, 1]
        waiting = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
        assert all(each.finished.is_set() for each in waiting)

"""A server that does what a test tells it, its certificates, and calls to it."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

from malote.clock import SystemClock
from malote.errors import MaloteError
from malote.institution import Body, Call, Request
from malote.wire import tls

SECRET = "planted-4012001037141112"


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


Send = Callable[..., Any]
Drivers = Callable[..., Send]


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

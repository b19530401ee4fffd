"""What is known of one exchange while it is under way: what has left, what came back, and the verdict when it fails."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import sys
import time
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

from malote import __version__
from malote.errors import Malformed, MaloteError, Misconfigured, ReplyLost, Unreachable
from malote.institution import Call, Reply
from malote.texts import ENGLISH, english
from malote.wire import trouble
from malote.wire.packing import Unpackable, Unpacking
from malote.wire.proxy import Proxy

CHUNK = 64 << 10
"""Bytes read and written at a time, and what a Reply keeps where there is a sink."""

_LOOK = english("s_do_wire_size")

log = logging.getLogger("malote.wire")


class Sink(Protocol):
    """Where a reply's body goes: any binary file, or a sheet of the archive."""

    def write(self, data: bytes, /) -> object: ...


class Exchange:
    """What is known of one exchange under way, for the verdict when it fails."""

    def __init__(self, call: Call[Any], proxy: Proxy | None = None) -> None:
        self.call, self._proxy = call, proxy
        self._secure, self._host = _host(call.name, "/".join(call.request.url.split("/", 3)[:3]))
        if proxy and not self._secure:
            raise Misconfigured(
                f"{call.name}: {english('s_wire_proxy_https')}",
                todo=english("s_do_proxy_https"),
                kept=english("s_kept_here"),
            )
        self.connected = self.begun = False
        self.status, self.size = 0, 0
        self.raw: bytes | bytearray = b""
        self.unsaid = b""  # what came at once behind a head that says there is no body
        self.received: Received | None = None
        self._before = sys.exc_info()[1]  # being handled where we were called: no evidence about this exchange
        body = call.request.body
        self.parcel = Parcel(self, body.open(), body.size) if body and body.size else None
        self.headers = {"User-Agent": f"malote/{__version__}", **call.request.headers, "Accept-Encoding": "identity"}
        if body:
            self.headers["Content-Length"] = str(body.size)
        if call.submits:
            self.headers["Connection"] = "close"

    def guard(self) -> Guard:
        """Turn whatever fails inside into an error of malote."""
        return Guard(self)

    def part(self) -> Reply | None:
        """What came of a reply that could not be read: bytes without status where not even its head could be."""
        if self.received:
            return self.received.part()
        return Reply(self.status, {}, bytes(self.raw)) if self.raw else None

    def verdict(self, error: Exception) -> MaloteError:
        left = self.begun if self.parcel else self.connected
        chain = list(trouble.chain(error, self._before))
        proxy = self._proxy.where if self._proxy else ""
        where = ENGLISH("where_proxy" if proxy else "where", call=self.call.name, host=self._host, proxy=proxy)
        ours = next((each for each in chain if trouble.lasting(each)), None)
        if ours is not None and not (left and self.call.submits):
            return Misconfigured(
                f"{where}: {trouble.problem_of(ours)}",
                todo=english("s_do_test"),
                kept=english("s_kept_undone_there"),
            )
        if left:
            submits = self.call.submits
            return ReplyLost(
                f"{where}: {english('s_wire_lost', why=self._why(chain, left=left))}",
                todo=english("s_do_looked_for") if submits else english("s_do_wire_hidden"),
                kept=english("s_kept_known") if submits else english("s_kept_as_it_was"),
            )
        if isinstance(error, MaloteError):
            return error
        if self._proxy and (refused := self._proxy.verdict(chain, where)):
            return refused
        if isinstance(error, ValueError):
            return Misconfigured(f"{where}: {english('s_wire_no_address')}", todo=english("s_do_wire_host"))
        if self._secure and any(map(trouble.broken_off, chain)):
            return Unreachable(
                f"{where}: {english('s_wire_handshake')}",
                todo=english("s_do_wire_certificate"),
                kept=english("s_kept_here"),
            )
        return Unreachable(
            f"{where}: {english('s_wire_unreached', why=self._why(chain, left=left))}",
            todo=english("s_do_wire_network"),
            kept=english("s_kept_here"),
        )

    def _why(self, chain: list[BaseException], *, left: bool) -> str:
        timeout = any(isinstance(each, (TimeoutError, asyncio.TimeoutError)) for each in chain)
        if left and timeout:
            return english("s_wire_slow", seconds=f"{self.call.timeout:g}")
        for each in chain:
            if trouble.lasting(each):
                return trouble.problem_of(each)
        for each in chain:
            if isinstance(each, OSError) and not isinstance(each, ssl.SSLError) and (each.errno or each.strerror):
                return (os.strerror(each.errno) if each.errno and each.errno > 0 else str(each.strerror)).lower()
        return english("s_wire_timeout") if timeout else english("s_wire_early")


class Guard:
    """What :meth:`Exchange.guard` gives; a generator would cost a poll more than the rest of its exchange."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception):
            raise self._exchange.verdict(error) from None


class Parcel:
    """The request's body as a driver reads it: exactly ``size`` bytes; it notes when the first is handed over."""

    def __init__(self, exchange: Exchange, file: BinaryIO, size: int) -> None:
        self._exchange, self._file, self._size, self._left = exchange, file, size, size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def read(self, size: int = CHUNK) -> bytes:
        chunk = self._file.read(min(size, self._left))
        self._left -= len(chunk)
        if self._left and not chunk:
            raise EOFError("the body is shorter than it was said to be")
        self._exchange.begun = True
        return chunk

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self._file.close()


class Received:
    """The reply as it comes in: counted, bounded, unpacked where the server packed it unasked."""

    def __init__(self, exchange: Exchange, status: int, headers: Iterable[tuple[str, str]], sink: Sink | None) -> None:
        exchange.status, exchange.received = status, self
        self._exchange, self._sink, self._kept = exchange, sink, bytearray()
        self.enough = False
        self._heads: dict[str, str] = {}
        twice: dict[str, list[str]] = {}
        for name, value in headers:
            if (name := name.lower()) not in self._heads:
                self._heads[name] = value
            else:
                twice.setdefault(name, [self._heads[name]]).append(value)
        packing = ", ".join(twice.get("content-encoding", ())) or self._heads.get("content-encoding", "")
        self._heads |= {name: ", ".join(dict.fromkeys(values)) for name, values in twice.items()}
        self._packing = Unpacking(packing, exchange.call.limit)

    def take(self, chunk: bytes) -> None:
        """Take what came in; after it ``enough`` says whether the call wanted no more than its head."""
        try:
            for piece in self._packing.take(chunk):
                self._add(piece)
                if self.enough:
                    return
        except Unpackable as wrong:
            raise Malformed(f"{self._exchange.call.name}: {english('s_wire_packed', why=wrong)}", todo=_LOOK) from None

    def _add(self, piece: bytes) -> None:
        call = self._exchange.call
        self._exchange.size += len(piece)
        if call.peek:
            self._kept += piece[: max(0, call.peek - len(self._kept))]
            self.enough = len(self._kept) == call.peek
            return
        if self._exchange.size > call.limit:
            raise Malformed(f"{call.name}: {english('s_wire_large', limit=call.limit)}", todo=_LOOK)
        self._kept += piece if self._sink is None else piece[: CHUNK - len(self._kept)]
        if self._sink is not None:
            self._sink.write(piece)

    def part(self) -> Reply:
        """What has come of it so far: unpacked as far as it could be, or as it came."""
        raw = self._exchange.raw
        return Reply(self._exchange.status, self._heads, bytes(self._kept if len(self._kept) >= len(raw) else raw))

    def reply(self) -> Reply:
        """The whole reply.

        :raises ReplyLost: where what was packed has no end
        """
        if self._exchange.unsaid:
            self.take(self._exchange.unsaid)
        for piece in self._packing.end():
            self._add(piece)
        if not (self.enough or self._packing.whole):
            raise self._exchange.verdict(EOFError())
        return Reply(self._exchange.status, self._heads, bytes(self._kept))


CURRENT: ContextVar[weakref.ref[Exchange] | None] = ContextVar("malote_exchange", default=None)
"""The exchange that a connection is wanted for. What outlives it, the loop's timers and a connection that is kept, must
not keep it: with it went a document of 20 MB, and whoever sent that."""


@contextmanager
def begin(call: Call[Any], proxy: Proxy | None = None) -> Iterator[Exchange]:
    """An exchange with its body opened (an archive that cannot give it is an error before any connection), logged."""
    exchange = Exchange(call, proxy)
    before, token = time.monotonic(), CURRENT.set(weakref.ref(exchange))
    try:
        yield exchange
    except MaloteError:
        if part := exchange.part():
            call.overhear(part)
        raise
    finally:
        CURRENT.reset(token)
        if exchange.parcel:
            exchange.parcel.close()
        spent = (time.monotonic() - before) * 1000
        log.debug("%s: %s, %d bytes, %.0f ms", call.name, exchange.status or "no reply", exchange.size, spent)


@lru_cache(maxsize=64)
def _host(name: str, origin: str) -> tuple[bool, str]:
    """Whether it is reached by TLS; host and port."""
    try:
        parts = urlsplit(origin)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts.scheme == "https", parts.netloc.rpartition("@")[2]
    except ValueError:
        pass
    raise Misconfigured(
        f"{name}: {english('s_wire_no_url')}",
        todo=english("s_do_wire_host"),
        kept=english("s_kept_here"),
    )

"""aiohttp's protocol, whose strict parser is given nothing but what it takes: heads mended, bodies framed anew."""

from __future__ import annotations

import asyncio
import re
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage

from malote.wire.framing import Framing
from malote.wire.heads import MOST, Senseless, mended

if TYPE_CHECKING:
    from malote.wire.exchange import Exchange

_END = re.compile(rb"\r?\n\r?\n")
EVIDENCE = 64 << 10
"""Bytes of what came that are kept where it cannot be read."""

_LINGER = 1.0
"""Seconds for which a reply that makes no sense is listened to all the same: what it says is evidence."""


class Hearing(ResponseHandler):
    """Holds a reply back until its head is whole; skips interim ones (100, 102, 103); ends the body where it ends.

    The beginning of what came is the exchange's ``raw``: the head until it is whole, then the body; both where it makes
    no sense. What comes after a reply's end is nobody's answer: it is dropped, and the connection with it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._exchange: weakref.ref[Exchange] | None = None
        self._framing: Framing | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._raw = bytearray()
        self._seen = 0

    def expect(self, exchange: Exchange) -> None:
        """From now on a reply comes, that of this exchange."""
        self._exchange, self._framing, self._seen = weakref.ref(exchange), None, 0
        self._raw = exchange.raw = bytearray()

    def data_received(self, data: bytes) -> None:
        """Take what came in. Without an exchange it is a proxy's, before there is a tunnel."""
        if not data:  # aiohttp goes on with what it held back itself
            super().data_received(data)
        elif self._exchange is None:
            self._by_proxy(data)
        elif self._giving_up:
            self._overhear(data)
        elif self._framing:
            self._body(self._framing, data)
        else:
            self._begin(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The end: of a body without length, or too early."""
        if self._giving_up:
            self._give_up()
        super().connection_lost(exc)

    def _by_proxy(self, data: bytes) -> None:
        self._raw += data
        if found := _END.search(self._raw):
            head, rest = bytes(self._raw[: found.end()]), bytes(self._raw[found.end() :])
            self._raw.clear()
            with suppress(Senseless):
                head = mended(head).plain
            super().data_received(head + rest)
        elif len(self._raw) > EVIDENCE:
            self._drop()

    def _begin(self, data: bytes) -> None:
        head = self._raw
        head += data
        while True:
            if head.startswith((b"\r", b"\n")):
                head[:] = head.lstrip(b"\r\n")
            found = _END.search(head, max(0, self._seen - 3))
            if not found and len(head) <= MOST:
                self._seen = len(head)
                return
            self._seen = 0
            try:
                if not found:
                    raise Senseless
                read = mended(bytes(head[: found.end()]))
            except Senseless:
                self._overhear(b"")
                return
            if not read.interim:
                break
            del head[: found.end()]
        rest = bytes(head[found.end() :])
        if exchange := self._exchange and self._exchange():
            exchange.status = read.status
        self._framing = Framing(read)
        head.clear()
        self._body(self._framing, rest, read.plain)

    def _body(self, framing: Framing, data: bytes, plain: bytes = b"") -> None:
        """Give on what belongs to the body, behind its head where that has not gone yet; all is evidence."""
        if len(self._raw) < EVIDENCE:
            self._raw += data[: EVIDENCE - len(self._raw)]
        if framing.over:
            if plain and (exchange := self._exchange and self._exchange()):
                exchange.unsaid = bytes(self._raw)
            if plain:
                super().data_received(plain)
            if data:
                self._drop()
            return
        try:
            body = framing.take(data)
        except Senseless:
            if plain:
                super().data_received(plain)
            self._overhear(b"")
            return
        if framing.over and framing.left_over:
            self.force_close()
        if plain or body:
            super().data_received(plain + body)

    def _drop(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.close()

    def _overhear(self, data: bytes) -> None:
        """Listen on to what makes no sense, for a while."""
        self._raw += data
        self._giving_up = self._giving_up or self._loop.call_later(_LINGER, self._give_up)
        if len(self._raw) >= EVIDENCE:
            self._give_up()

    def _give_up(self) -> None:
        if self._giving_up:
            self._giving_up.cancel()
        wrong = BadHttpMessage("what came is not HTTP")
        if self._payload is not None:
            self._payload.set_exception(wrong)
        self.set_exception(wrong)
        self._drop()

"""The one driver that sends a Call, and its two ends: awaited in the triggerer, waited for in a task.

No retry, no redirect, nothing from the environment, no cookies, a fresh connection for a submit, a bounded reply and a
bounded whole exchange. What fails before the first body byte is :class:`malote.errors.Unreachable` (``Misconfigured``
where a certificate is why); everything later is :class:`malote.errors.ReplyLost`. See :mod:`malote.wire.exchange`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import os
import ssl
import threading
import weakref
from contextlib import suppress
from typing import Any, TypeVar, cast

import aiohttp
from yarl import URL

from malote.institution import Call, Reply
from malote.wire import tls
from malote.wire.exchange import CHUNK, CURRENT, Exchange, Received, Sink, begin
from malote.wire.hearing import Hearing
from malote.wire.proxy import Proxy
from malote.wire.reading import Reading

T = TypeVar("T")

_ENDING = 5.0
"""Seconds for the connections to close where a task ends."""


class AsyncDriver:
    """Sends calls, on one session for its life; ``send`` may be cancelled.

    :param context: from :func:`malote.wire.tls.context`; None verifies by the system's store and shows no certificate
    :param connect_timeout: seconds for the connection and its TLS handshake
    :param proxy: the way out, see :class:`malote.wire.proxy.Proxy`; None goes straight, whatever the environment says
    """

    def __init__(self, context: ssl.SSLContext | None, connect_timeout: float = 10.0, proxy: str | None = None) -> None:
        self._context = context or tls.context()
        self._connect_timeout = connect_timeout
        self._proxy = Proxy(proxy) if proxy else None
        self._kept: aiohttp.ClientSession | None = None
        self._reading = Reading()

    async def send(self, call: Call[T], sink: Sink | None = None) -> T:
        """Make the exchange and return what ``call.read`` makes of the reply; of a large one in a thread.

        :param sink: takes the whole body; the reply then keeps its first 64 KiB
        :raises Unreachable: nothing left this machine
        :raises Misconfigured: a certificate or an address is wrong, and nothing was done over there
        :raises ReplyLost: the request went out and no whole reply came back
        :raises Malformed: the reply is larger than ``call.limit``, in a coding that was not asked for, or was not read
            within ``call.timeout``
        """
        return await self._reading.read(call, await self.hear(call, sink))

    async def hear(self, call: Call[Any], sink: Sink | None = None) -> Reply:
        """The exchange alone: the whole reply, unread; raises as :meth:`send`."""
        with begin(call, self._proxy) as exchange:
            if call.submits:
                async with self._open() as fresh:
                    return await self._hear(fresh, exchange, sink)
            self._kept = self._kept or self._open()
            return await self._hear(self._kept, exchange, sink)

    async def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        kept, self._kept = self._kept, None
        self._reading.close()
        if kept:
            await kept.close()

    async def _hear(self, session: aiohttp.ClientSession, exchange: Exchange, sink: Sink | None) -> Reply:
        call = exchange.call
        with exchange.guard():
            response = await session.request(
                call.request.method,
                URL(call.request.url, encoded=True),
                headers=exchange.headers,
                data=exchange.parcel.chunks() if exchange.parcel else None,
                allow_redirects=False,
                proxy=self._proxy.url if self._proxy else None,
                proxy_headers=self._proxy.headers if self._proxy else None,
                timeout=_limits(call.timeout, self._connect_timeout),
            )
        try:
            received = Received(exchange, response.status, response.headers.items(), sink)
            while True:
                with exchange.guard():
                    chunk = await response.content.read(CHUNK)
                received.take(chunk)
                if received.enough or not chunk or response.content.at_eof():
                    return received.reply()
        finally:
            response.close()

    def _open(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=_Connector(ssl=self._context, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Content-Type"),
            max_line_size=CHUNK,
            max_field_size=CHUNK,
        )
        # aiohttp repeats a GET on a kept connection that died; it has no public switch, its own tests use this one.
        session._retry_connection = False
        return session


class SyncDriver:
    """Sends the same calls in a task, on a loop in a thread of its own: whatever interrupts the task's thread, a
    timeout of Airflow's or a signal, interrupts the waiting and never the loop. Replies are read by the caller; several
    threads may send at once.

    Parameters are those of :class:`AsyncDriver`.
    """

    def __init__(self, context: ssl.SSLContext | None, connect_timeout: float = 10.0, proxy: str | None = None) -> None:
        self._options = context or tls.context(), connect_timeout, proxy
        self._driver = AsyncDriver(*self._options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self._end: Any = None
        self._starting = threading.Lock()

    def send(self, call: Call[T], sink: Sink | None = None) -> T:
        """As :meth:`AsyncDriver.send`, but for the reading, which has no deadline."""
        loop = self._running()
        heard = asyncio.run_coroutine_threadsafe(self._driver.hear(call, sink), loop)
        try:
            reply = heard.result()
        except BaseException:
            heard.cancel()
            raise
        return call.read(reply)

    def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        if self._end is not None and self._process == os.getpid():
            self._end()
        self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None or self._process != os.getpid():  # threads do not survive a fork
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                self._driver = AsyncDriver(*self._options)
                thread = threading.Thread(target=self._loop.run_forever, name="malote wire", daemon=True)
                thread.start()
                self._end = weakref.finalize(self, _end, self._loop, thread, self._driver)
        return self._loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread, driver: AsyncDriver) -> None:
    """Close what a thread's loop has open, and end it."""
    if thread.is_alive():
        with suppress(concurrent.futures.TimeoutError):
            asyncio.run_coroutine_threadsafe(driver.close(), loop).result(_ENDING)
        loop.call_soon_threadsafe(loop.call_soon, loop.stop)  # transports are closed by the loop's next turn
        thread.join(_ENDING)
    if not loop.is_running():
        loop.close()


@functools.lru_cache(maxsize=64)
def _limits(whole: float, connecting: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=whole, connect=connecting, sock_connect=connecting)


class _Connector(aiohttp.TCPConnector):
    """Notes that there is a connection, and mends the heads that come on it. aiohttp's own traces would say so too, at
    the price of a tenth of a poll."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # No public option says which protocol a connection speaks; aiohttp's own connectors set this one.
        self._factory: Any = functools.partial(Hearing, loop=self._loop)

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        connection = await super().connect(*args, **kwargs)
        current = CURRENT.get()
        if exchange := current and current():
            exchange.connected = True
            cast(Hearing, connection.protocol).expect(exchange)
        return connection

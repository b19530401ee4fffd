"""The two drivers that send a Call: requests in tasks, aiohttp in the triggerer; same rules, same results.

No retry, no redirect, nothing from the environment, no cookies, a fresh connection for a submit, a bounded reply and a
bounded whole exchange. What fails before the first body byte is :class:`malote.errors.Unreachable` (``Misconfigured``
where a certificate is why); everything later is :class:`malote.errors.ReplyLost`. See :mod:`malote.wire.exchange`.
"""

from __future__ import annotations

import http.client
import io
import ssl
from http.cookiejar import DefaultCookiePolicy
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import aiohttp
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from yarl import URL

from malote.institution import Call
from malote.wire import tls
from malote.wire.exchange import CHUNK, CURRENT, Exchange, Received, Sink, begin

T = TypeVar("T")


class SyncDriver:
    """Sends calls with requests.

    :param session: what :func:`session` made or configured
    :param connect_timeout: seconds for the connection and its TLS handshake
    """

    def __init__(self, session: requests.Session, connect_timeout: float = 10.0) -> None:
        if not isinstance(session.get_adapter("https://"), _Adapter):
            raise TypeError("a SyncDriver needs a session from malote.wire.session(): any other may retry or redirect")
        self._session = session
        self._connect_timeout = connect_timeout

    def send(self, call: Call[T], sink: Sink | None = None) -> T:
        """Make the exchange and return what ``call.read`` makes of the reply.

        :param sink: takes the whole body; the reply then keeps its first 64 KiB
        :raises Unreachable: nothing left this machine
        :raises Misconfigured: a certificate or an address is wrong, and nothing was done over there
        :raises ReplyLost: the request went out and no whole reply came back
        :raises Malformed: the reply is larger than ``call.limit`` or in an encoding that was not asked for
        """
        with begin(call) as exchange, exchange.deadline():
            with exchange.guard():
                request = requests.Request(
                    call.request.method, call.request.url, exchange.headers, data=exchange.parcel
                )
                prepared = self._session.prepare_request(request)
                timeout = (self._connect_timeout, call.timeout)
                response = self._session.send(prepared, stream=True, allow_redirects=False, timeout=timeout)
            try:
                received = Received(exchange, response.status_code, response.headers, sink)
                chunks = response.raw.stream(CHUNK, decode_content=False)
                while True:
                    with exchange.guard():
                        chunk = next(chunks, b"")
                        if exchange.expired:  # a reply that ends with the connection looks whole when we end it
                            raise TimeoutError
                    if not chunk:
                        break
                    received.take(chunk)
                    if received.enough:
                        break
            finally:
                response.close()
            return call.read(received.reply())


class AsyncDriver:
    """Sends calls with aiohttp, on one session for its life; ``send`` may be cancelled.

    :param context: from :func:`malote.wire.tls.context`; None verifies by the system's store and shows no certificate
    :param connect_timeout: seconds for the connection and its TLS handshake
    """

    def __init__(self, context: ssl.SSLContext | None, connect_timeout: float = 10.0) -> None:
        self._context = context or tls.context()
        self._connect_timeout = connect_timeout
        self._kept: aiohttp.ClientSession | None = None

    async def send(self, call: Call[T], sink: Sink | None = None) -> T:
        """As :meth:`SyncDriver.send`."""
        with begin(call) as exchange:
            if call.submits:
                async with self._open() as fresh:
                    return await self._send(fresh, exchange, call, sink)
            self._kept = self._kept or self._open()
            return await self._send(self._kept, exchange, call, sink)

    async def close(self) -> None:
        """Close the connections; sending again opens new ones."""
        kept, self._kept = self._kept, None
        if kept:
            await kept.close()

    async def _send(self, session: aiohttp.ClientSession, exchange: Exchange, call: Call[T], sink: Sink | None) -> T:
        with exchange.guard():
            response = await session.request(
                call.request.method,
                URL(call.request.url, encoded=True),
                headers=exchange.headers,
                data=exchange.parcel.chunks() if exchange.parcel else None,
                skip_auto_headers=("Content-Type",),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=call.timeout, connect=self._connect_timeout, sock_connect=self._connect_timeout
                ),
            )
        try:
            received = Received(exchange, response.status, response.headers, sink)
            while True:
                with exchange.guard():
                    chunk = await response.content.read(CHUNK)
                received.take(chunk)
                if received.enough or not chunk or response.content.at_eof():
                    break
        finally:
            response.close()
        return call.read(received.reply())

    def _open(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=_Connector(ssl=self._context, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=CHUNK,
            max_field_size=CHUNK,
        )
        # aiohttp repeats a GET on a kept connection that died; it has no public switch, its own tests use this one.
        session._retry_connection = False
        return session


def session(context: ssl.SSLContext | None, session: requests.Session | None = None) -> requests.Session:
    """A session (by default a new one; or that of the http provider's hook) made safe for a :class:`SyncDriver`.

    Whatever it held of headers, logins, proxies and cookies is dropped: a call says itself what it sends.
    """
    session = session or requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.clear()
    session.auth = session.cert = None
    session.proxies, session.params, session.verify = {}, {}, True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Even with allow_redirects=False requests reads the body of a redirect, unbounded, to prepare the next request.
    vars(session)["get_redirect_target"] = lambda _response: None
    adapter = _Adapter(context or tls.context())
    session.adapters.clear()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Connector(aiohttp.TCPConnector):
    """Notes that there is a connection. aiohttp's own traces would say so too, at the price of a tenth of a poll."""

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        connection = await super().connect(*args, **kwargs)
        exchange = CURRENT.get()
        if exchange:
            exchange.connected = True
        return connection


class _Adapter(HTTPAdapter):
    """Our context and nothing else: no proxies, no CA file from the environment; a new pool for a submit."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *_args: Any, **_kwargs: Any) -> None:
        self.poolmanager = self._pools()

    def get_connection_with_tls_context(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        pools = self._pools() if request.headers.get("Connection") == "close" else self.poolmanager
        return pools.connection_from_url(request.url)

    def cert_verify(self, *_args: Any) -> None:
        """Nothing: requests would add its own CA file, or that of REQUESTS_CA_BUNDLE, to our context."""

    def _pools(self) -> urllib3.PoolManager:
        pools = urllib3.PoolManager(ssl_context=self._context)
        pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return pools


class _Whole(http.client.HTTPResponse):
    """A reply whose headers must have an end: http.client takes a cut in them for their end."""

    def begin(self) -> None:
        file = self.fp
        self.fp = cast(io.BufferedReader, SimpleNamespace(readline=lambda limit: file.readline(limit) or self._cut()))
        try:
            super().begin()
        finally:
            self.fp = file

    def _cut(self) -> bytes:
        raise http.client.RemoteDisconnected("cut off in the headers")


class _Http(HTTPConnection):
    response_class = _Whole

    def connect(self) -> None:
        super().connect()
        _note(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _note(self)
        super().request(*args, **kwargs)


class _Https(HTTPSConnection):
    response_class = _Whole

    def connect(self) -> None:
        plain = self._new_conn()
        exchange = CURRENT.get()
        if exchange:
            exchange.watch(plain, connected=False)
        # urllib3's own way would set ALPN on the context that aiohttp shares, and add CA files to it.
        self.sock = cast(ssl.SSLContext, self.ssl_context).wrap_socket(plain, server_hostname=self.host.rstrip("."))
        self.is_verified = True
        _note(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _note(self)
        super().request(*args, **kwargs)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


def _note(connection: HTTPConnection) -> None:
    exchange = CURRENT.get()
    if exchange and connection.sock is not None:
        exchange.watch(connection.sock, connected=True)

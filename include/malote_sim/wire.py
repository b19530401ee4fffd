"""How bytes leave a simulated institution, or fail to: whole, halved, never, or with the connection cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from malote_sim.faults import Reply

TRANSPORT = "malote_sim.transport"
_PIECE = 8192


class Line(H11Protocol):
    """uvicorn's HTTP protocol that also hands its transport to the application, so that it can cut the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport in the scope of each request."""
        super().connection_made(transport)
        application: Callable[..., Any] = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await application(scope, receive, send)

        self.app = with_transport


def certificate(scope: Scope) -> bytes:
    """The client's certificate in DER, or nothing."""
    tls = scope[TRANSPORT].get_extra_info("ssl_object")
    return (tls.getpeercert(binary_form=True) if tls is not None else None) or b""


async def read_body(receive: Receive) -> bytes | None:
    """The whole body; None when the caller hangs up before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


async def send_reply(reply: Reply, send: Send, *, after: float = 0) -> None:
    """The whole reply, `after` so many seconds, in pieces; chunked, as no Content-Length is given."""
    await asyncio.sleep(after)
    await _start(reply, send)
    if reply.stream is not None:
        for piece in reply.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    for start in range(0, len(reply.body), _PIECE):
        await send({"type": "http.response.body", "body": reply.body[start : start + _PIECE], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_half(reply: Reply, scope: Scope, receive: Receive, send: Send, *, chunked: bool) -> None:
    """Half of the body, and then the connection is closed."""
    await _start(reply, send, length=None if chunked else len(reply.body))
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    scope[TRANSPORT].close()
    await wait_for_hang_up(receive)


async def send_raw(whole: bytes, scope: Scope, receive: Receive) -> None:
    """These bytes, head and all, and then the connection is closed."""
    scope[TRANSPORT].write(whole)
    scope[TRANSPORT].close()
    await wait_for_hang_up(receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection without a reply."""
    scope[TRANSPORT].close()
    await wait_for_hang_up(receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection (TCP RST), whatever was still to come."""
    transport = scope[TRANSPORT]
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait_for_hang_up(receive: Receive) -> None:
    """Return when the connection is gone, without having said a word."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(reply: Reply, send: Send, *, length: int | None = None) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})

"""What goes out and comes back, by both drivers over one face: headers, bodies, connections, and what is logged."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import itertools
import logging
import os
import socket
import threading
import weakref
from contextlib import suppress
from typing import Any, BinaryIO

import pytest

from malote import wire
from malote.errors import Malformed, ReplyLost, Unreachable
from malote.institution import Body, Reply
from support.server import SECRET, Drivers, Seen, Server, call, drip, failing, ok, reset_after, say, serving, silent

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


def test_nothing_of_a_call_is_kept_when_it_is_over(driver: Drivers) -> None:
    class Caller:
        def read(self, reply: Reply) -> int:
            return reply.status

    send, over = driver(), {}
    plays = {"answered": ok(), "refused": ok(status="503 Closed"), "reset": reset_after, "silent": silent,
             "senseless": say(b"no HTTP\r\n\r\n", end=True)}  # fmt: skip
    for (name, play), body in itertools.product(plays.items(), (None, b"a document")):
        caller = Caller()
        over[name, body] = weakref.ref(caller)
        with serving(play) as server, suppress(ReplyLost):
            send(call(server.url(), body, read=caller.read, timeout=0.3 if play is silent else 10))
        del caller
    gc.collect()
    kept = [which for which, caller in over.items() if caller()]
    assert kept == [], "a timer of the loop, or the connection that is kept, keeps it"

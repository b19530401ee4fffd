"""Replies are read in threads, but small ones: whatever one server sent, the loop of every DAG's triggers goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from malote import wire
from malote.errors import Malformed
from malote.institution import Reply
from malote.wire.reading import SMALL, Reading
from support.server import call, ok, serving

LARGE = b"x" * (SMALL + 1)


@pytest.fixture
async def driver() -> AsyncIterator[wire.AsyncDriver]:
    made = wire.AsyncDriver(None)
    yield made
    await made.close()


async def test_the_loop_goes_on_while_a_reply_is_read(driver: wire.AsyncDriver) -> None:
    begun, enough = threading.Event(), threading.Event()

    def read(reply: Reply) -> bytes:
        begun.set()
        assert enough.wait(10)
        return reply.body

    with serving(ok(LARGE)) as server:
        slow = asyncio.ensure_future(driver.send(call(server.url(), read=read)))
        while not begun.is_set():
            await asyncio.sleep(0)
        assert (await driver.send(call(server.url()))).body == LARGE
        assert not slow.done()
        enough.set()
        assert await slow == LARGE


REPLY = Reply(200, {}, LARGE)


async def test_a_reply_that_is_not_read_in_time_is_malformed_and_the_next_is_read() -> None:
    over, reading = threading.Event(), Reading()
    with pytest.raises(Malformed, match=r"not read within 0\.1 s") as caught:
        await reading.read(call("http://x", timeout=0.1, read=lambda _reply: over.wait(10)), REPLY)
    assert caught.value.todo and caught.value.kept
    assert await reading.read(call("http://x"), REPLY) is REPLY
    over.set()
    reading.close()


async def test_readings_that_hang_end_with_their_driver_and_a_new_one_reads() -> None:
    over, reading = threading.Event(), Reading()
    hanging = call("http://x", timeout=0.1, read=lambda _reply: over.wait(10))
    failed = await asyncio.gather(*(reading.read(hanging, REPLY) for _ in range(6)), return_exceptions=True)
    assert [type(each) for each in failed] == [Malformed] * 6
    reading.close()
    assert await reading.read(call("http://x"), REPLY) is REPLY
    over.set()
    reading.close()


async def test_what_reading_raises_is_raised_and_a_cancelled_reading_is_cancelled(driver: wire.AsyncDriver) -> None:
    begun, over = threading.Event(), threading.Event()

    def no(reply: Reply) -> None:
        raise KeyError(reply.status)

    def waiting(_reply: Reply) -> None:
        begun.set()
        over.wait(10)

    with serving(ok(LARGE)) as server:
        with pytest.raises(KeyError, match="200"):
            await driver.send(call(server.url(), read=no))
        sending = asyncio.ensure_future(driver.send(call(server.url(), read=waiting)))
        while not begun.is_set():
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        over.set()


async def test_two_hundred_replies_are_read_by_few_threads(driver: wire.AsyncDriver) -> None:
    by: set[str] = set()
    with serving(ok(LARGE)) as server:
        said = [call(server.url(), read=lambda _reply: by.add(str(threading.get_ident()))) for _ in range(200)]
        await asyncio.gather(*map(driver.send, said))

    assert 1 <= len(by) <= 4 and str(threading.get_ident()) not in by


async def test_a_small_reply_is_read_at_once(driver: wire.AsyncDriver) -> None:
    with serving(ok(LARGE[:SMALL])) as server:
        assert await driver.send(call(server.url(), read=lambda _reply: threading.get_ident())) == threading.get_ident()

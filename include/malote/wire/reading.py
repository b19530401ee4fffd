"""Reads replies, large ones in threads, so that the loop of every DAG's triggers goes on whatever one server sent."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from malote.errors import Malformed
from malote.institution import Call, Reply
from malote.texts import english

T = TypeVar("T")

SMALL = 4 << 10
"""Bytes of a reply that are read at once: the worst of so many take 3 ms, a thread costs more than most."""

_THREADS = 4
"""Readings under way; one that does not end keeps its thread, so no more than these can hang."""


class Reading:
    """Runs ``call.read`` in one of a few threads of its own, with a deadline of ``call.timeout`` seconds.

    Reading takes time by the size of what is read, so a small reply needs neither. A reading that is given up goes on
    to its end, alone, and its value is dropped. The threads are daemons: they keep no process from ending, as those of
    ``asyncio.to_thread`` would.
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._heard: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._threads = self._waiting = 0

    async def read(self, call: Call[T], reply: Reply) -> T:
        """What the call makes of its reply, or what it raises.

        :raises Malformed: where that takes longer than the deadline
        """
        if len(reply.body) <= SMALL:
            return call.read(reply)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()

        def work() -> None:
            settle: Callable[[Any], None]
            value: Any
            try:
                settle, value = done.set_result, context.run(call.read, reply)
            except BaseException as error:
                settle, value = done.set_exception, error
            self._heard.append((settle, value))
            if len(self._heard) == 1:  # else the loop has been called and has not yet come
                try:
                    loop.call_soon_threadsafe(self._tell)
                except RuntimeError:  # it has ended, and with it whoever waited
                    self._heard.clear()

        self._waiting += 1
        if self._waiting > self._threads and self._threads < _THREADS:
            self._threads += 1
            threading.Thread(target=_working, args=(self._work,), name="malote reading", daemon=True).start()
        self._work.put(work)
        handle = loop.call_later(call.timeout, done.cancel)
        try:
            return await done
        except asyncio.CancelledError:
            if loop.time() < handle.when():
                raise  # it was the caller's
            raise Malformed(
                f"{call.name}: {english('s_wire_unread', seconds=f'{call.timeout:g}')}",
                todo=english("s_do_wire_answers"),
                kept=english("s_kept_as_it_was"),
            ) from None
        finally:
            handle.cancel()

    def close(self) -> None:
        """End the threads that have nothing to do; the others end with what they do."""
        for _ in range(self._threads):
            self._work.put(None)
        self._work, self._threads, self._waiting = SimpleQueue(), 0, 0

    def _tell(self) -> None:
        while self._heard:
            settle, value = self._heard.popleft()
            self._waiting -= 1
            if not settle.__self__.done():  # type: ignore[attr-defined]
                settle(value)


def _working(work: SimpleQueue[Callable[[], None] | None]) -> None:
    while (each := work.get()) is not None:
        each()
        del each

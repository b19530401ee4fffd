"""Both drivers, and certificates to try them with."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from malote import wire
from support.server import Drivers, Papers, Send


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@contextmanager
def sync_driver(context: ssl.SSLContext | None, **options: Any) -> Iterator[Send]:
    driver = wire.SyncDriver(context, **options)
    try:
        yield driver.send
    finally:
        driver.close()


@contextmanager
def async_driver(context: ssl.SSLContext | None, **options: Any) -> Iterator[Send]:
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

        def make(context: ssl.SSLContext | None = None, **options: Any) -> Send:
            send: Send = stack.enter_context(request.param(context or papers.client(), **options))
            return send

        yield make

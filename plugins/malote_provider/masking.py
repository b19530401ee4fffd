"""Fetches connections without Airflow's warning that a value of their extra is too short to be masked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from airflow.sdk import BaseHook, Connection

_fetching: ContextVar[list[str] | None] = ContextVar("malote_fetching", default=None)


class _Unasked(logging.Filter):
    """Holds back a warning while a connection is fetched; of what else is too short it is given as ever.

    Airflow hands every value of ``extra`` to its masker, whatever its name: a profile code of four digits, or a
    ``PT0S`` among the rules, was called a short secret in each task's log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        held = _fetching.get()
        if held is None or "too short" not in str(record.msg):
            return True
        held.append(record.name)
        return False


logging.getLogger("airflow.sdk._shared.secrets_masker.secrets_masker").addFilter(_Unasked())


@contextmanager
def _unasked() -> Iterator[None]:
    held: list[str] = []
    token = _fetching.set(held)
    try:
        yield
    finally:
        _fetching.reset(token)
        if held:  # it warns once a process: of what is not ours it shall still
            from airflow.sdk._shared.secrets_masker import SecretsMasker

            masker: Any = SecretsMasker
            masker._has_warned_short_secret = False


def connection(conn_id: str) -> Connection:
    """A connection that Airflow knows.

    :raises AirflowNotFoundException: where there is none
    """
    with _unasked():
        return BaseHook.get_connection(conn_id)


async def aconnection(conn_id: str) -> Connection:
    """The same, without blocking the event loop."""
    with _unasked():
        return await BaseHook.aget_connection(conn_id)

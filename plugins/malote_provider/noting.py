"""The note of a run: what it landed, where Airflow's list of runs shows it. Written by Airflow's REST API."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from malote.errors import MaloteError
from malote.texts import TEXTS, Words
from malote_provider.connections import base_url
from malote_provider.options import option

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger("malote.noting")

_PATIENCE = 10.0


class Known(Protocol):
    """What is needed of a hook."""

    def known(self, conn_id: str) -> Connection | None: ...


def words() -> Words:
    """The language of what a run says in Airflow's pages: ``[malote] language``."""
    return Words(option("language"))


def note(hook: Known, run: Any, counts: Mapping[str, int]) -> None:
    """Write the run's note, where ``[malote] airflow_conn_id`` says how; it never fails a task.

    The note of an earlier try is written anew, one that somebody else wrote stays.

    The Task SDK lets a task write no note, so this needs somebody who may edit the run: login and password of the
    connection, or only a password, which is a token then.
    """
    import requests

    connection = hook.known(option("airflow_conn_id"))
    if connection is None:
        return
    try:
        _write(connection, run, told(counts))
    except (requests.RequestException, MaloteError, ValueError, KeyError) as error:
        log.warning("the run's note was not written: %s", getattr(error, "what", type(error).__name__))


def told(counts: Mapping[str, int]) -> str:
    """What a note says of the figures of ``land``."""
    say = words()
    numbers = {name: say.number(n) for name, n in counts.items()}
    still = any(counts[name] for name in ("waiting", "in_doubt", "overdue", "refused"))
    return say("note", **numbers) + (f"\n{say('note_open', **numbers)}" if still else "")


def ours(note: str) -> bool:
    """Whether nobody but a ``land`` has written it, in whichever language."""
    begins = tuple(text.partition("{")[0] for key in ("note", "note_open") for text in TEXTS[key])
    return all(line.startswith(begins) for line in note.splitlines())


def _write(connection: Connection, run: Any, text: str) -> None:
    import requests

    scheme = connection.schema if connection.schema in ("http", "https") else "http"
    host = connection.host or ""
    root = base_url(host if "://" in host else f"{scheme}://{host}", connection.port, "simulator")
    with requests.Session() as session:
        token = connection.password
        if connection.login:
            asked = {"username": connection.login, "password": connection.password}
            reply = session.post(f"{root}/auth/token", json=asked, timeout=_PATIENCE)
            reply.raise_for_status()
            token = reply.json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        page = f"{root}/api/v2/dags/{quote(run.dag_id, safe='')}/dagRuns/{quote(run.run_id, safe='')}"
        found = session.get(page, timeout=_PATIENCE)
        found.raise_for_status()
        if (there := found.json().get("note")) and not ours(there):
            return
        session.patch(page, params={"update_mask": "note"}, json={"note": text}, timeout=_PATIENCE).raise_for_status()

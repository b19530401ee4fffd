"""What submit and land read and write, as OpenLineage's datasets: outgoing tables, the institution, landed tables."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import Asset

from malote.errors import MaloteError

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook

log = logging.getLogger("malote.lineage")

OURS = "malote."
"""The schema of the journal: what shipped SQL looks up there says nothing about where rows come from."""


def outgoing(institution: str) -> Asset:
    """The inlet of submit in Airflow's own graph: the rows that wait for an institution."""
    return Asset(f"malote://{institution}/outgoing")


def read_by(sql: str) -> list[str]:
    """The tables that a SELECT reads, qualified, but those of the journal; none where nobody can tell."""
    try:
        from openlineage_sql import parse
    except ImportError:
        return []
    try:
        found = parse([sql], dialect="postgres")
    except RuntimeError:  # no statement at all
        return []
    names = {table.qualified_name for table in found.in_tables} if found else set()
    return sorted(name for name in names if not name.startswith(OURS))


def lineage(hook: MaloteHook, service: str, *, reads: Iterable[Any] = (), writes: Iterable[Any] = ()) -> Any:
    """What a task read and wrote: names of tables, :func:`there` for the institution, or a path.

    None where OpenLineage's provider is not installed. Nothing here may fail a task, or say what a row holds.
    """
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage
    except ImportError:
        return None
    try:
        return OperatorLineage(
            inputs=[_dataset(hook, service, each) for each in reads],
            outputs=[_dataset(hook, service, each) for each in writes],
        )
    except MaloteError as error:
        log.warning("no lineage: %s", error.what)
        return None


there = object()
"""The institution, as what submit writes and land reads."""


def _dataset(hook: MaloteHook, service: str, what: Any) -> Any:
    from openlineage.client.event_v2 import Dataset
    from psycopg import conninfo

    if what is there:
        institution = hook.get_institution()
        return Dataset(f"malote://{institution.name}", f"{institution.access.environment}/{service}")
    if "/" in what:
        return Dataset("file", quote(what))
    known = conninfo.conninfo_to_dict(hook.warehouse_dsn())
    host, port = known.get("host") or "localhost", known.get("port") or 5432
    return Dataset(f"postgres://{host}:{port}", f"{known.get('dbname')}.{what}")

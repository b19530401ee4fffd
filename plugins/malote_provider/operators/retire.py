"""The operator that lets go of what [malote] keep_landed, keep_events and keep_answers no longer keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from malote.clock import Clock, SystemClock
from malote.errors import Misconfigured
from malote.rules import duration
from malote.texts import english
from malote_provider import watching
from malote_provider.options import option
from malote_provider.version_compat import BaseOperator

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

KEEP = {"files": "keep_answers", "landed": "keep_landed", "story": "keep_events"}
"""Which option of [malote] says for how long each part of :data:`malote.trip.PARTS` is kept."""


class RetireOperator(BaseOperator):
    """Lets go of files, landed rows, items and events of what was over for long enough; without an option, of nothing.

    It goes in small batches, oldest first, and goes on where it was stopped. What may not travel twice stays: see
    docs/years.md. Pushes ``{"submissions": {part: n}, "files", "rows", "items"}``.

    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    ui_color = "#dcebd9"
    clock: ClassVar[Clock] = SystemClock()

    def __init__(self, *, warehouse_conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.warehouse_conn_id = warehouse_conn_id

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 (Airflow gives it)
        """Let go of it."""
        from malote.archive import Archive
        from malote.trip import retire

        before = befores(self.clock.now())
        archive = Archive(option("archive_url")) if "files" in before else None
        with watching.journal(self.clock, self.warehouse_conn_id) as journal:
            gone = retire(journal, before, archive)
        self.log.info("retired %s", gone)
        return {"submissions": gone.submissions, "files": gone.files, "rows": gone.rows, "items": gone.items}


def befores(now: datetime) -> dict[str, datetime]:
    """Before which instant each part goes, by the options; a part whose option is empty stays for ever.

    :raises Misconfigured: for an option that is no duration
    """
    found = {}
    for part, name in KEEP.items():
        if said := option(name).strip():
            found[part] = now - _kept(name, said)
    return found


def _kept(name: str, said: str) -> timedelta:
    try:
        return duration(said)
    except ValueError:
        raise Misconfigured(
            english("s_option_is", name=name, value=repr(said[:40])), todo=english("s_do_keep_for"),
            kept=english("s_kept_all"),
        ) from None  # fmt: skip

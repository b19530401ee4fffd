"""The operator that copies what has landed to where reports live, as Parquet files, each load once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Asset

from malote.clock import Clock, SystemClock
from malote_provider import watching
from malote_provider.options import option
from malote_provider.saying import said_plainly
from malote_provider.version_compat import BaseOperator

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

EXPORT = Asset("malote://export")
"""What an export emits that wrote a file: ``extra`` has ``to``, ``files``, ``rows`` and the rows by table."""


class ExportOperator(BaseOperator):
    """Writes each load that is new, or has landed again, to ``table/dia=…/submission_id.parquet``; see docs/export.md.

    A file appears whole and in one step, and one that is there is replaced by what its load now is: no reader sees a
    row twice. Cleared, retried or killed, it goes on, and writes nothing again that is listed. Its asset
    ``malote://export`` is no outlet of a run that wrote nothing. Loads that do not fit fail it after the others.

    Pushes ``{"to", "files", "rows", "tables": {table: rows}}``, which is also the extra of its outlets' events.

    :param url: a folder, or what fsspec knows (``s3://…``, ``gs://…``, ``abfs://…``); by default
        ``[malote] export_url`` (templated). Logins are not part of it: they are fsspec's, or of the machine
    :param everything: look at all that ever landed, and write what should be listed there and is not
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    template_fields: Sequence[str] = ("url",)
    ui_color = "#dcebd9"
    clock: ClassVar[Clock] = SystemClock()

    def __init__(
        self, *, url: str | None = None, everything: bool = False, warehouse_conn_id: str | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("outlets", [EXPORT])
        super().__init__(**kwargs)
        self.url = url
        self.everything = everything
        self.warehouse_conn_id = warehouse_conn_id

    @said_plainly
    def execute(self, context: Context) -> dict[str, Any]:
        """Write what is new."""
        from malote.export import Folder, export

        folder = Folder(self.url or option("export_url"))
        with watching.journal(self.clock, self.warehouse_conn_id) as journal:
            done = export(journal, folder, everything=self.everything)
        self.log.info("%s", done)
        news: dict[str, Any] = {"to": done.to, "files": done.files, "rows": done.rows, "tables": done.tables}
        # Airflow emits with a success what is an outlet at its end: where nothing was written, ours is none.
        self.outlets = [each for each in self.outlets if done.files or each != EXPORT]
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = news
        done.complain()
        return news

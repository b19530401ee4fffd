"""The operator that measures what is open, and hands the figures to Airflow's stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from malote_provider import watching
from malote_provider.saying import said_plainly

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context


class HealthOperator(watching.WatchingOperator):
    """Writes every gauge of docs/operations.md to Airflow's stats; it only reads, whatever else runs or does not.

    Pushes ``{"gauges": n, "untold": {conn_id: why}}``: how many it wrote, and of which connections certificate, counter
    or pace cannot be told.

    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    ui_color = "#d9e3eb"

    @said_plainly
    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 (Airflow gives it)
        """Read journal and connections once, and write."""
        from malote.desk import health
        from malote_provider.metrics import emit

        accounts, untold = watching.accounts(self.conn_ids, self.clock, self.warehouse_conn_id)
        with watching.journal(self.clock, self.warehouse_conn_id) as journal:
            written = emit(health(journal, accounts))
        self.log.info("%d gauges written", written)
        return {"gauges": written, "untold": untold}

"""The operator that removes card data whose time is over, whether or not a flow runs that does so by the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from malote.errors import MaloteError
from malote_provider import watching
from malote_provider.explaining import together
from malote_provider.saying import said_plainly

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context


class PurgeOperator(watching.WatchingOperator):
    """Purges the sealed files of every connected account whose institution seals, and notes it in each story.

    What landed, was refused or withdrawn goes at once, everything else after the rule ``purge_after``. What one account
    cannot be rid of does not keep the others'. Pushes how many submissions and stray files lost their bytes, by
    connection.

    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    ui_color = "#dcebd9"

    @said_plainly
    def execute(self, context: Context) -> dict[str, int]:  # noqa: ARG002 (Airflow gives it)
        """Purge, account by account."""
        from malote.trip import purge

        done: dict[str, int] = {}
        errors: list[MaloteError] = []
        for hook in watching.connected(self.conn_ids, self.warehouse_conn_id):
            if not hook.seals:
                continue
            try:
                done[hook.http_conn_id] = purge(hook.kit())
            except MaloteError as error:
                errors.append(error.about(institution=hook.institution, submission=error.submission))
        self.log.info("purged: %s", done or "no institution that seals has a connection")
        if errors:
            raise together(errors, "malote")
        return done

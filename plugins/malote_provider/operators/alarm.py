"""The operator that tells a person what needs one: each thing once a day, until it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from malote.errors import InDoubt, Terminal, Transient
from malote.texts import english
from malote_provider import watching
from malote_provider.explaining import of_need
from malote_provider.links import desk_url
from malote_provider.notifiers import NOTICE
from malote_provider.noting import words
from malote_provider.saying import SHOWN, said_plainly

if TYPE_CHECKING:
    from airflow.sdk.bases.notifier import BaseNotifier
    from airflow.sdk.definitions.context import Context

    from malote.desk import Need


class AlarmOperator(watching.WatchingOperator):
    """Tells what needs a person, by its notifiers and by failing: what is new at once, what stands every morning at 8.

    What counts: in doubt, overdue, refused at the door (30 days, or until its items have travelled again), items
    without an answer, rows held back for a refusal, a missed counter, a client certificate that ends within 30 days.
    What was told is remembered in the journal, once every notifier has carried it: a failure between the two tells it
    again, and loses nothing. It fails over what it has told, so that its run is red; the next one is green.

    :param notifiers: each is called with the notice in its context: ``{{ malote.subject }}``, ``{{ malote.text }}``
    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    ui_color = "#f3d9d2"

    def __init__(self, *, notifiers: Sequence[BaseNotifier] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notifiers = list(notifiers)

    @said_plainly
    def execute(self, context: Context) -> int:
        """Look, tell, remember.

        :raises InDoubt, Terminal: over what was told; nothing of it is tried again
        :raises Transient: where a notifier could not carry it: nothing is remembered
        """
        from malote.desk import said, unsaid

        accounts, _ = watching.accounts(self.conn_ids, self.clock, self.warehouse_conn_id)
        with watching.journal(self.clock, self.warehouse_conn_id) as journal:
            found = unsaid(journal, accounts)
            if not found:
                self.log.info("nothing needs a person that has not been told today")
                return 0
            self._tell(context, found)
            said(journal, found)
        now = self.clock.now()
        kind = InDoubt if any(need.kind == "in_doubt" for need in found) else Terminal
        raise kind(
            english("s_needs", n=len(found)),
            todo=english("s_do_above"), kept=english("s_kept_everything"),
            each=tuple(of_need(need, now) for need in found[:SHOWN]),
        )  # fmt: skip

    def _tell(self, context: Context, found: Sequence[Need]) -> None:
        from malote.desk import Notice, notice

        told = notice(found, words(), self.clock.now())
        told = Notice(told.subject, f"{told.text}\n\n{desk_url()}")
        for notifier in self.notifiers:
            try:
                notifier({**context, NOTICE: told})
            except Exception as error:  # whatever carries it, it may fail in any way
                raise Transient(
                    english("s_notifier", name=type(notifier).__name__, why=type(error).__name__),
                    todo=english("s_do_notifier"), kept=english("s_kept_untold"),
                ) from None  # fmt: skip

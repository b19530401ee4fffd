"""The sensor between submit and land: it asks for answers until its scope is settled or its patience is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.configuration import conf
from airflow.sdk import BaseSensorOperator, PokeReturnValue

from malote.errors import Misconfigured
from malote.rules import bounded, duration
from malote.submission import OPEN, Standing
from malote.texts import english
from malote_provider.selecting import given
from malote_provider.tasks import MaloteTask
from malote_provider.triggers import receipts, unpacked
from malote_provider.waits import Waits, counted

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from malote_provider.hooks import MaloteHook

SETTLED, PATIENCE_OVER = "settled", "patience over"


class ReceiptSensor(MaloteTask, BaseSensorOperator):
    """Waits until every submission of a pouch, or of a service, has its answer, is overdue, or needs a person.

    Both ways of waiting are the same conversation: poking asks what is due in the task, deferred the triggerer does,
    with one trigger for the whole pouch. When to ask each submission again is written in the journal, so a restart, a
    clear or an overlapping run asks nothing twice.

    When its patience is over it ends, and does not fail: ``land`` lands what is answered, the rest stays open.
    Pushes ``{"status": "settled" | "patience over", "waiting": n, "answered": n, …}``.

    :param pouch: what ``submit`` returned, or its ``"pouch"`` (templated)
    :param scope: ``"pouch"``, or ``"service"``: everything open of the service, whichever run sent it (templated)
    :param patience: how long this task waits, also as ISO 8601 text (``"P3D"``); None until all have an answer or are
        overdue by the institution's rules (templated)
    :param poke_interval: seconds between two looks into the journal when poking; what is not due is not asked
    :param deferrable: wait in the triggerer; by default ``[operators] default_deferrable``
    """

    institution = ""  # each institution's own class names it
    template_fields: Sequence[str] = ("pouch", "scope", "patience", "conn_id", "service")
    ui_color = "#efe6d2"

    def __init__(
        self,
        *,
        pouch: Any = None,
        scope: str = "pouch",
        patience: timedelta | str | None = None,
        poke_interval: timedelta | float = 60,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.pouch = pouch
        self.scope = scope
        self.patience = patience
        self.deferrable = deferrable
        self._until: datetime | None = None
        self._waits: Waits | None = None

    def execute(self, context: Context) -> Any:
        """Poke, or hand the wait over to the triggerer without asking anything first: nothing is asked twice."""
        self._until = self._end(context)
        rescheduled = self.reschedule and context["ti"].get_first_reschedule_date(context) is not None
        self._waits = Waits(self.log, self._until, told=rescheduled)
        if not self.deferrable:
            return super().execute(context)
        with self.hook() as hook:
            pouch, scope = self.about(hook, self.pouch, self.scope)
            tally = hook.journal().tally(scope, Standing.RECEIVED, Standing.OVERDUE)
            if not tally:
                return self._result(hook, SETTLED)
            self._waits.heard(hook.asking().rest(scope), tally)
        trigger = receipts(self, pouch, self.scope, self._until)
        self.defer(trigger=trigger, method_name="execute_complete", timeout=bounded(self.timeout))
        return None

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002
        """One round: ask about everything that is due now."""
        with self.hook() as hook:
            scope = self.about(hook, self.pouch, self.scope)[1]
            rest = hook.asking().in_turn(scope, hook.driver())
            over = self._until is not None and self.clock.now() >= self._until
            status = PATIENCE_OVER if rest.waiting and over else SETTLED
            if rest.waiting and not over:
                self._waits = self._waits or Waits(self.log, self._until)
                self._waits.heard(rest, hook.journal().tally(scope, *OPEN))
                return PokeReturnValue(False)
            return PokeReturnValue(True, self._result(hook, status))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Take the trigger's event: how it ended, or the error that ended it, of its own class."""
        if event["status"] == "error":
            raise unpacked(event["error"])
        self._told(event)
        return event

    def _end(self, context: Context) -> datetime | None:
        if not given(self.patience):
            return None
        began = context["ti"].get_first_reschedule_date(context) if self.reschedule else None
        return (began or self.clock.now()) + self._patience()

    def _patience(self) -> timedelta:
        try:
            return duration(self.patience)
        except ValueError:
            raise Misconfigured(
                english("s_patience", value=repr(self.patience)[:60]), todo=english("s_do_patience")
            ) from None

    def _result(self, hook: MaloteHook, status: str) -> dict[str, Any]:
        which = () if self.scope == "pouch" else OPEN  # of a service, what has landed is years
        tally = hook.journal().tally(self.about(hook, self.pouch, self.scope)[1], *which)
        result = {"status": status, "waiting": tally.pop("received", 0), **tally}
        self._told(result)
        return result

    def _told(self, result: dict[str, Any]) -> None:
        tally = {name: n for name, n in result.items() if name not in ("status", "waiting")}
        self.log.info("%s: %d still waited for, %s", result["status"], result["waiting"], counted(tally))

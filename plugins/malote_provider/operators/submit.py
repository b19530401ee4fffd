"""The operator at the beginning of the trip: it selects rows, makes files of them and hands them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from malote.submission import Order, Standing
from malote.texts import english
from malote_provider.explaining import in_doubt, left_out, refusal, together
from malote_provider.lineage import lineage, outgoing, read_by, there
from malote_provider.pouch import pouch_of
from malote_provider.saying import SHOWN, say
from malote_provider.selecting import folders, given, own_file, refuse_cards, statement, true, written
from malote_provider.tasks import MaloteTask

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk.definitions.context import Context

    from malote_provider.hooks import MaloteHook

_RECEIVED = ("received", "answered", "landed", "overdue")


class SubmitOperator(MaloteTask):
    """Selects rows, makes files of them and hands them over, each at most once.

    The pouch is named after dag, run, task and map index, so clearing the task goes on with the same pouch: what is
    already on its way is not sent again, what is in doubt stays so, new rows of the selection join it. While the
    counter is closed the task waits in the triggerer and goes on at the next document. An empty selection is a success
    that says so.

    Pushes its pouch before anything else, so that what a try sent before it failed is collected; at its end
    ``{"pouch", "submissions", "items", "held", "held_because", "invalid", "received", "refused", "in_doubt"}``:
    the pouch's id and counts; ``held_because`` is those held back by reason, see ``report.retidas``.

    :param outgoing_sql: the SELECT whose aliases are paths into the treaty, or a ``.sql`` file: beside the DAG, shipped
        with malote, or by absolute path; or a mapping of these by service. What is nothing but a template, as
        ``{{ params.outgoing_sql }}``, is a run's: it may only name a ``.sql`` file, or a folder with a file for each
        service, below ``[malote] outgoing_sql_folders``. By default ``INSTITUTION__SERVICE.sql`` of one of these
        folders, else the shipped file of the service (templated)
    :param arquivo: a file of your own below ``[malote] arquivo_folders``, sent as it is instead of rows (templated)
    :param options: what the institution's files further need, e.g. ``{"tipoGeracao": "1"}``; a blank one counts as
        absent (templated)
    :param resend_refused: rows that the institution refused may travel again (templated)
    :param valid_rest: rows that break the treaty are left out and logged, the others travel; otherwise one wrong row
        stops the selection (templated)
    """

    institution = ""  # each institution's own class names it
    template_fields: Sequence[str] = (
        *("outgoing_sql", "arquivo", "options", "resend_refused", "valid_rest", "conn_id", "service"),
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"outgoing_sql": "sql", "options": "json"}

    def __init__(
        self,
        *,
        outgoing_sql: str | Mapping[str, str] | None = None,
        arquivo: str | None = None,
        options: Mapping[str, Any] | None = None,
        resend_refused: bool | str = False,
        valid_rest: bool | str = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("inlets", [outgoing(self.institution)])
        super().__init__(**kwargs)
        self.outgoing_sql = outgoing_sql
        self._free_sql = written(outgoing_sql)
        self.arquivo = arquivo
        self.options = options
        self.resend_refused = resend_refused
        self.valid_rest = valid_rest

    def execute(self, context: Context) -> dict[str, Any]:
        """Take the selection into the journal, then send."""
        from malote_provider.selectors import rows_of

        conf = getattr(context.get("dag_run"), "conf", None)
        refuse_cards(
            self.institution,
            {english("s_given_param"): dict(context.get("params") or {}), english("s_given_conf"): conf,
             "options": self.options, "outgoing_sql": self.outgoing_sql, "arquivo": self.arquivo},
        )  # fmt: skip
        pouch = pouch_of(context)
        context["ti"].xcom_push(key="return_value", value={"pouch": pouch})  # a try that fails may have sent half of it
        with self.hook() as hook:
            institution = hook.get_institution()
            service = self.service_of(institution)
            params = {name: value for name, value in (self.options or {}).items() if given(value)}
            if true(self.valid_rest):
                params["valid_rest"] = True
            order = Order(pouch, service, params)
            rows: Any = ()
            if given(self.arquivo):
                params["arquivo"] = self._own_file()
            else:
                rows = rows_of(hook, self._query(service), institution.scope_of(order))
            prepared = hook.courier().prepare(order, rows, refused_too=true(self.resend_refused))
            self.log.info(
                "pouch %s: %d submissions, %d items prepared; %d items held back",
                pouch, prepared.submissions, prepared.items, prepared.held,
            )  # fmt: skip
            invalid = left_out(prepared.problems, self.log)
            return self._send(hook, pouch, dict(prepared.held_because), invalid)

    def _own_file(self) -> str:
        return own_file(str(self.arquivo), self.institution, folders("arquivo_folders"))

    def _query(self, service: str) -> str:
        own = folders("outgoing_sql_folders")
        return statement(self.outgoing_sql, self.institution, service, own, free=self._free_sql)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002
        """For OpenLineage: the tables of the SQL, or the file, and the institution."""
        with self.hook() as hook:
            service = self.service_of(hook.get_institution())
            reads = [self._own_file()] if given(self.arquivo) else read_by(self._query(service))
            return lineage(hook, service, reads=reads, writes=[there])

    def resume(
        self,
        context: Context,
        event: Any = None,  # noqa: ARG002 (Airflow gives it)
        held_because: Mapping[str, int] | None = None,
        invalid: int = 0,
    ) -> dict[str, Any]:
        """Go on sending what the pouch still holds; nothing is selected again."""
        with self.hook() as hook:
            return self._send(hook, pouch_of(context), held_because or {}, invalid)

    def _send(self, hook: MaloteHook, pouch: str, held: Mapping[str, int], invalid: int) -> dict[str, Any]:
        sent = hook.courier().send(pouch, hook.driver())
        if sent.wake is not None:
            self._wait(sent.wake, sent.why, held, invalid)
        return self._result(hook, pouch, held, invalid)

    def _wait(self, wake: datetime, why: str, held: Mapping[str, int], invalid: int) -> None:
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger

        from malote_provider.triggers import SOONEST

        wake = max(wake, self.clock.now() + SOONEST)
        self.log.info("%s: going on at %s", why, wake)
        self.defer(
            trigger=DateTimeTrigger(moment=wake), method_name="resume",
            kwargs={"held_because": dict(held), "invalid": invalid},
        )  # fmt: skip

    def _result(self, hook: MaloteHook, pouch: str, held: Mapping[str, int], invalid: int) -> dict[str, Any]:
        journal, scope = hook.journal(), hook.scope(pouch, "pouch", "")
        tally = journal.tally(scope)
        counts = {
            "submissions": sum(tally.values()),
            "items": sum(each.item_count for each in journal.submissions(scope)),
            "held": sum(held.values()),
            "held_because": dict(held),
            "invalid": invalid,
            "received": sum(tally.get(standing, 0) for standing in _RECEIVED),
            "refused": tally.get("refused", 0),
            "in_doubt": tally.get("in_doubt", 0),
        }
        if not counts["submissions"]:
            self.log.info(
                "nothing to send: the selection is empty, or all of it is held back (%d), or is wrong (left out: %d)",
                counts["held"], invalid,
            )  # fmt: skip
        refused = [refusal(hook, each.id) for each in journal.submissions(scope, Standing.REFUSED, limit=SHOWN + 1)]
        if refused and not counts["received"] and not counts["in_doubt"]:
            raise together(refused, self.institution)
        say(self.log.error, [in_doubt(each.id) for each in journal.submissions(scope, Standing.IN_DOUBT)])
        say(self.log.error, refused)
        return {"pouch": pouch, **counts}

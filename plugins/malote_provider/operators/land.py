"""The operator at the end of the trip: it lands every answer, and then fails where something needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Asset, TriggerRule

from malote.errors import InDoubt, MaloteError
from malote.submission import Standing
from malote_provider.explaining import (
    failed_before,
    in_doubt,
    overdue,
    refusal,
    refused_items,
    table,
    together,
    unanswered,
    unsent,
)
from malote_provider.lineage import lineage, read_by, there
from malote_provider.noting import note
from malote_provider.saying import SHOWN, say
from malote_provider.selecting import folders, statement, true
from malote_provider.tasks import MaloteTask

_WAITED_FOR = (Standing.RECEIVED, Standing.IN_DOUBT, Standing.OVERDUE)

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk.definitions.context import Context

    from malote.scope import Scope
    from malote.submission import Unanswered
    from malote_provider.declaration import Declaration
    from malote_provider.hooks import MaloteHook


FAILED = ("failed", "upstream_failed")


class LandOperator(MaloteTask):
    """Lands every answer of a pouch, or of a service, and then fails where something needs a person.

    What is answered lands first, in transactions of whole submissions; landing again changes nothing. With another
    ``trigger_rule`` than ``all_success`` it also fails, after landing, where a task before it failed.

    Pushes ``{"pouch", "landed", "rows", "changed", "waiting", "in_doubt", "overdue", "refused", "unanswered",
    "items_accepted", "items_refused", "items_held"}``, which is also the extra of its outlets' events. ``unanswered``
    and what begins with ``items_`` count items: of its own pouch, and of others what has landed now; the others count
    submissions. Its institution's asset is no outlet of a run in which nothing landed.

    :param pouch: what ``submit`` returned, or its ``"pouch"`` (templated)
    :param scope: ``"pouch"``, or ``"service"``: everything open of the service, whichever run sent it (templated)
    :param fail_on: standings that make the task fail after landing: of its own pouch, and of others what came to stand
        so while this run lasted; of ``refused`` only its own. ``unanswered`` is about items of what has landed: without
        it they are a warning in the log. ``items_refused`` is about items that the institution refused in an answer
    :param warn_on: the same, of what is a warning in the log only
    :param ask: where nothing but doubts of its own pouch needs a person it does not fail: a ``DoubtOperator`` after it
        asks about them (templated)
    """

    institution = ""  # each institution's own class names it
    asset: ClassVar[Asset | None] = None
    template_fields: Sequence[str] = ("pouch", "scope", "ask", "conn_id", "service")
    ui_color = "#d9e3eb"

    def __init_subclass__(cls, *, of: Declaration | None = None, **options: Any) -> None:
        super().__init_subclass__(of=of, **options)
        if of is not None:
            cls.asset = Asset(of.asset)

    def __init__(
        self,
        *,
        pouch: Any = None,
        scope: str = "pouch",
        fail_on: Sequence[str] = ("in_doubt", "overdue", "refused", "unanswered"),
        warn_on: Sequence[str] = ("items_refused", "unanswered"),
        ask: bool | str = False,
        **kwargs: Any,
    ) -> None:
        if self.asset is not None:
            kwargs.setdefault("outlets", [self.asset])
        super().__init__(**kwargs)
        self.pouch = pouch
        self.scope = scope
        self.fail_on = tuple(fail_on)
        self.warn_on = tuple(warn_on)
        self.ask = ask

    def execute(self, context: Context) -> dict[str, Any]:
        """Land, count, and name what stays open."""
        with self.hook() as hook:
            pouch, scope = self.about(hook, self.pouch, self.scope)
            own = hook.scope(pouch, "pouch", "")
            landed = hook.collecting().collect(scope, hook.driver())
            journal = hook.journal()
            tally, silent = journal.tally(scope, *_WAITED_FOR), journal.unanswered(scope)
            mine = journal.landed_of(own, landed.ids)
            counts = {
                "landed": landed.submissions,
                "rows": landed.rows,
                "changed": landed.changed,
                "waiting": tally.get("received", 0),
                "in_doubt": tally.get("in_doubt", 0),
                "overdue": tally.get("overdue", 0),
                "refused": journal.tally(own, Standing.REFUSED).get("refused", 0),
                "unanswered": sum(each.items for each in silent),
                "items_accepted": mine["accepted"],
                "items_refused": mine["refused"],
                "items_held": journal.items_held(scope),
            }
            for line in table(counts):
                self.log.info("%s", line)
            if counts["waiting"]:
                self.log.warning(
                    "%d still have no answer: any later run with scope='service' collects them", counts["waiting"]
                )
            told = {error.submission for error in landed.problems}
            began = context["dag_run"].start_date
            still = [error for error in self._open(hook, scope, own, silent, began) if error.submission not in told]
            errors = [*landed.problems, *still]
            if counts["items_refused"]:
                named = journal.refused_items(own, landed.ids, limit=SHOWN + 1)
                errors += self._minded("items_refused", [refused_items(named, counts["items_refused"])])
            self._announce(context, {"pouch": pouch, **counts})
            note(hook, context["dag_run"], {**counts, "landed": mine["files"]})
        if failed := self._failed_before(context):
            errors.append(failed_before(failed))
        if errors and not self._handed_over(errors, counts["in_doubt"], pouch):
            raise together(errors, self.institution)
        return {"pouch": pouch, **counts}

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002
        """For OpenLineage: the institution and the usual outgoing tables of the service, and the tables landed in."""
        with self.hook() as hook:
            institution = hook.get_institution()
            service = self.service_of(institution)
            usual = statement("", self.institution, service, folders("outgoing_sql_folders"))
            tables = [table for table in (institution.tables[service], institution.reasons_table) if table]
            written = list(dict.fromkeys(table.name for table in tables))
            return lineage(hook, service, reads=[there, *read_by(usual)], writes=written)

    def _handed_over(self, errors: Sequence[MaloteError], doubts: int, pouch: str) -> bool:
        """Nothing but doubts is left, and the task after this one asks about them."""
        if not (true(self.ask) and doubts and all(isinstance(error, InDoubt) for error in errors)):
            return False
        with self.hook() as hook:
            own = hook.journal().submissions(hook.scope(pouch, "pouch", ""), Standing.IN_DOUBT)
        if {error.submission for error in errors} - {each.id for each in own}:
            return False
        say(self.log.warning, errors)
        self.log.warning("a person is asked about %d in doubt: Airflow's Required Actions", len(errors))
        return True

    def _failed_before(self, context: Context) -> list[str]:
        """Tasks before it that failed: it may run all the same, and its run is green only where they are."""
        if self.trigger_rule == TriggerRule.ALL_SUCCESS:
            return []
        ti, before = context["ti"], sorted(self.get_flat_relative_ids(upstream=True))
        index = ti.map_index if (ti.map_index or 0) >= 0 else None
        found = ti.get_task_states(dag_id=ti.dag_id, task_ids=before, run_ids=[ti.run_id], map_index=index)
        states = found.get(ti.run_id, {})
        return [name for name in before if states.get(name if index is None else f"{name}_{index}") in FAILED]

    def _minded(self, name: str, errors: list[MaloteError]) -> list[MaloteError]:
        """Those that make it fail; what is only warned of is said here."""
        if name in self.fail_on:
            return errors
        if name in self.warn_on:
            say(self.log.warning, errors)
        return []

    def _announce(self, context: Context, news: dict[str, Any]) -> None:
        # Airflow emits with a success what is an outlet at its end: where nothing landed, our asset is none.
        self.outlets = [each for each in self.outlets if news["landed"] or each != self.asset]
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = news

    def _open(
        self, hook: MaloteHook, scope: Scope, own: Scope, silent: Sequence[Unanswered], began: datetime | None
    ) -> list[MaloteError]:
        """What needs a person: of its own pouch, and of others what went wrong while this run lasted.

        Each thing is an alarm once: an old doubt does not turn every later run of the service red.
        """
        journal = hook.journal()
        mine = {each.id for each in journal.submissions(own)}

        def fresh(id: str, moved_at: datetime | None) -> bool:
            return id in mine or bool(began and moved_at and moved_at >= began)

        def new(*standings: Standing) -> list[str]:
            return [s.id for s in journal.submissions(scope, *standings) if fresh(s.id, s.moved_at)]

        found: list[MaloteError] = []
        if "in_doubt" in self.fail_on:
            found += [in_doubt(each) for each in new(Standing.IN_DOUBT)]
        if "overdue" in self.fail_on:
            found += [overdue(each) for each in new(Standing.OVERDUE)]
        if "refused" in self.fail_on:
            found += [refusal(hook, each.id) for each in journal.submissions(own, Standing.REFUSED)]
        found += self._minded(
            "unanswered", [unanswered(each) for each in silent if fresh(each.submission, each.moved_at)]
        )
        return found + [unsent(each.id) for each in journal.submissions(own, Standing.PREPARED, Standing.SENDING)]

"""What submit, wait and land have in common: which institution, by which connections, about which pouch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from malote.errors import Misconfigured
from malote.texts import english
from malote_provider.declaration import Declaration, hook_of
from malote_provider.links import StoryLink
from malote_provider.pouch import pouch_id
from malote_provider.saying import plainly, said_plainly
from malote_provider.version_compat import BaseOperator, fails_for_good

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink
    from airflow.sdk.definitions.context import Context

    from malote.clock import Clock
    from malote.institution import Institution
    from malote.scope import Scope
    from malote_provider.hooks import MaloteHook


class MaloteTask(BaseOperator):
    """What the tasks of every institution share: whom they talk to, by which connections.

    A subclass says whose it is: ``class CceeLandOperator(LandOperator, of=CCEE)``, or by ``institution``. What goes
    wrong in it is said in the log as lines of their own, once, and without a traceback: see ``saying``.

    :param conn_id: connection of the institution; by default ``<institution>_default``
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    :param service: one of the institution's services; by default its first
    """

    institution: ClassVar[str] = ""
    ui_color = "#dcebd9"
    operator_extra_links: Sequence[BaseOperatorLink] = (StoryLink(),)

    def __init_subclass__(cls, *, of: Declaration | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if of is not None:
            cls.institution = of.name
        if not cls.institution and "institution" not in vars(cls):
            raise TypeError(f"{cls.__name__} does not say which `institution` it talks to")
        if "execute" in vars(cls):
            cls.execute = said_plainly(cls.execute)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        conn_id: str | None = None,
        warehouse_conn_id: str | None = None,
        service: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id or f"{self.institution}_default"
        self.warehouse_conn_id = warehouse_conn_id
        self.service = service

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a deferral, as ``execute`` began."""
        with plainly(self.log, lambda error: fails_for_good(self, error, context)):
            return super().resume_execution(next_method, next_kwargs, context)

    def hook(self) -> MaloteHook:
        """The hook of this task's connections; a context manager."""
        return hook_of(self.institution)(self.conn_id, warehouse_conn_id=self.warehouse_conn_id)

    @property
    def clock(self) -> Clock:
        """The hook's clock: a task has no other."""
        return hook_of(self.institution).clock

    def service_of(self, institution: Institution) -> str:
        """The service that was asked for, checked.

        :raises Misconfigured: where the institution has no such service
        """
        service = self.service or institution.services[0]
        if service not in institution.services:
            raise Misconfigured(
                english("s_no_service", service=repr(service)),
                institution=institution.name,
                todo=english("s_do_one_of", names=", ".join(institution.services)),
            )
        return service

    def about(self, hook: MaloteHook, pouch: Any, scope: str) -> tuple[str, Scope]:
        """The pouch's id and the scope: that pouch, or the whole service.

        :raises Misconfigured: for a scope that is neither, or that of a pouch where there is none
        """
        found = pouch_id(pouch)
        if scope not in ("pouch", "service"):
            raise Misconfigured(english("s_scope", scope=repr(scope)), todo=english("s_do_pouch"))
        if scope == "pouch" and not found:
            raise Misconfigured(
                english("s_no_pouch"),
                institution=self.institution,
                todo=english("s_do_clear_submit_sent"),
            )
        return found, hook.scope(found, scope, self.service_of(hook.get_institution()))

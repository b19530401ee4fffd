"""Waits until BNDES says that its system is up: one small question a minute, from a worker or from the triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.configuration import conf
from airflow.sdk import BaseSensorOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from malote.errors import MaloteError, Transient
from malote.rules import bounded
from malote_provider.declaration import BNDES
from malote_provider.tasks import MaloteTask
from malote_provider.triggers import packed, unpacked

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from malote.institutions.bndes.institution import Bndes
    from malote_provider.hooks import MaloteHook


class BndesStatusSensor(MaloteTask, BaseSensorOperator, of=BNDES):
    """Waits until ``api/status`` says that BNDES's system is up (manual 5.11); up is not open, see the counter.

    It is asked at once; while it is down, or cannot be reached, again after ``poke_interval``. What time does not heal,
    a certificate or an address, fails. Nothing is pushed; BNDES's own words stand in the log.

    :param poke_interval: seconds between two questions
    :param deferrable: wait in the triggerer; by default ``[operators] default_deferrable``
    """

    template_fields = ("conn_id",)
    operator_extra_links = ()
    ui_color = "#efe6d2"

    def __init__(
        self,
        *,
        poke_interval: timedelta | float = 60,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.deferrable = deferrable

    def execute(self, context: Context) -> Any:
        """Poke; or ask once, and only where it is down hand the wait over to the triggerer."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            trigger = BndesStatusTrigger(
                conn_id=self.conn_id, warehouse_conn_id=self.warehouse_conn_id, every=float(self.poke_interval)
            )
            self.defer(trigger=trigger, method_name="execute_complete", timeout=bounded(self.timeout))
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002
        """Ask once."""
        with self.hook() as hook:
            try:
                self.log.info("BNDES: %s", hook.driver().send(_status(hook)))
            except Transient as down:
                self.log.info("not up: %s", down.what)
                return False
        return True

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the trigger's event: BNDES's words, or the error that ended the wait, of its own class."""
        if event["status"] == "error":
            raise unpacked(event["error"])
        self.log.info("BNDES: %s", event["said"])


class BndesStatusTrigger(BaseTrigger):
    """Asks ``api/status`` until it is up; holds no database connection and keeps nothing.

    :param conn_id: connection of BNDES
    :param warehouse_conn_id: ``postgres`` connection, None for ``[malote] warehouse_conn_id``
    :param every: seconds between two questions
    """

    def __init__(self, *, conn_id: str, warehouse_conn_id: str | None = None, every: float = 60.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id = conn_id
        self.warehouse_conn_id = warehouse_conn_id
        self.every = every

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("conn_id", "warehouse_conn_id", "every")
        return "malote_provider.bndes.status.BndesStatusTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            yield TriggerEvent({"status": "up", "said": await self._wait()})
        except MaloteError as error:
            yield TriggerEvent({"status": "error", "error": packed(error)})

    async def _wait(self) -> str:
        hook = await asyncio.to_thread(self._hook)
        await hook.fetch()
        call = await asyncio.to_thread(_status, hook)
        driver = await asyncio.to_thread(hook.async_driver)
        try:
            while True:
                await asyncio.sleep(self.every)  # the task has just asked
                try:
                    return str(await driver.send(call))
                except Transient as down:
                    self.log.info("not up: %s", down.what)
        finally:
            await driver.close()
            await asyncio.to_thread(hook.close)

    def _hook(self) -> MaloteHook:
        from malote_provider.declaration import hook_of  # aiohttp: not in the event loop

        return hook_of(BNDES.name)(self.conn_id, warehouse_conn_id=self.warehouse_conn_id)


def _status(hook: MaloteHook) -> Any:
    institution: Bndes = hook.get_institution()  # type: ignore[assignment]
    return institution.status()

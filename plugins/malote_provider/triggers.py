"""One trigger for a whole pouch: it asks for answers in the triggerer while no worker is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from malote import errors
from malote.clock import Clock, SystemClock
from malote.errors import MaloteError, Transient
from malote.texts import english
from malote_provider.waits import Waits

if TYPE_CHECKING:
    from malote.wire import AsyncDriver
    from malote_provider.hooks import MaloteHook
    from malote_provider.tasks import MaloteTask

STEP = timedelta(seconds=30)
"""The longest sleep in one go: clocks jump, and machines are suspended."""
LONG = timedelta(minutes=5)
"""A sleep longer than this holds no connection to the database."""
SOONEST = timedelta(seconds=10)
"""No task comes back sooner from a deferral. A scheduler under load that has not yet seen the deferring process end
takes a task that runs again for one that was killed, and fails that try."""
TROUBLES = 10
"""So many rounds in a row may fail on the journal's database before the task is told."""


class ReceiptTrigger(BaseTrigger):
    """Asks about everything that is due in its scope, sleeps until the next is due, ends with one event.

    All it knows is in the journal: after a restart of the triggerer it goes on where it was. It cancels nothing:
    Airflow calls ``on_kill`` for a clear, for mark-failed and for mark-success alike.

    :param institution: name, e.g. ``"ccee"``
    :param conn_id: connection of the institution
    :param warehouse_conn_id: ``postgres`` connection, None for ``[malote] warehouse_conn_id``
    :param service: the service that ``scope`` is about
    :param pouch: id of the pouch
    :param scope: ``"pouch"`` or ``"service"``
    :param until: ISO instant at which patience is over, None for never
    :param not_before: ISO instant before which it does not end, see :data:`SOONEST`
    """

    def __init__(
        self,
        *,
        institution: str,
        conn_id: str,
        service: str,
        pouch: str,
        scope: str = "pouch",
        warehouse_conn_id: str | None = None,
        until: str | None = None,
        not_before: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.institution = institution
        self.conn_id = conn_id
        self.warehouse_conn_id = warehouse_conn_id
        self.service = service
        self.pouch = pouch
        self.scope = scope
        self.until = until
        self.not_before = not_before
        self.clock: Clock = SystemClock()
        self._hook: MaloteHook | None = None
        self._driver: AsyncDriver | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("institution", "conn_id", "warehouse_conn_id", "service", "pouch", "scope", "until", "not_before")
        return "malote_provider.triggers.ReceiptTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            event = await self._ended()
            if self.not_before:
                early = datetime.fromisoformat(self.not_before) - self.clock.now()
                await asyncio.sleep(max(early, timedelta()).total_seconds())
            yield TriggerEvent(event)
        finally:
            await self.cleanup()

    async def _ended(self) -> dict[str, Any]:
        try:
            return await self._wait()
        except MaloteError as error:
            return {"status": "error", "error": packed(error)}

    async def cleanup(self) -> None:
        """Close the connections to the institution and to the database."""
        driver, self._driver = self._driver, None
        hook, self._hook = self._hook, None
        if driver is not None:
            await driver.close()
        if hook is not None:
            await asyncio.to_thread(hook.close)

    async def on_kill(self) -> None:
        self.log.info("pouch %s is no longer waited for by this task; nothing is cancelled or forgotten", self.pouch)

    async def _wait(self) -> dict[str, Any]:
        hook = await self._open()
        asking, scope = await asyncio.to_thread(
            lambda: (hook.asking(), hook.scope(self.pouch, self.scope, self.service))
        )
        self._driver = await asyncio.to_thread(hook.async_driver)
        troubles, waits = 0, Waits(self.log, None, told=True)  # the task has said what it waits for
        while True:
            try:
                rest = await asking.together(scope, self._driver)
                tally = await asyncio.to_thread(asking.kit.journal.tally, scope)
                troubles = 0
            except Exception as error:
                if not _passing(error):
                    raise
                troubles += 1
                self.log.warning("%s", _away(error))
                if troubles == TROUBLES:
                    raise _away(error) from None
                await asyncio.to_thread(hook.close)
                await asyncio.sleep(STEP.total_seconds())
                asking = await asyncio.to_thread(hook.asking)
                continue
            if rest.waiting == 0 or self._over():
                status = "patience over" if rest.waiting else "settled"
                return {"status": status, "waiting": tally.pop("received", 0), **tally}
            waits.heard(rest, tally)
            wake = rest.wake or self.clock.now() + asking.kit.institution.rules.poll_every
            if wake - self.clock.now() > LONG:
                await asyncio.to_thread(hook.close)  # what is idle for hours is cut off by some firewall, silently
            await self._sleep(wake)
            asking = await asyncio.to_thread(hook.asking)

    async def _open(self) -> MaloteHook:
        def make() -> MaloteHook:
            from malote_provider.declaration import hook_of  # aiohttp: not in the event loop

            return hook_of(self.institution)(self.conn_id, warehouse_conn_id=self.warehouse_conn_id)

        self._hook = await asyncio.to_thread(make)
        self.clock = self._hook.clock
        await self._hook.fetch()
        return self._hook

    async def _sleep(self, wake: datetime) -> None:
        """Until there is something to ask, or patience is over; in steps."""
        await asyncio.sleep(1)  # what another process has locked is due at once and cannot be had
        while not self._over() and (left := wake - self.clock.now()) > timedelta():
            await asyncio.sleep(min(left, STEP).total_seconds())

    def _over(self) -> bool:
        return self.until is not None and self.clock.now() >= datetime.fromisoformat(self.until)


def receipts(task: MaloteTask, pouch: str, scope: str, until: datetime | None = None) -> ReceiptTrigger:
    """The trigger that waits for a task."""
    with task.hook() as hook:
        service = task.service_of(hook.get_institution())
    return ReceiptTrigger(
        institution=task.institution,
        conn_id=task.conn_id,
        warehouse_conn_id=task.warehouse_conn_id,
        service=service,
        pouch=pouch,
        scope=scope,
        until=until.isoformat() if until else None,
        not_before=(task.clock.now() + SOONEST).isoformat(),
    )


def _passing(error: Exception) -> bool:
    """The database is away for a while, which is no reason to give up a wait of hours."""
    import psycopg

    return isinstance(error, (Transient, psycopg.OperationalError, psycopg.InterfaceError))


def _away(error: Exception) -> Transient:
    if isinstance(error, Transient):
        return error
    return Transient(
        english("s_journal_away", kind=type(error).__name__),
        todo=english("s_do_warehouse_up"),
        kept=english("s_kept_received"),
    )


def packed(error: MaloteError) -> dict[str, Any]:
    """An error as plain JSON, so that the resumed task raises one of the same class and the retry policy sees it."""
    state = {name: value for name, value in vars(error).items() if isinstance(value, (str, int, float, dict))}
    opens_at = getattr(error, "opens_at", None)
    if opens_at is not None:
        state["opens_at"] = opens_at.isoformat()
    return {"class": type(error).__name__, "state": state}


def unpacked(said: dict[str, Any]) -> MaloteError:
    """The error again; a name that is none of ours makes the base class."""
    state = dict(said["state"])
    if "opens_at" in state:
        state["opens_at"] = datetime.fromisoformat(state["opens_at"])
    kind = getattr(errors, said["class"], None)
    ours = kind if isinstance(kind, type) and issubclass(kind, MaloteError) else MaloteError
    return ours(**state)

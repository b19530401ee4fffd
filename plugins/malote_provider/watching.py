"""Which institutions this Airflow has connections of, and what those say of their accounts."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from malote.clock import Clock, SystemClock
from malote.errors import MaloteError
from malote_provider import masking
from malote_provider.declaration import DECLARED, hook_of
from malote_provider.options import option
from malote_provider.version_compat import BaseOperator

if TYPE_CHECKING:
    from malote.desk import Account
    from malote.journal import Journal
    from malote_provider.hooks import MaloteHook

log = logging.getLogger(__name__)

ConnIds = Mapping[str, Sequence[str]]
"""Connections by institution; one that is not named has its default connection."""


def connected(conn_ids: ConnIds, warehouse_conn_id: str | None = None) -> Iterator[MaloteHook]:
    """A hook for each connection that there is, of every declared institution; each is closed after its turn."""
    for declared in DECLARED:
        for conn_id in conn_ids.get(declared.name, (f"{declared.name}_default",)):
            with hook_of(declared.name)(conn_id, warehouse_conn_id=warehouse_conn_id) as hook:
                if hook.known(conn_id):
                    yield hook
                else:
                    log.info("%s: there is no connection %r", declared.title, conn_id)


def accounts(
    conn_ids: ConnIds, clock: Clock, warehouse_conn_id: str | None = None
) -> tuple[list[Account], dict[str, str]]:
    """What the connections say, and of those that cannot be read wholly what is wrong, by id of the connection."""
    from malote.desk import Account

    found: list[Account] = []
    wrong: dict[str, str] = {}
    for hook in connected(conn_ids, warehouse_conn_id):
        ends = None
        try:
            certificate = hook.certificate()
            ends = certificate.not_after if certificate else None
        except MaloteError as error:
            wrong[hook.http_conn_id] = error.what
        try:
            found.append(Account.of(hook.get_institution(), ends, clock.now()))
        except MaloteError as error:
            wrong[hook.http_conn_id] = error.what
    for conn_id, what in wrong.items():
        log.warning("%s: %s", conn_id, what)
    return found, wrong


@contextmanager
def journal(clock: Clock, warehouse_conn_id: str | None = None) -> Iterator[Journal]:
    """The journal of the warehouse, whichever institution it is about."""
    from malote.journal import Journal
    from malote_provider.connections import dsn_of

    connection = masking.connection(warehouse_conn_id or option("warehouse_conn_id"))
    with Journal(dsn_of(connection), clock) as opened:
        yield opened


class WatchingOperator(BaseOperator):
    """What looks at every connected account, and not at one flow's.

    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    clock: ClassVar[Clock] = SystemClock()

    def __init__(self, *, conn_ids: ConnIds | None = None, warehouse_conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_ids = dict(conn_ids or {})
        self.warehouse_conn_id = warehouse_conn_id

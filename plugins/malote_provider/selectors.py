"""As whom outgoing rows are selected: by the login of ``malote_select``, else by the warehouse's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from malote import warehouse
from malote.errors import MaloteError, Misconfigured
from malote.rules import duration
from malote.texts import english
from malote_provider.options import option

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from malote.texts import Words
    from malote.trip import Outgoing

_LONGEST = timedelta(days=1)


class Selecting(Protocol):
    """What is needed of a hook."""

    warehouse_conn_id: str

    def known(self, conn_id: str) -> Connection | None: ...
    def warehouse_dsn(self) -> str: ...


def rows_of(hook: Selecting, query: str, scope: str) -> Outgoing:
    """What the SQL selects in the warehouse of a hook.

    :param scope: whose items ``malote.travelling`` shows, so that the SQL can leave them out
    :raises Misconfigured: where a connection or ``[malote] outgoing_timeout`` is wrong
    """
    from malote.trip import Outgoing

    return Outgoing(selection_dsn(hook), query, timeout=timeout(), scope=scope)


def who_selects(hook: Selecting, say: Words) -> str:
    """In words for the connection test; what is wrong is said there, and stops nothing: the way itself works."""
    from malote.trip import selector

    try:
        return say.again(str(selector(selection_dsn(hook), timeout())))
    except MaloteError as wrong:
        todo = f" ({say.again(wrong.todo)})" if wrong.todo else ""
        return say("c_attention", what=say.again(wrong.what)) + todo


def selection_dsn(hook: Selecting) -> str:
    """The warehouse as the role that selects: what its connection leaves out (host, database) is the warehouse's.

    A task with a warehouse of its own selects by that one's login.

    :raises Misconfigured: where one of the connections makes no address
    """
    from malote_provider.connections import dsn_of

    dsn = hook.warehouse_dsn()
    own = hook.warehouse_conn_id != option("warehouse_conn_id")
    connection = None if own else hook.known(option("selection_conn_id"))
    return warehouse.merged(dsn, dsn_of(connection)) if connection else dsn


def timeout() -> timedelta:
    """``[malote] outgoing_timeout``.

    :raises Misconfigured: where it is no duration between a second and a day
    """
    said = option("outgoing_timeout")
    try:
        found = duration(float(said) if said.strip().replace(".", "", 1).isdigit() else said)
    except ValueError:
        found = timedelta()
    if not timedelta(seconds=1) <= found <= _LONGEST:
        raise Misconfigured(
            english("s_option_is", name="outgoing_timeout", value=repr(said[:40])), todo=english("s_do_timeout"),
            kept=english("s_kept_neither"),
        )  # fmt: skip
    return found

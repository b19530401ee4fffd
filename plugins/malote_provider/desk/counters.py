"""What the connections say of counter, pace and certificate, read once a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from malote.errors import MaloteError
from malote.hours import Counter
from malote_provider.declaration import DECLARED, hook_of

_FRESH = 60.0
_kept: dict[str, tuple[float, Any]] = {}


@dataclass(frozen=True, slots=True)
class Counters:
    """One institution by its default connection.

    :param problem: why nothing can be said, of a connection that is missing or wrong
    :param cut_off: Brasília time of the day's cut-off, ``"16:30"``; empty where it has none
    :param pace: name, limit and window of the request budget; limit 0 is none
    :param ends: last instant of the client certificate
    :param due_day: of the next month, until which a month is declared; 0 where nothing is
    """

    name: str
    title: str
    problem: str = ""
    environment: str = ""
    account: str = ""
    counter: Counter | None = None
    cut_off: str = ""
    pace: tuple[str, int, timedelta] = ("", 0, timedelta())
    gap: timedelta = timedelta()
    ends: datetime | None = None
    due_day: int = 0


def counters() -> list[Counters]:
    """All declared institutions."""
    return [_fresh(f"of {each.name}", partial(_read, each.name, each.title)) for each in DECLARED]


def opening(institution: str, service: str, now: datetime) -> datetime | None:
    """When the counter of a service opens, where it is closed now; None where it is open, or nobody knows."""
    counter: Counter | None = _fresh(f"{institution}/{service}", lambda: _counter(institution, service))
    if counter is None or counter.is_open(now):
        return None
    return counter.opens_at(now)


def _fresh(key: str, read: Callable[[], Any]) -> Any:
    at, value = _kept.get(key, (0.0, None))
    if not at or time.monotonic() - at > _FRESH:
        value = read()
        _kept[key] = (time.monotonic(), value)
    return value


def _counter(institution: str, service: str) -> Counter | None:
    try:
        with hook_of(institution)() as hook:
            return hook.get_institution().counter(service)
    except (MaloteError, ImportError):  # of an institution that is not installed any more nobody knows
        return None


def _read(name: str, title: str) -> Counters:
    try:
        with hook_of(name)() as hook:
            institution = hook.get_institution()
            pace, rules, certificate = hook.pace(), institution.rules, hook.certificate()
            cut_off = getattr(rules, "cut_off", None)
            return Counters(
                name, title, "", institution.access.environment, institution.account,
                institution.counter(institution.services[0]), str(cut_off)[:5] if cut_off else "",
                (pace.name, pace.limit, rules.window), pace.gap, certificate.not_after if certificate else None,
                getattr(rules, "due_day", 0),
            )  # fmt: skip
    except MaloteError as error:
        return Counters(name, title, error.what)

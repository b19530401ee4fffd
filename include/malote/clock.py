"""Time as an argument: the clock that every part of malote is given and none of them owns."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")
"""Brasília time, by name: daylight saving ended in 2019 and may come back."""


def day_of(at: datetime) -> str:
    """The day of an instant in Brasília, as people there and their files write it: ``2026-11-24``."""
    return f"{at.astimezone(ZONE):%Y-%m-%d}"


class Clock(Protocol):
    """What the time is and how to let some pass."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block for so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class HeldClock:
    """A clock that moves only when it is told to, or slept on."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self.at = at.astimezone(timezone.utc)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=max(0.0, seconds))

    def pass_(self, **amount: float) -> datetime:
        """Let ``timedelta(**amount)`` pass and return the new instant."""
        self.at += timedelta(**amount)
        return self.at

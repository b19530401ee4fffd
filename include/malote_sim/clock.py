"""The simulators' one clock: it may run N times faster than ours, and can be moved forward or set."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

BRASILIA = ZoneInfo("America/Sao_Paulo")


class SimulatedClock:
    """Simulated time, shared by every simulated institution of one process.

    Request windows are not measured with it: they are counted in real, monotonic seconds (see `arrivals`).
    """

    def __init__(self, start: datetime | None = None, *, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._held = start or datetime.now(timezone.utc)
        self._since = time.monotonic()
        self._speed = _positive(speed)

    def now(self) -> datetime:
        """The simulated instant, aware, in Brasília's zone (the institutions stamp their answers in it)."""
        with self._lock:
            return self._now().astimezone(BRASILIA)

    def _now(self) -> datetime:
        return self._held + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def _hold(self, instant: datetime) -> None:
        self._held, self._since = instant.astimezone(timezone.utc), time.monotonic()

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in one real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._hold(self._now())
            self._speed = _positive(speed)

    def advance(self, seconds: float) -> None:
        """Jump forward (or, with a negative number, back) by simulated seconds."""
        with self._lock:
            self._hold(self._now() + timedelta(seconds=seconds))

    def set(self, instant: datetime) -> None:
        """Go to an aware instant and run on from there."""
        if instant.tzinfo is None:
            raise ValueError("the simulated clock is set to an instant with a zone, like 2026-11-22T08:00:00-03:00")
        with self._lock:
            self._hold(instant)

    def not_before(self, instant: datetime) -> None:
        """Go to `instant` if it lies ahead: after a restart, time must not fall behind what the journal has seen."""
        with self._lock:
            if self._now() < instant:
                self._hold(instant)


def _positive(speed: float) -> float:
    if not speed >= 0:
        raise ValueError(f"the speed of the simulated clock is 0 (stopped) or more, not {speed}")
    return float(speed)

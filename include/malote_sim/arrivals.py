"""Counts arrivals in a sliding window of real seconds, as a limiter at the institution's door would."""

from __future__ import annotations

from array import array


class Arrivals:
    """Every arrival of one operation, and the most that any sliding window ever held.

    The window that ends at arrival t holds the arrivals in (t - window, t]; `instants` are monotonic real seconds.
    """

    def __init__(self, *, limit: int, window: float) -> None:
        self.limit, self.window = limit, window
        self.instants = array("d")
        self.most = 0
        self.violations = 0
        self._first = 0

    def __len__(self) -> int:
        return len(self.instants)

    def note(self, instant: float) -> int:
        """Count one arrival; returns how many the window that ends with it holds."""
        self.instants.append(instant)
        return self._slide(len(self.instants) - 1)

    def measure(self, *, limit: int, window: float) -> None:
        """Change the rule, and judge everything that came before by the new one."""
        self.limit, self.window = limit, window
        self.most = self.violations = self._first = 0
        for last in range(len(self.instants)):
            self._slide(last)

    def _slide(self, last: int) -> int:
        oldest = self.instants[last] - self.window
        while self.instants[self._first] <= oldest:
            self._first += 1
        held = last - self._first + 1
        self.most = max(self.most, held)
        self.violations += held > self.limit
        return held

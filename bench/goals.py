"""What a benchmark says of itself: each figure beside its goal, ok or miss, and at the end how many of each."""

from __future__ import annotations


class Goals:
    """The rows of one benchmark; :meth:`end` gives the exit status, 1 where one missed."""

    def __init__(self) -> None:
        self.ok = self.missed = 0
        self.all: list[tuple[str, bool]] = []

    def most(self, name: str, measured: float, goal: float, unit: str = "") -> None:
        """A row that is good up to its goal."""
        self._row(name, measured, "<=", goal, unit, good=measured <= goal)

    def least(self, name: str, measured: float, goal: float, unit: str = "") -> None:
        """A row that is good from its goal on."""
        self._row(name, measured, ">=", goal, unit, good=measured >= goal)

    def grows(self, name: str, ratio: float, goal: float) -> None:
        """A row that is good where it grew no more than that many times."""
        self._row(f"{name}, times the tenth", ratio, "<=", goal, "", good=ratio <= goal)

    def _row(self, name: str, measured: float, sign: str, goal: float, unit: str, *, good: bool) -> None:
        self.ok, self.missed = self.ok + good, self.missed + (not good)
        self.all.append((name, good))
        verdict, unit = "ok" if good else "miss", f" {unit}" if unit else ""
        print(f"{verdict:4}  {name}: {measured:.4g}{unit}, goal {sign} {goal:.4g}{unit}", flush=True)

    def end(self) -> int:
        """Say how many, and return the exit status."""
        print(f"{self.ok} ok, {self.missed} missed", flush=True)
        return int(self.missed > 0)


def count(line: str) -> tuple[int, int]:
    """How many goals a printed line tells as reached and as missed: one row of :class:`Goals`, or none."""
    verdict = line.split("  ", 1)[0].strip() if ": " in line and ", goal " in line else ""
    return int(verdict == "ok"), int(verdict == "miss")

"""Plays one situation for all institutions at once, lets everything end, and says what is wrong with each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from support.system.checking import always, home, sample
from support.system.flows import FLOWS
from support.system.person import finish
from support.system.players import SITUATIONS, Situation
from support.system.running import System, Trip, seeded

MOST = 7
"""Rows of the undisturbed batch; another has fewer, and is held against the first of these."""


@dataclass
class Played:
    """How a situation ended for one institution."""

    wrong: list[str]
    did: list[str]
    trip: Trip


@dataclass
class Playing:
    """Plays each situation once; ``seed`` decides what chance decides, so that a failure can be played again."""

    system: System
    seed: str
    seconds: dict[str, float] = field(default_factory=dict)
    _played: dict[str, dict[str, Played]] = field(default_factory=dict)
    _undisturbed: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __call__(self, name: str) -> dict[str, Played]:
        """How a situation ended, by institution. It is played at the first call."""
        if not self._undisturbed and name != "undisturbed":
            self("undisturbed")
        if name not in self._played:
            began = time.monotonic()
            self._played[name] = self._play(SITUATIONS[name])
            self.seconds[name] = time.monotonic() - began
            print(f"{self.seconds[name]:6.1f} s  {name}", flush=True)
            for institution, each in self._played[name].items():
                for line in each.did:
                    print(f"            {institution}: {line}", flush=True)
        return self._played[name]

    def _play(self, chosen: Situation) -> dict[str, Played]:
        chance = seeded(self.seed, chosen.name)
        count = MOST if chosen.name == "undisturbed" else chance.randint(3, MOST)
        trips = [self.system.batch(flow, count) for flow in FLOWS.values()]
        try:
            chosen.play(self.system, trips, chance)
        finally:
            self.system.calm()
        did = finish(self.system, trips)
        if chosen.name == "undisturbed":
            self._undisturbed = {trip.flow.institution: list(sample(self.system, trip)) for trip in trips}
        general = always(self.system)
        return {
            (name := trip.flow.institution): Played(
                [
                    *(line for line in general if line.startswith(name)),
                    *(line for line in did[name] if line.split(" ")[0].isupper() or "REFUSED" in line),
                    *home(self.system, trip, self._undisturbed[name]),
                ],
                did[name],
                trip,
            )
            for trip in trips
        }

"""Plays situations for all institutions at once, lets everything end, and says what is wrong with each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
import requests

from malote_local.pretended import PretendedError
from malote_local.rest import AirflowError
from support.system.checking import always, home, sample
from support.system.flows import FLOWS
from support.system.person import finish
from support.system.players import SITUATIONS, Situation, Trips
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
    """Plays each situation once, and a wave of them at once.

    :param seed: decides what chance decides, so that a failure can be played again
    :param wanted: names of the situations that will be asked for
    """

    system: System
    seed: str
    wanted: Iterable[str]
    table: Mapping[str, Situation] = field(default_factory=lambda: SITUATIONS)
    seconds: dict[str, float] = field(default_factory=dict)
    _played: dict[str, dict[str, Played]] = field(default_factory=dict)
    _undisturbed: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __call__(self, name: str) -> dict[str, Played]:
        """How a situation ended, by institution. It is played at the first call, with its wave."""
        if not self._undisturbed and name != "undisturbed":
            self("undisturbed")
        if name not in self._played:
            wave = self.table[name].wave
            self._play([each for each in self.table if each == name or (each in self.wanted and wave is not None
                        and self.table[each].wave == wave)])  # fmt: skip
        return self._played[name]

    def _play(self, names: list[str]) -> None:
        began = time.monotonic()
        trips = {name: self._batches(name) for name in names}
        with ThreadPoolExecutor(len(names)) as players:
            failed = dict(zip(names, players.map(self._played_by, names, trips.values()), strict=True))
        self.system.calm()
        for name in names:
            did = self._seen_to_an_end(trips[name], failed[name])
            if name == "undisturbed":
                self._undisturbed = {each.flow.institution: list(sample(self.system, each)) for each in trips[name]}
            self._played[name] = {each.flow.institution: self._judged(each, did, failed[name]) for each in trips[name]}
            self.seconds[name] = time.monotonic() - began
            print(f"{self.seconds[name]:6.1f} s  {name}", flush=True)
            for institution, played in self._played[name].items():
                for line in (*played.did, *(f"WRONG: {wrong}" for wrong in played.wrong)):
                    print(f"            {institution}: {line}", flush=True)

    def _batches(self, name: str) -> list[Trip]:
        count = MOST if name == "undisturbed" else seeded(self.seed, name, "rows").randint(3, MOST)
        return [self.system.batch(flow, count) for flow in FLOWS.values()]

    def _played_by(self, name: str, trips: Trips) -> list[str]:
        """Play; why it was played in part only. What was done until then must be safe all the same."""
        try:
            self.table[name].play(self.system, trips, seeded(self.seed, name))
        except (AirflowError, AssertionError, PretendedError, requests.RequestException, psycopg.Error) as error:
            self.system.answers_are_there()
            return [f"PLAYED IN PART: {error}"]
        return []

    def _seen_to_an_end(self, trips: Trips, failed: list[str]) -> dict[str, list[str]]:
        """What a person did about them; what he could not see to an end is wrong, and is not played again."""
        try:
            return finish(self.system, trips)
        except (AirflowError, PretendedError, requests.RequestException, psycopg.Error) as error:
            failed.append(f"NOT SEEN TO AN END: {error}")
            return {trip.flow.institution: [] for trip in trips}

    def _judged(self, trip: Trip, did: dict[str, list[str]], failed: list[str]) -> Played:
        name = trip.flow.institution
        return Played(
            [
                *failed,
                *(line for line in always(self.system) if line.startswith(name)),
                *(line for line in did[name] if line.split(" ")[0].isupper() or "REFUSED" in line),
                *home(self.system, trip, self._undisturbed[name]),
            ],
            did[name],
            trip,
        )

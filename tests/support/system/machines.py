"""The players of a system on several machines: one loses its power, or the store of everybody's archive is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from support.rehearsal import Gate, Workers
from support.system.players import (
    SITUATIONS,
    Situation,
    Trips,
    start,
    start_and_defer,
    start_and_hold_on_the_wire,
    start_and_hold_the_landing,
)
from support.system.running import System, Trip

NAMES = (
    "undisturbed",
    "worker_killed_in_submit",
    "worker_killed_in_land",
    "store_away_in_submit",
    "store_away_in_wait",
)


@dataclass(frozen=True)
class Machines:
    """What stands around the system: its workers, the gate before its object store, the workers' homes."""

    system: System
    workers: Workers
    store: Gate
    homes: Path

    def table(self) -> dict[str, Situation]:
        """The situations by name, the undisturbed one first."""
        own = {
            name: Situation(name, getattr(self, name), short=True, wave=None)
            for name in NAMES
            if name not in SITUATIONS
        }
        return {"undisturbed": SITUATIONS["undisturbed"], **own}

    def worker_killed_in_submit(self, system: System, trips: Trips, chance: Random) -> None:
        """A machine is gone after documents of its tasks were accepted and before the receipts came."""
        self._lose(start_and_hold_on_the_wire(system, trips), chance)

    def worker_killed_in_land(self, system: System, trips: Trips, chance: Random) -> None:
        """A machine is gone within the transaction that lands."""
        with start_and_hold_the_landing(system, trips) as pids:
            self._lose(pids, chance)

    def store_away_in_submit(self, system: System, trips: Trips, chance: Random) -> None:
        """The object store is away when submit comes: nothing may be sent that cannot be kept."""

        def tried() -> None:
            start(system, trips)
            for trip in trips:
                system.until_task(trip, "submit", "up_for_retry", "failed", "success")

        self._away(tried)
        for trip in trips:
            assert not any(system.accepted(trip).values()), "what could not be kept was sent"

    def store_away_in_wait(self, system: System, trips: Trips, chance: Random) -> None:
        """The object store is away when the answers come."""
        start_and_defer(system, trips)

        def asked() -> None:
            system.answers_are_there()
            for trip in trips:
                before = self._asked(trip)
                name = trip.flow.institution
                system.rest.until(f"{name} is asked twice", lambda t=trip, n=before: self._asked(t) >= n + 2)

        self._away(asked)

    def _asked(self, trip: Trip) -> int:
        shown = self.system.pretended.shown(trip.flow.institution)["requests_by_operation"]
        return int(shown.get(trip.flow.ask, 0))

    def _lose(self, pids: set[int], chance: Random) -> None:
        lost = chance.choice(self.workers.of(pids))
        self.workers.kill(lost)
        self.workers.start(lost)

    def _away(self, meanwhile: Callable[[], None]) -> None:
        self.store.shut()
        try:
            meanwhile()
        finally:
            self.store.open()

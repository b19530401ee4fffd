"""The storm: random rows, buttons, kills and faults for as long as asked, and the one checker every minute."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from malote_local.rest import AirflowError
from support.system.checking import always, home, sample
from support.system.flows import FLOWS, Flow
from support.system.person import decide, finish
from support.system.players import EVERYTHING, PARTS, full_disk, kill_everything
from support.system.running import System, Trip, seeded

LARGEST = 24
"""Rows of the largest batch."""
ACTIVE = 8
"""So many runs are under way at most."""
EITHER = ("lost_reply", "reset_before", "500", "503", "truncated", "malformed", "html", "throttle", "slow")
ON_THE_WIRE, WHEN_ASKED = (*EITHER, "closed"), (*EITHER, "late")
RECOVERY = {
    "kill_task": 5,
    "kill_process": 30,
    "restart_institutions": 15,
    "restart_database": 45,
    "fill_disk": 10,
    "kill_all": 90,
}
"""Seconds without another of these after each: where nothing ever gets up again nothing is tried."""
OPTIONS = {"throttle": {"retry_after": 2}, "503": {"retry_after": 2}, "slow": {"seconds": 3}}


@dataclass
class Storm:
    """Everything that chance does to a system, and the count of it."""

    system: System
    seed: str
    began: float = field(default_factory=time.monotonic)
    played: Counter[str] = field(default_factory=Counter)
    buttons: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    chance: Random = field(init=False)
    undisturbed: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = seeded(self.seed, "storm")

    def rage(self, seconds: float) -> None:
        """Play until the time is over; looks and tidies up once a minute. Stops at the first broken promise."""
        self._undisturbed()
        acts = {
            "rows": 30,
            "faults": 90,
            "button": 10,
            "pause": 2,
            "late_answers": 2,
            "kill_task": 8,
            "kill_process": 4,
            "restart_institutions": 2,
            "restart_database": 1,
            "fill_disk": 1,
            "kill_all": 1,
        }
        until, look, quiet = time.monotonic() + seconds, time.monotonic() + 60, time.monotonic()
        while time.monotonic() < until and not self.wrong:
            (act,) = self.chance.choices(list(acts), list(acts.values()))
            if act in RECOVERY:
                if time.monotonic() < quiet:
                    continue
                quiet = time.monotonic() + RECOVERY[act]
            getattr(self, act)()
            time.sleep(self.chance.uniform(0, 1))  # so many things a minute, and never in step
            if time.monotonic() > look:
                self.look()
                look = time.monotonic() + 60

    def look(self) -> None:
        """The checker, the person's decisions about doubts, and one line for whoever watches."""
        self.system.revive()
        self.wrong += always(self.system)
        for trip in self.trips:
            self._decide(trip)
        self.say()

    def calm(self) -> None:
        """Let everything end, as a person would see to it, and hold every batch against the undisturbed one."""
        self.system.calm()
        self.system.answers_are_there()
        did = {}
        for trip in self.trips:
            self.system.rest.pause(trip.flow.dag_id, paused=False)
        for flow in FLOWS.values():
            did.update(finish(self.system, [trip for trip in self.trips if trip.flow is flow], green=False))
        for lines in did.values():
            self.wrong += [line for line in lines if line.split(" ")[0].isupper() or "REFUSED" in line]
            self.doubts.update("found by a person" for line in lines if "--receipt" in line)
            self.doubts.update("sent again by a person" for line in lines if "--resend" in line)
        self.wrong += always(self.system)
        for trip in self.trips:
            self.wrong += home(self.system, trip, self.undisturbed[trip.flow.institution])

    # ---- what chance does

    def rows(self) -> None:
        """New rows of one flow, and a run over them."""
        flow = self._flow()
        if self.system.rest.under_way() >= ACTIVE:
            return
        trip = self.system.batch(flow, self.chance.randint(1, LARGEST))
        self.trips.append(trip)
        self.system.trigger(trip, scope=self.chance.choice(("pouch", "service")))
        self.buttons["trigger"] += 1

    def faults(self) -> None:
        """Faults of one institution's wire, for some requests from now on."""
        flow = self._flow()
        on, known = self.chance.choice(((flow.submit, ON_THE_WIRE), (flow.ask, WHEN_ASKED)))
        name = self.chance.choice(known)
        queued = self.system.pretended.shown(flow.institution)["faults"]["queued"]
        if len(queued) < 40:
            times, skip = self.chance.randint(1, 6 if on == flow.submit else 20), self.chance.randint(0, 2)
            self.system.fault(flow, on, name, times=times, skip=skip, **OPTIONS.get(name, {}))

    def button(self) -> None:
        """One of the buttons of one run."""
        if not self.trips:
            return
        trip = self.chance.choice(self.trips[-12:])
        run, task = self.chance.choice(trip.runs), self.chance.choice(PARTS)
        name = self.chance.choice(("clear a task", "clear with what follows", "clear a run", "mark", "run again"))
        rest, dag_id = self.system.rest, trip.flow.dag_id
        try:
            if name == "mark":
                trip.marked = True
                rest.mark(dag_id, run, trip.flow.task(task), self.chance.choice(("failed", "success")))
            elif name == "run again":
                self.system.trigger(trip, scope=self.chance.choice(("pouch", "service")))
            elif name == "clear a run":
                rest.clear_tasks(dag_id, run)
            else:
                rest.clear_tasks(dag_id, run, trip.flow.task_id(task), downstream="follows" in name)
            self.buttons[name] += 1
        except AirflowError as refused:
            # Of a mapped task that is not there yet, of a run that has no such task any more.
            self.buttons[f"{name}, refused with {str(refused)[17:20]}"] += 1

    def pause(self) -> None:
        """A DAG is paused, something else happens, and it is unpaused."""
        flow = self._flow()
        self.system.rest.pause(flow.dag_id, paused=True)
        self.faults()
        self.system.rest.pause(flow.dag_id, paused=False)
        self.buttons["pause"] += 1

    def kill_task(self) -> None:
        """The process of a task that talks to an institution, or to the database, if one does now."""
        ports = [*self.system.pretended.ports.values(), self.system.postgres.port]
        self.chance.shuffle(ports)
        for port in ports:
            pids = sorted(self.system.clients(port) & self.system.of_tasks())
            if pids:
                self.system.kill_tasks([self.chance.choice(pids)])
                self.played["kill -9 of a task"] += 1
                return

    def kill_process(self) -> None:
        """One of Airflow's own processes, with its children."""
        name = self.chance.choice(EVERYTHING)
        self.system.crash(name)
        self.played[f"kill -9 of the {name}"] += 1

    def restart_institutions(self) -> None:
        """The institutions' servers are gone, and back."""
        self.count_faults()
        self.system.restart_pretended()
        self.played["kill -9 of the institutions' servers"] += 1

    def restart_database(self) -> None:
        """The database stops, or crashes, and is back."""
        self.system.restart_database(immediate=self.chance.random() < 0.5)
        self.played["restart of PostgreSQL"] += 1

    def fill_disk(self) -> None:
        """The archive's disk is full until a button was pressed."""
        with full_disk(self.system):
            self.button()
        self.played["full disk"] += 1

    def kill_all(self) -> None:
        """All of Airflow and the database."""
        kill_everything(self.system)
        self.played["kill -9 of everything"] += 1

    def late_answers(self) -> None:
        """From now on answers are late; or those that are come at once."""
        if self.chance.random() < 0.5:
            self.system.answers_are_late()
        else:
            self.system.answers_are_there()

    # ---- the count

    def say(self) -> None:
        """One line for whoever watches."""
        figures = self.figures()
        print(
            f"{(time.monotonic() - self.began) / 60:6.1f} min  {figures['faults played']} faults, "
            f"{figures['buttons pressed']} buttons, {figures['items sent']} items, twice {figures['duplicates']}, "
            f"doubts {sum(self.doubts.values())}; wrong: {self.wrong or 'nothing'}",
            flush=True,
        )

    def figures(self) -> dict[str, int]:
        """What has been played and sent so far."""
        shown = [self.system.pretended.shown(name) for name in FLOWS]
        accepted = {flow.institution: each["accepted"] for flow, each in zip(FLOWS.values(), shown, strict=True)}
        wanted = [(t.flow.institution, t.flow.accepted(r)) for t in self.trips for r in t.references]
        times = [accepted[institution].get(name, 0) for institution, name in wanted]
        return {
            "faults played": sum(self.played.values()) + sum(len(each["faults"]["played"]) for each in shown),
            "buttons pressed": sum(self.buttons.values()),
            "items": len(wanted),
            "items sent": sum(each > 0 for each in times),
            "duplicates": sum(each > 1 for each in times),
            "not accepted": sum(each == 0 for each in times),
        }

    def lost(self) -> int:
        """Items that were accepted over there and have not landed."""
        home = 0
        for trip in self.trips:
            found = self.system.rows(
                f"select count(distinct reference) as n from {trip.flow.table} where reference = any(%s)",
                trip.references,
            )
            home += int(found[0]["n"])
        return self.figures()["items sent"] - home

    def count_faults(self) -> None:
        """Take down the faults that the institutions have played, before they forget them."""
        for name in FLOWS:
            for each in self.system.pretended.shown(name)["faults"]["played"]:
                self.played[f"{each['fault']} on the wire"] += 1

    def _decide(self, trip: Trip) -> None:
        for each in self.system.submissions(trip):
            if each["standing"] == "in_doubt":
                did: list[str] = []
                resent = decide(self.system, trip, each, did)
                self.doubts["sent again by a person" if resent else "found by a person"] += 1
                self.wrong += [line for line in did if "REFUSED" in line]

    def _flow(self) -> Flow:
        return self.chance.choice(list(FLOWS.values()))

    def _undisturbed(self) -> None:
        trips = [self.system.batch(flow, LARGEST) for flow in FLOWS.values()]
        for trip in trips:
            self.system.trigger(trip)
        finish(self.system, trips)
        self.undisturbed = {trip.flow.institution: list(sample(self.system, trip)) for trip in trips}

"""The person on call: looks at what is open when all runs have ended, decides doubts by what is over there, clears."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from typing import Any

from malote.commandline import main
from support.system.checking import unexplained
from support.system.running import System, Trip

ROUNDS = 8
OPEN = ("prepared", "sending", "received", "answered", "overdue", "in_doubt")


def finish(system: System, trips: Iterable[Trip], *, green: bool = True) -> dict[str, list[str]]:
    """Do what a person would until nothing of these batches is open; what he did, and met, by institution.

    Lines in capitals are what must not be: something open that nobody explains, or that never ends.

    :param green: he also clears runs that are red although all of their rows are home
    """
    left = list(trips)
    did: dict[str, list[str]] = {trip.flow.institution: [] for trip in left}
    for _ in range(ROUNDS):
        left = [trip for trip in left if not _looked_after(system, trip, did[trip.flow.institution], green=green)]
        if not left:
            return did
    for trip in left:
        stand = [(each["id"], each["standing"]) for each in system.submissions(trip)]
        did[trip.flow.institution].append(f"STILL OPEN after {ROUNDS} rounds: {stand}")
    return did


def _looked_after(system: System, trip: Trip, did: list[str], *, green: bool) -> bool:
    """One look at a batch whose runs have ended; whether nothing is left to do."""
    ended = system.until_ended(trip)
    open_ones = [each for each in system.submissions(trip) if each["standing"] in OPEN]
    failed = [run for run, state in ended.items() if state == "failed"]
    if not open_ones and not (failed and green) and _all_travelled(system, trip):
        return True
    did += unexplained(system, trip, ended)
    resent = False
    for doubt in open_ones:
        if doubt["standing"] == "in_doubt":
            resent |= decide(system, trip, doubt, did)
    # What never left goes by the submit of its own run, whatever the colour: somebody may have marked it.
    unsent = [each["pouch"] for each in open_ones if each["standing"] in ("prepared", "sending")]
    waiting = [run for run in ended if any(pouch.startswith(f"{trip.flow.dag_id}/{run}/") for pouch in unsent)]
    for run in dict.fromkeys((*waiting, *failed)):
        tasks = trip.flow.bare(system.rest.tasks(trip.flow.dag_id, run))
        first = "submit" if resent or run in waiting or tasks.get("submit") != "success" else "wait"
        did.append(f"cleared {first} of {run} with what follows")
        system.rest.clear_tasks(trip.flow.dag_id, run, trip.flow.task_id(first), downstream=True)
    if not waiting and not failed:
        did.append(f"started a run of {trip.flow.dag_id} over all that is open")
        system.trigger(trip, scope="service")
    return False


def decide(system: System, trip: Trip, doubt: dict[str, Any], did: list[str]) -> bool:
    """Look for a submission in doubt at the institution, and tell malote; whether it is to be sent again."""
    receipt = trip.flow.receipt(system.pretended.shown(trip.flow.institution), doubt)
    way = ["--receipt", receipt] if receipt else ["--resend"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(
            ["--warehouse", system.stage.warehouse, "resolve", doubt["id"], *way, "--why", "looked it up over there"]
        )
    now = system.rows("select standing from malote.submission where id = %s", doubt["id"])[0]["standing"]
    refused = f" REFUSED: {said.getvalue()}" if now == "in_doubt" else f" came too late, it is {now}: {said.getvalue()}"
    did.append(f"malote resolve {doubt['id']} {' '.join(way)}" + (refused if code else ""))
    return not receipt and not code


def _all_travelled(system: System, trip: Trip) -> bool:
    """Every row of the batch is in some document."""
    found = system.rows(
        """select count(distinct i.reference) as n
           from malote.item_row i join malote.submission s on s.id = i.submission
           where s.institution = %s and i.reference = any(%s)""",
        trip.flow.institution,
        trip.references,
    )
    return int(found[0]["n"]) == trip.count

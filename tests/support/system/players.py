"""The players: each does one thing to runs that are under way, and is named in the table of situations."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import psycopg

from support.system.checking import log_of
from support.system.running import System, Trip

Trips = Sequence[Trip]
Player = Callable[[System, Trips, Random], None]
EVERYTHING = ("api-server", "scheduler", "dag-processor", "triggerer")
PARTS = ("submit", "wait", "land")
ANOTHER_TASK = """
with dag:
    from airflow.providers.standard.operators.empty import EmptyOperator

    EmptyOperator(task_id="later{tag}")
"""


@dataclass(frozen=True)
class Situation:
    """One row of the table: what is done to a trip.

    :param short: also played in the short form of the suite
    :param wave: what bears this name is played at once; None where it would not leave the others what they are about
    """

    name: str
    play: Player
    short: bool
    wave: str | None

    @property
    def about(self) -> str:
        """What it is, in words."""
        return (self.play.__doc__ or "").strip()


SITUATIONS: dict[str, Situation] = {}


def situation(*, short: bool = False, wave: str | None = None) -> Callable[[Player], Player]:
    """Put a player into the table under his own name."""

    def put(player: Player) -> Player:
        SITUATIONS[player.__name__] = Situation(player.__name__, player, short, wave)
        return player

    return put


# ---- what several do


def start(system: System, trips: Trips) -> None:
    """Trigger a run of each."""
    for trip in trips:
        system.trigger(trip)


def start_and_defer(system: System, trips: Trips) -> None:
    """Trigger a run of each, whose answers are late, and return when all are deferred."""
    system.answers_are_late()
    start(system, trips)
    for trip in trips:
        system.until_task(trip, "wait", "deferred")


def start_at_a_shut_door(system: System, trips: Trips) -> None:
    """Trigger a run of each while nobody is there to take it, and return when each submit waits to try again."""
    start(system, trips)
    for trip in trips:
        system.until_task(trip, "submit", "up_for_retry")


def start_and_end(system: System, trips: Trips) -> None:
    """Trigger a run of each, and return when all have ended."""
    start(system, trips)
    for trip in trips:
        system.until_ended(trip)


def start_and_hold_on_the_wire(system: System, trips: Trips) -> set[int]:
    """Trigger a run of each, whose submit is acted upon and never answered; gives the processes that wait for it."""
    for trip in trips:
        system.fault(trip.flow, trip.flow.submit, "timeout", accept=True)
    start(system, trips)
    pids: set[int] = set()
    for trip in trips:
        name = trip.flow.institution
        system.rest.until(f"{name} has accepted", lambda trip=trip: any(system.accepted(trip).values()))
        pids |= system.clients(system.pretended.ports[name])
    return pids


def start_and_hold_the_landing(system: System, trips: Trips) -> contextlib.AbstractContextManager[set[int]]:
    """Trigger a run of each, whose rows cannot be written while the block lasts; gives the processes that try."""
    start(system, trips)
    return system.held(*(trip.flow.table for trip in trips), writers=len(trips))


@contextlib.contextmanager
def full_disk(system: System) -> Iterator[None]:
    """The archive is on a disk without room while the block lasts; where that cannot be mounted it is no folder."""
    archive, aside = system.state / "archive", system.state / "archive.aside"
    archive.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "tmpfs", str(archive)], capture_output=True, check=False
    )
    if mounted.returncode:
        archive.rename(aside)
        archive.write_text("no folder")
    try:
        yield
    finally:
        if mounted.returncode:
            archive.unlink()
            aside.rename(archive)
        else:
            subprocess.run(["umount", "-l", str(archive)], check=True)


# ---- buttons


@situation(short=True)
def undisturbed(system: System, trips: Trips, chance: Random) -> None:
    """A run of each is triggered, and nobody disturbs it."""
    start_and_end(system, trips)


@situation(wave="buttons")
def clear_one_task(system: System, trips: Trips, chance: Random) -> None:
    """Of a run that has landed, one task is cleared, without what follows."""
    start_and_end(system, trips)
    for trip in trips:
        system.rest.clear_tasks(trip.flow.dag_id, trip.runs[-1], trip.flow.task_id(chance.choice(PARTS)))


@situation(wave="deferred")
def clear_with_downstream(system: System, trips: Trips, chance: Random) -> None:
    """While a run is deferred, its submit is cleared with all that follows."""
    start_and_defer(system, trips)
    for trip in trips:
        system.rest.clear_tasks(trip.flow.dag_id, trip.runs[-1], trip.flow.task_id("submit"), downstream=True)
    system.answers_are_there()


@situation(short=True, wave="buttons")
def clear_run(system: System, trips: Trips, chance: Random) -> None:
    """Of a run that has landed, every task is cleared."""
    start_and_end(system, trips)
    for trip in trips:
        system.rest.clear_tasks(trip.flow.dag_id, trip.runs[-1])


@situation(short=True, wave="deferred")
def mark_failed_while_deferred(system: System, trips: Trips, chance: Random) -> None:
    """While a run is deferred, its wait is marked as failed."""
    start_and_defer(system, trips)
    for trip in trips:
        system.rest.mark(trip.flow.dag_id, trip.runs[-1], trip.flow.task("wait"), "failed")
    system.answers_are_there()


@situation(wave="deferred")
def mark_success_while_deferred(system: System, trips: Trips, chance: Random) -> None:
    """While a run is deferred, its wait is marked as a success: what is not answered stays open, for a later run."""
    start_and_defer(system, trips)
    for trip in trips:
        system.rest.mark(trip.flow.dag_id, trip.runs[-1], trip.flow.task("wait"), "success")
    for trip in trips:
        system.until_ended(trip)
    system.answers_are_there()


@situation()
def mark_success_of_a_submit_that_has_not_sent(system: System, trips: Trips, chance: Random) -> None:
    """While submit waits to try again, nobody being there to take it, it is marked as a success: nothing has left."""

    def marked_while_the_door_is_shut() -> None:
        start_at_a_shut_door(system, trips)
        for trip in trips:
            trip.marked = True
            system.rest.mark(trip.flow.dag_id, trip.runs[-1], trip.flow.task("submit"), "success")

    system.restart_pretended(meanwhile=marked_while_the_door_is_shut)


@situation(wave="buttons")
def backfill(system: System, trips: Trips, chance: Random) -> None:
    """A backfill over two intervals of the timetable runs the same rows twice."""
    for trip in trips:
        number = system.rest.backfill(trip.flow.dag_id, *trip.flow.intervals, trip.flow.conf_of(trip.tag))
        runs = system.rest.get(f"dags/{trip.flow.dag_id}/dagRuns?run_type=backfill&limit=100")["dag_runs"]
        trip.runs += [run["dag_run_id"] for run in runs if run["conf"].get("outgoing_sql") == trip.conf_name]
        assert len(trip.runs) == 2, f"backfill {number} of {trip.flow.dag_id} made the runs {trip.runs}"


@situation(wave="buttons")
def two_runs_at_once(system: System, trips: Trips, chance: Random) -> None:
    """Two runs over the same rows are triggered in one moment."""
    for _ in range(2):
        start(system, trips)


@situation(wave="waiting")
def pause_in_the_middle(system: System, trips: Trips, chance: Random) -> None:
    """While a run is deferred its DAG is paused; the answers come; later it is unpaused."""
    start_and_defer(system, trips)
    for trip in trips:
        system.rest.pause(trip.flow.dag_id, paused=True)
    system.answers_are_there()
    try:
        for trip in trips:
            system.until_task(trip, "wait", "scheduled", "queued", "success")
    finally:
        for trip in trips:
            system.rest.pause(trip.flow.dag_id, paused=False)


# ---- kill -9


@situation()
def kill_task_at_intent(system: System, trips: Trips, chance: Random) -> None:
    """The process of submit is killed while it writes down what it intends to send."""
    start(system, trips)
    with system.held("malote.submission", writers=len(trips)) as pids:
        system.kill_tasks(pids)


@situation(short=True, wave="wire")
def kill_task_on_the_wire(system: System, trips: Trips, chance: Random) -> None:
    """The process of submit is killed after the document was accepted and before the receipt came."""
    system.kill_tasks(start_and_hold_on_the_wire(system, trips))


@situation()
def kill_task_in_landing(system: System, trips: Trips, chance: Random) -> None:
    """The process of land is killed within the transaction that lands."""
    with start_and_hold_the_landing(system, trips) as pids:
        system.kill_tasks(pids)


@situation(wave="waiting")
def kill_triggerer(system: System, trips: Trips, chance: Random) -> None:
    """The triggerer is killed while it waits for the answers."""
    start_and_defer(system, trips)
    system.crash("triggerer")
    system.answers_are_there()


@situation(wave="wire")
def kill_scheduler(system: System, trips: Trips, chance: Random) -> None:
    """The scheduler and all its workers are killed while documents are on the wire."""
    start_and_hold_on_the_wire(system, trips)
    system.crash("scheduler")


@situation(wave="wire")
def kill_api_server(system: System, trips: Trips, chance: Random) -> None:
    """The api-server, which all tasks report to, is killed while documents are on the wire."""
    start_and_hold_on_the_wire(system, trips)
    system.crash("api-server")


@situation(short=True)
def kill_everything_on_the_wire(system: System, trips: Trips, chance: Random) -> None:
    """All of Airflow and the database are killed while documents are on the wire."""
    start_and_hold_on_the_wire(system, trips)
    kill_everything(system)


@situation()
def kill_everything_in_the_wait(system: System, trips: Trips, chance: Random) -> None:
    """All of Airflow, the database and the institutions' servers are killed while all is deferred."""
    start_and_defer(system, trips)
    kill_everything(system)
    system.restart_pretended()
    system.answers_are_there()


@situation()
def kill_everything_in_landing(system: System, trips: Trips, chance: Random) -> None:
    """All of Airflow and the database are killed within the transaction that lands."""
    with contextlib.suppress(psycopg.OperationalError), start_and_hold_the_landing(system, trips):
        kill_everything(system)


def kill_everything(system: System) -> None:
    """All of Airflow and the database."""
    system.restart_database(immediate=True, meanwhile=lambda: system.crash(*EVERYTHING))


# ---- what it stands on


@situation()
def database_restarted_in_submit(system: System, trips: Trips, chance: Random) -> None:
    """The database is away in the moment in which the receipt comes."""
    for trip in trips:
        system.fault(trip.flow, trip.flow.submit, "slow", seconds=8)
    start(system, trips)
    for trip in trips:
        system.rest.until(
            f"{trip.flow.institution} has accepted", lambda trip=trip: any(system.accepted(trip).values())
        )
    ports = [system.pretended.ports[trip.flow.institution] for trip in trips]
    system.restart_database(
        meanwhile=lambda: system.rest.until(
            "the replies are there", lambda: not any(system.clients(port) for port in ports)
        )
    )


@situation(wave="waiting")
def database_restarted_in_wait(system: System, trips: Trips, chance: Random) -> None:
    """The database is restarted while the triggerer waits for the answers."""
    start_and_defer(system, trips)
    system.restart_database()
    system.answers_are_there()


@situation(short=True)
def database_restarted_in_land(system: System, trips: Trips, chance: Random) -> None:
    """The database is restarted within the transaction that lands."""
    with contextlib.suppress(psycopg.OperationalError), start_and_hold_the_landing(system, trips):
        system.restart_database()


@situation()
def institution_down_then_slow(system: System, trips: Trips, chance: Random) -> None:
    """The institutions' servers are down when submit comes, and slow when they are back."""
    system.restart_pretended(meanwhile=lambda: start_at_a_shut_door(system, trips))
    for trip in trips:
        system.fault(trip.flow, "*", "slow", seconds=chance.randint(1, 4), times=6)


@situation()
def counter_closes_half_way(system: System, trips: Trips, chance: Random) -> None:
    """The institution closes after a document, and opens again some seconds later."""
    for trip in trips:
        system.fault(trip.flow, trip.flow.submit, "closed", skip=chance.randrange(trip.flow.documents(trip.count)))
    start(system, trips)


@situation()
def dag_file_changed_while_deferred(system: System, trips: Trips, chance: Random) -> None:
    """While a run is deferred its DAG's file changes, by a task and by words."""
    start_and_defer(system, trips)
    before = {trip.flow.dag_id: system.rest.versions(trip.flow.dag_id) for trip in trips}
    for trip in trips:
        path = system.state / "dags" / f"{trip.flow.dag_id}.py"
        text = path.read_text(encoding="utf-8")
        kept = system.state / f"{trip.flow.dag_id}.py.kept"
        if not kept.exists():
            shutil.copy(path, kept)
        path.write_text(text + ANOTHER_TASK.format(tag=trip.tag), encoding="utf-8")
    for trip in trips:
        dag_id = trip.flow.dag_id
        system.rest.until(f"{dag_id} has another version", lambda d=dag_id: system.rest.versions(d) > before[d])
    system.answers_are_there()
    for trip in trips:
        system.until_ended(trip)
        shutil.move(system.state / f"{trip.flow.dag_id}.py.kept", system.state / "dags" / f"{trip.flow.dag_id}.py")


@situation()
def disk_full_in_submit(system: System, trips: Trips, chance: Random) -> None:
    """The disk of the archive is full when submit comes: nothing may be sent that cannot be kept."""
    with full_disk(system):
        start(system, trips)
        for trip in trips:
            system.until_task(trip, "submit", "up_for_retry", "failed", "success")
        for trip in trips:
            assert not any(system.accepted(trip).values()), "what could not be kept was sent"


@situation()
def disk_full_in_wait(system: System, trips: Trips, chance: Random) -> None:
    """The disk of the archive is full when the answers come."""
    start_and_defer(system, trips)
    with full_disk(system):
        system.answers_are_there()
        for trip in trips:
            said = f"a log of {trip.flow.dag_id} says that the archive cannot be written"
            system.rest.until(said, lambda trip=trip: "cannot be written" in log_of(system, trip, trip.runs[-1]))

"""A change of the archive's key: killed anywhere, no file is lost, and the trip goes on under the new key alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.archive import Archive, Keys
from malote.commandline import main
from malote.trip import rekey
from malote.trip.rekeying import CHECKPOINTS
from support import TESTS
from support.notary import Notary, Office, deeds, make_table
from support.planted import ARCHIVE_KEY as OLD
from support.trip import Dead, Trip, standings

NEW = OLD[::-1]
ROWS = deeds(7)


class Sealing(Notary):
    """A notary whose deeds are secret."""

    sealed = True


class Findless(Sealing):
    """The same, which cannot be asked."""

    def find(self, submission: Any, archive: Any) -> Any:
        return super(Notary, self).find(submission, archive)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse, with the keys that are given."""
    make_table(warehouse)
    made: list[Trip] = []

    def begin(keys: Keys | str = OLD, institution: Any = None, **options: Any) -> Trip:
        clock = made[-1].clock if made else None
        there = institution or Sealing()
        made.append(Trip(there, office, warehouse, str(tmp_path), keys=keys, service="deeds", clock=clock, **options))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def both(folder: Path) -> Archive:
    return Archive(str(folder), Keys(NEW, [OLD]))


def count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


STAGES: dict[str, Callable[[Trip], object]] = {
    "prepared": lambda trip: None,
    "sent": lambda trip: trip.send(),
    "answered": lambda trip: (trip.send(), trip.wait()),
}
"""What a key may be changed in the middle of."""


def finish(begin: Callable[..., Trip], office: Office) -> None:
    """Under the new key alone."""
    last = begin(NEW)
    last.send()
    last.wait()
    last.land()
    assert standings(last.dsn) == {"landed": 3}
    assert set(office.accepted.values()) == {1}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("die_at", ["", *CHECKPOINTS])
def test_the_trip_goes_on_under_the_new_key_alone_wherever_the_change_was_stopped(
    begin: Callable[..., Trip], office: Office, tmp_path: Path, stage: str, die_at: str
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    STAGES[stage](trip)
    if stage == "answered":
        trip.asking.in_turn(trip.scope, trip.driver)
    before = count(tmp_path)

    def dead(name: str) -> None:
        if name == die_at:
            raise Dead(name)

    if die_at:
        with pytest.raises(Dead):
            rekey(both(tmp_path), trip.journal, dead)
    done = rekey(both(tmp_path), trip.journal)
    # What died after the move was done; it left a file that nobody holds, and so did what died before it.
    assert (done.files, done.in_use, done.problems) == (before - (die_at == "moved"), 0, ())
    assert done.unheld == (die_at == "moved")
    assert count(tmp_path) == before + bool(die_at)
    finish(begin, office)


@pytest.mark.parametrize("die_at", CHECKPOINTS)
def test_killed_with_minus_nine_nothing_is_lost(
    begin: Callable[..., Trip], office: Office, tmp_path: Path, die_at: str
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    program = f"""
import os, signal
from malote.archive import Archive, Keys
from malote.journal import Journal
from malote.trip import rekey
kill = lambda name: name == {die_at!r} and os.kill(os.getpid(), signal.SIGKILL)
rekey(Archive({str(tmp_path)!r}, Keys({NEW!r}, [{OLD!r}])), Journal({trip.dsn!r}), kill)
"""
    ended = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(TESTS)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert rekey(both(tmp_path), trip.journal).problems == ()
    finish(begin, office)


def test_again_nothing_is_left_to_do_and_the_story_says_what_was_done(
    begin: Callable[..., Trip], tmp_path: Path
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    assert rekey(both(tmp_path), trip.journal).files == 3
    assert rekey(both(tmp_path), trip.journal).files == 0
    (event,) = [each for each in trip.journal.story("notary-1") if each["what"] == "resealed"]
    stored = trip.journal.submission("notary-1").stored
    assert event["detail"] == {"key": both(tmp_path).key_id, "sha256": stored.sha256}


def test_what_a_run_is_at_keeps_its_file_until_it_is_done_again(
    begin: Callable[..., Trip], office: Office, tmp_path: Path
) -> None:
    trip = begin(die_at="attempt open")
    trip.prepare(ROWS[:3])
    with pytest.raises(Dead):
        trip.send()
    done = rekey(both(tmp_path), trip.journal)
    assert (done.files, done.in_use, count(tmp_path)) == (0, 1, 1)
    trip.clock.pass_(hours=1)
    assert rekey(both(tmp_path), trip.journal).files == 1
    assert count(tmp_path) == 1


def test_the_evidence_of_a_doubt_keeps_its_name_since_only_the_story_has_it(
    begin: Callable[..., Trip], office: Office, tmp_path: Path
) -> None:
    trip = begin(institution=Findless())
    trip.prepare(ROWS[:3])
    office.faults = ["html"]
    assert trip.send().in_doubt == 1
    (name,) = [each["detail"]["reply"] for each in trip.journal.story("notary-1") if "reply" in each["detail"]]
    assert rekey(both(tmp_path), trip.journal).files == 2
    assert (tmp_path / name).is_file() and list(both(tmp_path).sealed_otherwise()) == []


def test_a_file_of_a_selection_that_is_being_made_is_left_alone(begin: Callable[..., Trip], tmp_path: Path) -> None:
    trip, seen = begin(), []

    def change(name: str) -> None:
        if name == "document ready" and not seen:
            other = begin()
            seen.append(rekey(both(tmp_path), other.journal))

    trip.meanwhile = change
    trip.prepare(ROWS)
    assert (seen[0].files, seen[0].unheld) == (0, 1)
    assert rekey(both(tmp_path), trip.journal).files == 3


def test_a_damaged_file_does_not_stop_the_others_and_stays_as_it_was(
    begin: Callable[..., Trip], tmp_path: Path
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    path = tmp_path / trip.journal.submission("notary-2").stored.name
    damaged = path.read_bytes()[:-1] + b"x"
    path.write_bytes(damaged)
    done = rekey(both(tmp_path), trip.journal)
    (problem,) = done.problems
    assert done.files == 2 and problem.submission == "notary-2" and path.read_bytes() == damaged


def test_an_answer_that_is_asked_for_anew_under_another_key_lands_nothing_twice(
    begin: Callable[..., Trip], office: Office
) -> None:
    """Of what landed only a hash is left, made by the old key: the same answer is news then, and changes no row."""
    trip = begin()
    trip.prepare(ROWS[:3])
    trip.send()
    trip.wait()
    office.answers["N1"] = b'[["D000", "yes"], ["D001", "yes"]]'
    trip.land()
    trip.clock.pass_(hours=2)
    under_new = begin(NEW)
    under_new.land()
    with psycopg.connect(trip.dsn) as connection:
        assert connection.execute("select count(*) from notary.verdict").fetchone() == (2,)


# ---- as a person types it


def test_the_command_says_how_many_and_when_the_old_key_is_no_longer_needed(
    begin: Callable[..., Trip],
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", f'{{"password": "{NEW}", "extra": {{"old_keys": ["{OLD}"]}}}}')
    monkeypatch.setenv("AIRFLOW__MALOTE__ARCHIVE_URL", str(tmp_path))
    command = ["--warehouse", trip.dsn, "archive", "rekey"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "3 files" in said and both(tmp_path).key_id in said and "no file of the archive needs another key" in said
    path = tmp_path / trip.journal.submission("notary-1").stored.name
    path.write_bytes(b"what somebody put there instead")
    assert main(command) == 1
    told = capsys.readouterr()
    assert "notary-1" in told.out and "1 files could not be sealed anew" in told.err and "Traceback" not in told.err
    monkeypatch.delenv("AIRFLOW__MALOTE__ARCHIVE_URL")
    assert main(command) == 1
    assert "nobody said where the archive is" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["json", "extra in a text", "uri", "uri with __extra__"])
def test_old_keys_are_read_in_every_way_that_airflow_writes_a_connection(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    from urllib.parse import quote

    from malote.surroundings import archive_keys

    listed = f'{{"old_keys": ["{OLD}"]}}'
    said = {
        "json": f'{{"password": "{NEW}", "extra": {listed}}}',
        "extra in a text": f'{{"password": "{NEW}", "extra": "{{\\"old_keys\\": [\\"{OLD}\\"]}}"}}',
        "uri": f"generic://:{NEW}@?old_keys={OLD}",
        "uri with __extra__": f"generic://:{NEW}@/?__extra__={quote(listed)}",
    }
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", said[written])
    assert len(archive_keys().known) == 2

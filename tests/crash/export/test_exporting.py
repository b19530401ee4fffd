"""An export, stopped anywhere and gone on with, beside landings and others: no row is missed or counted twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.commandline import main
from malote.errors import Misconfigured, Transient
from malote.export import Exported, Folder, export
from malote.journal import Journal
from malote.trip import retire
from support import TESTS
from support.exported import listed, read, there
from support.notary import Notary, Office, make_table
from support.stages import STAGES, Stage
from support.trip import Dead, Trip

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
AS_LANDED = "submission_id, ordem, reference, number, verdict, remark, landed_at"
VERDICTS = f"select {AS_LANDED} from notary.verdict order by 1, 2"


class Shelf:
    """A notary whose deeds land, and the folder that they are exported to."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.office, self.to = dsn, Office(), folder / "out"
        self.archive, self.clock = str(folder / "archive"), HeldClock(NOON)

    def land(self, first: int, n: int, *, pouch: str = "") -> Trip:
        trip = Trip(
            Notary(), self.office, self.dsn, self.archive, service="deeds", pouch=pouch or f"run-{first}",
            clock=self.clock,
        )  # fmt: skip
        trip.run([{"reference": f"D{i:03}", "text": f"deed {i}"} for i in range(first, first + n)])
        trip.close()
        return trip

    def export(self, checkpoint: Callable[[str], None] = lambda _: None, **options: Any) -> Exported:
        with Journal(self.dsn, self.clock) as journal:
            return export(
                journal, Folder(str(self.to)), institutions={"notary": Notary}, checkpoint=checkpoint, **options
            )

    def check(self) -> None:
        """What a reader elsewhere sees is what has landed, row for row; the manifests list each file once."""
        with psycopg.connect(self.dsn) as connection:
            landed = connection.execute(VERDICTS).fetchall()
        assert landed
        assert read(self.to, "notary.verdict", AS_LANDED, "order by 1, 2") == landed
        assert {name for name in there(self.to) if name.endswith(".parquet")} == set(listed(self.to))
        assert sum(each["rows"] for each in listed(self.to).values()) == len(landed)


@pytest.fixture
def shelf(warehouse: str, tmp_path: Path) -> Shelf:
    make_table(warehouse)
    return Shelf(warehouse, tmp_path)


def test_each_load_is_one_file_in_the_folder_of_its_day_and_again_changes_nothing(shelf: Shelf) -> None:
    shelf.land(0, 7)
    done = shelf.export()
    assert (done.files, done.rows, done.tables) == (3, 7, {"notary.verdict": 7})
    shelf.check()
    files = there(shelf.to)
    assert "notary.verdict/dia=2026-11-23/notary-1.parquet" in files
    assert "_manifest/notary.verdict/dia=2026-11-23.json" in files
    before = {name: (shelf.to / name).stat().st_mtime_ns for name in files}
    for options in ({}, {"everything": True}):
        assert shelf.export(**options).files == 0
        assert {name: (shelf.to / name).stat().st_mtime_ns for name in there(shelf.to)} == before


def test_a_day_is_that_of_brasilia(shelf: Shelf) -> None:
    shelf.clock.at = datetime(2026, 11, 24, 1, tzinfo=timezone.utc)
    shelf.land(0, 1)
    shelf.export()
    assert read(shelf.to, "notary.verdict", "cast(dia as text)") == [("2026-11-23",)]


@pytest.mark.parametrize("name", ["file written", "manifest written", "batch exported"])
def test_stopped_dead_it_goes_on_and_nothing_is_there_twice(name: str, shelf: Shelf) -> None:
    shelf.land(0, 7)

    def die(at: str) -> None:
        if at == name:
            raise Dead(at)

    with pytest.raises(Dead):
        shelf.export(die)
    shelf.export()
    shelf.check()
    once = there(shelf.to)
    shelf.export()
    assert there(shelf.to) == once
    assert not any(file.startswith("_part/") for file in once)


KILLED = """
import os, signal, sys
from malote.export import Folder, export
from malote.journal import Journal
from support.notary import Notary

def die(at):
    if at == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

with Journal(sys.argv[1]) as journal:
    export(journal, Folder(sys.argv[2]), institutions={"notary": Notary}, checkpoint=die)
"""


@pytest.mark.parametrize(("name", "left"), [("file written", 3), ("manifest written", 0)])
def test_killed_between_file_and_manifest_and_mark_it_goes_on(name: str, left: int, shelf: Shelf) -> None:
    shelf.land(0, 7)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, shelf.dsn, str(shelf.to), name], env={**os.environ, "PYTHONPATH": str(TESTS)},
        check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert shelf.export().files == left
    shelf.check()


def test_a_load_that_lands_again_with_more_replaces_its_file(shelf: Shelf) -> None:
    shelf.office.verdicts = {"D001": "perhaps"}
    trip = shelf.land(0, 3)
    shelf.export()
    (before,) = listed(shelf.to).values()
    shelf.office.verdicts = {}
    with psycopg.connect(shelf.dsn, autocommit=True) as connection:
        assert connection.execute("select verdict from notary.verdict where reference = 'D001'").fetchall() == [
            ("perhaps",)
        ]
        # As an answer that is asked for again brings it: what was unanswered, and a row more.
        connection.execute("update malote.submission set standing = 'answered', next_at = null")
        with Journal(shelf.dsn, shelf.clock) as journal:
            (again,) = journal.submissions(trip.scope)
        shelf.clock.pass_(days=3)
        answer = b'[["D000", "yes"], ["D001", "yes"], ["D001", "yes"], ["D002", "yes"]]'
        with trip.archive.write("answers", "again.xml") as sheet:
            sheet.write(answer)
        stored = sheet.stored
        connection.execute(
            "update malote.submission set answer = %s, answer_sha256 = %s, answer_size = %s where id = %s",
            (stored.name, stored.sha256, stored.size, again.id),
        )
    late = Trip(Notary(), shelf.office, shelf.dsn, shelf.archive, service="deeds", clock=shelf.clock, pouch="run-0")
    assert late.land().rows == 4
    late.close()
    assert shelf.export().rows == 4
    shelf.check()
    (after,) = listed(shelf.to).values()
    assert after["path"] == before["path"] and after["change"] > before["change"]


def test_a_landing_that_ends_late_is_not_missed(shelf: Shelf) -> None:
    """It took its number before one that was seen at once; the mark waits for it."""
    shelf.land(0, 3)
    shelf.land(10, 3)
    slow = psycopg.connect(shelf.dsn)
    again = "update malote.submission set standing = {} where id = 'notary-1'"
    slow.execute(again.format("'answered'"))
    slow.execute(again.format("'landed'"))
    slow.execute("update notary.verdict set remark = 'late' where submission_id = 'notary-1'")
    shelf.land(20, 3)
    for _ in range(2):
        shelf.export()
    slow.commit()
    slow.close()
    assert shelf.export().files == 1
    shelf.check()
    shelf.export()
    with psycopg.connect(shelf.dsn) as connection:
        up_to = connection.execute(
            "select up_to = (select max(change) from malote.submission) from malote.export"
        ).fetchone()
    assert up_to == (True,)


def test_what_landed_before_this_was_there_goes_first(shelf: Shelf) -> None:
    shelf.land(0, 4)
    with psycopg.connect(shelf.dsn) as connection:
        connection.execute("update malote.submission set change = null")
    shelf.land(10, 1)
    assert shelf.export().files == 3
    shelf.check()
    assert shelf.export().files == 0


def test_a_mark_of_a_server_that_was_restored_elsewhere_counts_no_transactions_of_the_old_one(shelf: Shelf) -> None:
    shelf.land(0, 1)
    shelf.export()
    with psycopg.connect(shelf.dsn) as connection:
        connection.execute("update malote.export set seen = 99, seen_by = 9000000000000")
    shelf.land(10, 1)
    assert shelf.export().files == 1
    shelf.land(20, 1)
    assert shelf.export().files == 1
    shelf.check()


def test_two_at_the_same_time_write_one_after_the_other(shelf: Shelf) -> None:
    shelf.land(0, 9)
    problems: list[BaseException] = []
    begun = threading.Barrier(2)

    def together() -> None:
        try:
            begun.wait()
            shelf.export()
        except BaseException as error:
            problems.append(error)

    both = [threading.Thread(target=together) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert problems == []
    shelf.check()


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_lost(shelf: Shelf) -> None:
    shelf.land(0, 2)
    shelf.to.write_text("somebody's own file")
    with pytest.raises(Transient, match="cannot be written"):
        shelf.export()
    shelf.to.unlink()
    shelf.export()
    shelf.check()


def test_a_value_that_no_file_can_hold_is_named_and_holds_nothing_back(shelf: Shelf) -> None:
    shelf.land(0, 4)
    with psycopg.connect(shelf.dsn, autocommit=True) as connection:
        connection.execute("alter table notary.verdict alter number type numeric using ordem / 4.0")
        connection.execute("update notary.verdict set number = 'NaN' where submission_id = 'notary-1'")
    done = shelf.export()
    assert (done.files, [error.submission for error in done.problems]) == (1, ["notary-1"])
    with pytest.raises(Misconfigured, match="column number holds a value that is no decimal"):
        done.complain()
    with psycopg.connect(shelf.dsn, autocommit=True) as connection:
        connection.execute("update notary.verdict set number = 1.5 where submission_id = 'notary-1'")
    assert shelf.export().files == 1
    shelf.check()


def test_a_manifest_that_is_none_of_ours_is_said(shelf: Shelf) -> None:
    shelf.land(0, 1)
    shelf.export()
    (manifest,) = (shelf.to / "_manifest").rglob("*.json")
    manifest.write_text("[]")
    with pytest.raises(Misconfigured, match="no manifest of ours"):
        shelf.export(everything=True)
    manifest.unlink()
    assert shelf.export(everything=True).files == 1
    shelf.check()


def test_a_folder_that_was_emptied_is_filled_again_when_asked(shelf: Shelf) -> None:
    shelf.land(0, 4)
    shelf.export()
    for name in there(shelf.to):
        (shelf.to / name).unlink()
    assert shelf.export().files == 0
    assert shelf.export(everything=True).files == 2
    shelf.check()


def test_what_is_not_exported_is_not_retired_and_what_is_stays_where_it_was_exported_to(shelf: Shelf) -> None:
    shelf.land(0, 3)
    shelf.export()
    shelf.land(10, 3)
    later = HeldClock(NOON + timedelta(days=4000))
    before = {"landed": NOON + timedelta(days=3000)}
    with Journal(shelf.dsn, later) as journal:
        gone = retire(journal, before)
        assert (gone.rows, gone.not_exported) == (3, 1)
        assert "stay until they are exported" in str(gone)
        shelf.export()
        gone = retire(journal, before)
        assert (gone.rows, gone.not_exported) == (3, 0)
    assert shelf.export(everything=True).files == 0
    assert len(read(shelf.to, "notary.verdict")) == 6


def test_a_place_that_is_forgotten_keeps_nothing_back(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.land(0, 3)
    shelf.export()
    shelf.land(10, 3)
    assert main(["--warehouse", shelf.dsn, "export", "--to", str(shelf.to), "--forget"]) == 0
    assert "is forgotten" in capsys.readouterr().out
    with Journal(shelf.dsn, HeldClock(NOON + timedelta(days=4000))) as journal:
        assert retire(journal, {"landed": NOON + timedelta(days=3000)}).rows == 6
    assert main(["--warehouse", shelf.dsn, "export", "--to", str(shelf.to), "--forget"]) == 0
    assert "is not known" in capsys.readouterr().out


@pytest.fixture(params=[name for name in STAGES if name != "notary"])
def stage(request: pytest.FixtureRequest, warehouse: str, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[request.param](tmp_path)
    stage.prepare_warehouse(warehouse)
    yield stage
    stage.close()


def test_what_an_institution_answered_is_read_elsewhere_as_it_has_landed(
    stage: Stage, warehouse: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trip = Trip(stage.institution(), stage.driver(), warehouse, str(tmp_path / "archive"), service=stage.service)
    trip.run(stage.rows(0, 3))
    trip.close()
    secret = next(table.secret for table in type(stage.institution()).tables.values())
    for _ in range(2):
        assert main(["--warehouse", warehouse, "export", "--to", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert f"3 rows of {stage.table}" in told and "nothing new for file://" in told
    with psycopg.connect(warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(f"select * from {stage.table} order by submission_id, ordem")
        assert found.description is not None
        names = [column.name for column in found.description if column.name not in secret]
        text = jsonb(connection, stage.table)
        casts = ", ".join(f"t.{name}::text" if name in text else f"t.{name}" for name in names)
        landed = connection.execute(f"select {casts} from {stage.table} as t order by submission_id, ordem").fetchall()
    assert len(landed) == 3
    assert read(tmp_path / "out", stage.table, ", ".join(names), "order by submission_id, ordem") == landed


def jsonb(connection: psycopg.Connection[Any], table: str) -> set[str]:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and atttypid = 'jsonb'::regtype", (table,)
    )
    return {name for (name,) in rows}

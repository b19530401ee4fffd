"""The ``malote`` command, as a person on call would type it."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict as said

from malote.archive import Seal
from malote.clock import HeldClock, SystemClock
from malote.commandline import main, warehouse
from malote.errors import Misconfigured
from malote.hours import Pace
from support import ROOT
from support.notary import Notary, Office, deeds, make_table
from support.planted import ARCHIVE_KEY
from support.trip import Trip, standings


@pytest.fixture
def doubt(warehouse: str, tmp_path: Path) -> Trip:
    """A trip whose one submission is in doubt: its reply was lost, and nobody can be asked."""
    make_table(warehouse)
    institution = Notary(per_document=3)
    institution.find = lambda submission, archive: super(Notary, institution).find(submission, archive)  # type: ignore[method-assign]
    office = Office()
    clock = HeldClock(SystemClock().now())  # the command has no other clock than the machine's
    trip = Trip(institution, office, warehouse, str(tmp_path), service="deeds", clock=clock)
    trip.prepare(deeds(3))
    office.faults = ["lost_reply"]
    trip.send()
    yield trip
    trip.close()


def run(trip: Trip, *arguments: str) -> int:
    return main(["--warehouse", trip.dsn, *arguments])


def test_status_says_what_stands_where(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "status") == 0
    said = capsys.readouterr().out
    assert "in_doubt" in said and "notary-1" in said and "3 items" in said


def test_status_of_an_empty_journal_says_so(warehouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--warehouse", warehouse, "status"]) == 0
    assert "nothing was ever sent" in capsys.readouterr().out


def test_a_story_is_told_in_order(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "story", "notary-1") == 0
    said = capsys.readouterr().out
    assert said.index("prepared") < said.index("sending:") < said.index("fate unknown") < said.index("in doubt")


def test_a_story_of_nobody_is_refused_in_words(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "story", "notary-99") == 1
    assert "there is no submission 'notary-99'" in capsys.readouterr().err


def test_doubts_show_evidence_where_to_look_and_what_to_type(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "doubts") == 0
    said = capsys.readouterr().out
    assert "evidence: " in said and "look for: " in said and "malote resolve notary-1" in said


def test_a_receipt_brings_a_doubt_home(doubt: Trip) -> None:
    assert run(doubt, "resolve", "notary-1", "--receipt", "N1", "--why", "seen at the counter") == 0
    doubt.clock.pass_(minutes=5)
    doubt.wait()
    doubt.land()
    assert standings(doubt.dsn) == {"landed": 1}


def test_a_receipt_that_says_nothing_decides_nothing(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "resolve", "notary-1", "--receipt", " ", "--why", "a variable of a script was empty") == 1
    assert "no receipt was given" in capsys.readouterr().err
    assert standings(doubt.dsn) == {"in_doubt": 1}


def test_a_receipt_of_somebody_else_is_refused(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    doubt.prepare([{"reference": "Z", "text": "z"}])
    doubt.send()
    assert run(doubt, "resolve", "notary-1", "--receipt", "N2") == 1
    assert "already holds receipt N2" in capsys.readouterr().err
    assert standings(doubt.dsn) == {"in_doubt": 1, "received": 1}


def test_a_resend_sends_the_same_bytes_again(doubt: Trip) -> None:
    assert run(doubt, "resolve", "notary-1", "--resend", "--why", "the counter has no such deed") == 0
    assert standings(doubt.dsn) == {"prepared": 1}
    doubt.driver.keys.clear()
    doubt.send()
    assert standings(doubt.dsn) == {"received": 1}


def test_a_withdrawal_frees_items_only_on_proven_absence(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "resolve", "notary-1", "--withdraw") == 1
    assert "--why" in capsys.readouterr().err
    assert run(doubt, "resolve", "notary-1", "--withdraw", "--why", "given up") == 0
    assert doubt.prepare(deeds(3), refused_too=True).held == 3


def test_a_withdrawal_of_what_is_not_there_lets_the_items_travel_again(doubt: Trip) -> None:
    assert run(doubt, "resolve", "notary-1", "--withdraw", "--absent", "--why", "searched by number and by date") == 0
    assert doubt.prepare(deeds(3), refused_too=True).items == 3


def test_a_landed_submission_cannot_be_resolved(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    run(doubt, "resolve", "notary-1", "--receipt", "N1")
    doubt.clock.pass_(minutes=5)
    doubt.wait()
    doubt.land()
    assert run(doubt, "resolve", "notary-1", "--resend", "--why", "no reason") == 1
    assert "stands at 'landed'" in capsys.readouterr().err


def test_the_story_cannot_be_rewritten(doubt: Trip) -> None:
    for statement in (
        "delete from malote.event",
        "update malote.event set what = 'nothing'",
        "truncate malote.event",
        "truncate malote.submission, malote.item_row, malote.load, malote.pouch cascade",
    ):
        with psycopg.connect(doubt.dsn) as connection, pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement)


def test_migrate_twice_changes_nothing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["--warehouse", database, "migrate"]) == 0
    assert "up to date" in capsys.readouterr().out


def test_migrate_check_says_what_would_be_done(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["--warehouse", database, "migrate", "--check"]
    assert main(check) == 0
    assert "migration 0001_journal" in capsys.readouterr().out
    assert main(check[:-1]) == 0
    assert main(check) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_warehouse_without_journal_says_to_migrate(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--warehouse", database, "status"]) == 1
    assert "malote migrate" in capsys.readouterr().err


def test_the_warehouse_is_found_where_airflow_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AIRFLOW_CONN_MALOTE_WAREHOUSE", raising=False)
    with pytest.raises(Misconfigured, match="where the warehouse is"):
        warehouse(None)
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_WAREHOUSE", "postgres://me:s@host:5433/db")
    assert warehouse(None) == "postgresql://me:s@host:5433/db"
    monkeypatch.setenv(
        "AIRFLOW_CONN_MALOTE_WAREHOUSE",
        '{"conn_type": "postgres", "host": "h", "port": 5, "login": "me", "password": "p@s", "schema": "db"}',
    )
    assert said(warehouse(None)) == {"host": "h", "port": "5", "user": "me", "password": "p@s", "dbname": "db"}
    assert warehouse("postgresql://given/db") == "postgresql://given/db"
    (tmp_path / "dsn").write_text("postgresql://of-a-file/db\n")
    assert warehouse(None, str(tmp_path / "dsn")) == "postgresql://of-a-file/db"


def test_a_lot_number_is_taken_once_and_never_skipped(doubt: Trip) -> None:
    number = doubt.journal.number
    assert [number("cielo/1", pouch=pouch, start=500) for pouch in ("a", "b", "a")] == [500, 501, 502]
    assert [number("cielo/1", pouch="a", start=start) for start in (1, 600)] == [503, 600]
    assert number("cielo/2", pouch="a") == 1


def test_seal_makes_text_of_cards_that_only_the_archives_key_opens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", f"generic://:{ARCHIVE_KEY}@")
    monkeypatch.setattr("sys.stdin", io.StringIO('{"numero": "4012001037141112"}\n{"numero": "5453010000066167"}\n'))
    assert main(["seal"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "4012" not in first
    assert json.loads(Seal(ARCHIVE_KEY).open_text(second)) == {"numero": "5453010000066167"}
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", f'{{"password": "{ARCHIVE_KEY}"}}')
    monkeypatch.setattr("sys.stdin", io.StringIO("4012001037141112\n"))
    assert main(["seal"]) == 1
    said = capsys.readouterr().err
    assert "line 1 is no JSON object" in said and "4012" not in said


def test_what_was_sealed_under_an_old_key_is_sealed_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = ARCHIVE_KEY[::-1]
    old = [Seal(ARCHIVE_KEY).seal_text(text) for text in ('{"numero": "4012001037141112"}', '{"a": "b"}')]
    monkeypatch.setenv(
        "AIRFLOW_CONN_MALOTE_ARCHIVE", f'{{"password": "{new}", "extra": {{"old_keys": "{ARCHIVE_KEY}"}}}}'
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*old, ""])))
    assert main(["seal", "--again"]) == 0
    again = capsys.readouterr().out.splitlines()
    assert [Seal(new).open_text(text) for text in again] == ['{"numero": "4012001037141112"}', '{"a": "b"}']
    for wrong in ('{"numero": "4012001037141112"}', old[0][:-8]):
        monkeypatch.setattr("sys.stdin", io.StringIO(wrong))
        assert main(["seal", "--again"]) == 1
        said = capsys.readouterr().err
        assert "line 1: " in said and "old_keys" in said and "4012" not in said


def test_seal_without_a_key_says_where_it_would_come_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AIRFLOW_CONN_MALOTE_ARCHIVE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}\n"))
    assert main(["seal"]) == 1
    assert "malote_archive" in capsys.readouterr().err


def test_a_pace_that_is_held_back_is_shown_and_reset(warehouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    pace = Pace(warehouse, "ccee/producao/1234", limit=10, window=timedelta(minutes=1))
    pace.penalty(3600)
    assert main(["--warehouse", warehouse, "pace"]) == 0
    assert "ccee/producao/1234" in (said := capsys.readouterr().out) and "held back until" in said
    assert main(["--warehouse", warehouse, "pace", "--reset"]) == 1
    assert main(["--warehouse", warehouse, "pace", "nobody", "--reset"]) == 1
    assert main(["--warehouse", warehouse, "pace", "ccee/producao/1234", "--reset"]) == 0
    capsys.readouterr()
    assert main(["--warehouse", warehouse, "pace"]) == 0 and capsys.readouterr().out.split()[-1] == "free"
    assert pace.reserve(1)[0].delay < 1
    pace.close()


# ---- looking


def test_doubts_are_told_to_a_program_as_json(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "doubts", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["submission"], told["items"], told["choices"]) == ("notary-1", 3, ["receipt", "resend", "absent"])
    assert told["evidence"] and told["search"] and told["seen"] > 0


def test_the_items_of_a_submission_are_listed(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "items", "notary-1") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[1:] for line in said] == [[f"D00{n}", "sent"] for n in range(3)]
    assert run(doubt, "items", "notary-99") == 1


@pytest.mark.parametrize("spelt", ["D001", " D001 ", "D001\t"])
def test_a_reference_is_found_in_every_document_it_was_in(
    doubt: Trip, capsys: pytest.CaptureFixture[str], spelt: str
) -> None:
    assert run(doubt, "resolve", "notary-1", "--withdraw", "--absent", "--why", "not in their list") == 0
    doubt.prepare(deeds(3), refused_too=True)
    capsys.readouterr()
    assert run(doubt, "find", spelt) == 0
    said = capsys.readouterr().out
    assert said.index("notary-2") < said.index("notary-1") and "withdrawn" in said and "not in their list" in said


def test_what_was_never_sent_is_found_nowhere(doubt: Trip, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(doubt, "find", "D999") == 0
    assert "no document held 'D999'" in capsys.readouterr().out


def test_a_decision_names_who_made_it(doubt: Trip) -> None:
    import getpass

    assert run(doubt, "resolve", "notary-1", "--resend", "--why", "not there") == 0
    decided = [each["detail"] for each in doubt.journal.story("notary-1") if each["what"] == "a person: resend"]
    assert decided == [{"why": "not there", "who": getpass.getuser()}]


def test_the_shipped_dag_files_are_put_into_a_folder_and_again_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "airflow" / "dags"
    assert main(["dags", "--to", str(folder)]) == 0
    written = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    assert set(written) == {file.name for file in (ROOT / "dags").glob("*.py")} and "written" in capsys.readouterr().out
    assert main(["dags", "--to", str(folder)]) == 0
    assert "written" not in capsys.readouterr().out


def test_a_dag_file_that_somebody_has_changed_is_named_and_left_alone_unless_it_is_to_be_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "ccee_contratos.py"
    mine.write_text("# mine")
    assert main(["dags", "--to", str(tmp_path)]) == 1
    assert mine.read_text() == "# mine" and "ccee_contratos.py" in capsys.readouterr().err
    assert main(["dags", "--to", str(tmp_path), "--replace"]) == 0
    assert "malote_provider.flows" in mine.read_text()


def test_a_folder_that_cannot_be_made_is_answered_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["dags", "--to", str(tmp_path / "file")]) == 1
    assert "Traceback" not in capsys.readouterr().err

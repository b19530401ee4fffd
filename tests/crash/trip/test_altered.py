"""Files that somebody altered in the archive: nothing of one is sent, and an answer is fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from malote.errors import Altered
from malote.submission import Standing
from support.notary import Notary, Office, deeds, make_table
from support.trip import Trip, landed

ROWS = deeds(3)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def trip(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Trip]:
    make_table(warehouse)
    made = Trip(Notary(), office, warehouse, str(tmp_path / "archive"), service="deeds")
    yield made
    made.close()


def alter(trip: Trip, folder: Path, column: str) -> bytes:
    """Change the last byte of the only file of a column, keeping its size; returns what it was."""
    with psycopg.connect(trip.dsn) as connection:
        row = connection.execute(f"select {column} from malote.submission").fetchone()  # type: ignore[arg-type]
    assert row is not None
    path = folder / "archive" / row[0]
    before = path.read_bytes()
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    return before


def test_an_altered_document_is_not_sent_and_goes_when_it_is_put_back(
    trip: Trip, office: Office, tmp_path: Path
) -> None:
    trip.prepare(ROWS)
    before = alter(trip, tmp_path, "document")
    with pytest.raises(Altered, match="not what was written") as caught:
        trip.send()
    assert "backup" in (caught.value.todo or "") and not office.filed
    (submission,) = trip.journal.submissions(trip.scope)
    assert submission.standing is Standing.PREPARED, "nothing left, so there is no doubt"
    (tmp_path / "archive" / submission.stored.name).write_bytes(before)
    trip.send()
    trip.wait()
    trip.land()
    assert len(landed(trip.dsn, "notary.verdict")) == 3


def test_an_altered_answer_lands_nothing_and_is_fetched_again(trip: Trip, tmp_path: Path) -> None:
    trip.prepare(ROWS)
    trip.send()
    trip.wait()
    altered = []

    def meanwhile(name: str) -> None:
        if name == "answer saved" and not altered:
            altered.append(alter(trip, tmp_path, "answer"))

    trip.meanwhile = meanwhile
    trip.land()
    assert landed(trip.dsn, "notary.verdict") == [] and altered
    trip.wait()
    trip.land()
    assert len(landed(trip.dsn, "notary.verdict")) == 3

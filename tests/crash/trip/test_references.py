"""One thing, one reference: however its blanks and accents are spelt, it travels once and finds its answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from malote import migrations
from malote.commandline import main
from malote.errors import Invalid
from malote.reference import Named, normal
from malote.trip import Outgoing
from support.notary import Notary, Office, make_table
from support.stages import STAGES, CceeStage, Stage
from support.trip import Trip

COMPOSED, APART = "A\u00c7\u00c3O-1", unicodedata.normalize("NFD", "A\u00c7\u00c3O-1")

SPELLINGS: list[tuple[str, str]] = [
    ("ADV-1", "ADV-1"),
    ("ADV-1     ", "ADV-1"),  # char(10)
    ("  ADV-1", "ADV-1"),
    ("ADV-1\t\n", "ADV-1"),
    ("ADV 1", "ADV 1"),
    ("\ufeffADV-1", "ADV-1"),  # of a CSV file
    ("ADV-1\u200b", "ADV-1"),
    ("\u00a0\u200bADV-1\u3000\u2060 ", "ADV-1"),
    ("\u202dADV-1\u202c", "ADV-1"),  # of a sheet of Excel
    ("\u2066ADV-1\u2069\ufe0f", "ADV-1"),
    ("ADV\u200b-1", "ADV\u200b-1"),  # inside it is another one
    (APART, COMPOSED),
    (f"{APART}   ", COMPOSED),
    ("   ", ""),
]


@pytest.mark.parametrize(("given", "spelt"), SPELLINGS, ids=[ascii(each[0]) for each in SPELLINGS])
def test_a_reference_has_one_spelling(given: str, spelt: str) -> None:
    assert normal(given) == spelt == normal(spelt)


@pytest.mark.parametrize(
    "reference",
    [1.5, 1e17, True, ["A"], {"a": 1}, b"A", ("A",), Decimal("10.00"), Decimal("1E+3"), Decimal("NaN"),
     datetime(2027, 1, 1, 12, tzinfo=timezone.utc)],
    ids=str,
)  # fmt: skip
def test_a_reference_of_a_type_with_many_spellings_is_refused(reference: Any) -> None:
    with pytest.raises(Invalid, match="column `reference`"):
        list(Named([{"reference": reference}], ()))


@pytest.mark.parametrize(
    "reference", ["A", 17, Decimal("17"), date(2027, 1, 1), datetime(2027, 1, 1), UUID(int=1), None], ids=str
)
def test_a_reference_of_one_spelling_is_taken(reference: Any) -> None:
    assert [row["reference"] for row in Named([{"reference": reference}], ())] == [reference]


@pytest.fixture(params=list(STAGES))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[request.param](tmp_path)
    yield stage
    stage.close()


def begin(stage: Stage, dsn: str, tmp_path: Path, pouch: str) -> Trip:
    return Trip(stage.institution(), stage.driver(), dsn, str(tmp_path / "a"), service=stage.service, pouch=pouch)


def padded(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The row as a warehouse gives it whose keys are char(n)."""
    return {name: f"{value}   " if name in ("reference", *names) else value for name, value in row.items()}


def test_a_padded_key_is_the_same_item_in_every_institution(stage: Stage, warehouse: str, tmp_path: Path) -> None:
    stage.prepare_warehouse(warehouse)
    rows = stage.rows(0, 3)
    named = stage.institution().named_by
    first = begin(stage, warehouse, tmp_path, "first")
    assert first.run([padded(each, named) for each in rows]).problems == ()
    with psycopg.connect(warehouse) as connection:
        items = dict(connection.execute("select reference, standing from malote.item").fetchall())
    assert items == {each["reference"]: "accepted" for each in rows}
    for pouch, again in (("plain", rows), ("padded", [padded(each, ()) for each in rows])):
        assert begin(stage, warehouse, tmp_path, pouch).prepare(again, refused_too=True).held == 3
    assert set(stage.accepted().values()) == {1}


def test_two_spellings_in_one_selection_are_one_item_twice(stage: Stage, warehouse: str, tmp_path: Path) -> None:
    if stage.name == "notary":
        pytest.skip("the notary does not look whether a deed stands twice")
    stage.prepare_warehouse(warehouse)
    (row,) = stage.rows(0, 1)
    with pytest.raises(Invalid, match="stands twice"):
        begin(stage, warehouse, tmp_path, "first").prepare([row, padded(row, stage.institution().named_by)])


def test_a_char_column_of_a_real_table_travels_once(warehouse: str, tmp_path: Path) -> None:
    make_table(warehouse)
    with psycopg.connect(warehouse) as connection:
        connection.execute("create table deed (id char(12), text text)")
        connection.execute("insert into deed values ('D000', 'a'), (%s, 'b')", (APART,))
        connection.execute("grant select on deed to malote_select")
    trip = Trip(Notary(), Office(), warehouse, str(tmp_path), service="deeds")
    trip.run(Outgoing(warehouse, "select id as reference, text from deed"))
    again = Trip(Notary(), Office(), warehouse, str(tmp_path), service="deeds", pouch="again")
    assert again.prepare([{"reference": "D000", "text": "a"}, {"reference": COMPOSED, "text": "b"}]).held == 2


def test_what_was_taken_in_with_its_padding_is_spelt_so_too_by_the_migration(warehouse: str, tmp_path: Path) -> None:
    make_table(warehouse)
    trip = Trip(Notary(), Office(), warehouse, str(tmp_path), service="deeds")
    trip.prepare([{"reference": f"D{n}", "text": "a"} for n in range(2)])
    script = (Path(migrations.__file__).parent / "sql" / "references.sql").read_text(encoding="utf-8")
    with psycopg.connect(warehouse) as connection:
        connection.execute("update malote.item_row set reference = reference || '   ' where ordinal = 1")
        connection.execute(
            """insert into malote.item_row (submission, ordinal, scope, reference)
               select submission, ordinal + 2, scope, ' ' || reference || ' ' from malote.item_row"""
        )
        connection.execute(script[: script.index("alter table")])
        found = connection.execute("select reference, echo from malote.item_row order by ordinal").fetchall()
    # Of several spellings one becomes the plain one; where the plain one is there already, none does.
    assert found == [("D0   ", None), ("D1", None), ("D0", " D0    "), (" D1 ", None)]


def test_a_person_may_type_a_reference_as_the_warehouse_spells_it(warehouse: str, tmp_path: Path) -> None:
    make_table(warehouse)
    office = Office()
    trip = Trip(Notary(), office, warehouse, str(tmp_path), service="deeds")
    trip.prepare([{"reference": APART, "text": "a"}, {"reference": "D1", "text": "b"}])
    trip.send()
    office.answers["N1"] = b'[["D1", "yes"]]'
    trip.wait()
    trip.land()
    typed = ["--warehouse", warehouse, "settle", "notary-1", f"{APART}  ", "--accepted", "--why", "seen"]
    assert main(typed) == 0


DIFFERENT: list[tuple[str, str]] = [("C000", "C001"), ("C000", "c000"), ("my own key", "C000"), ("C000", "C000/2")]


@pytest.mark.parametrize(("reference", "referencia"), DIFFERENT)
def test_a_ccee_row_whose_referencia_is_not_its_reference_is_refused(
    warehouse: str, tmp_path: Path, reference: str, referencia: str
) -> None:
    stage = CceeStage(tmp_path)
    try:
        (row,) = stage.rows(0, 1)
        row |= {"reference": reference, "Contrato.@referencia": referencia}
        with pytest.raises(Invalid, match=r"is not Contrato\.@referencia: .*under two names"):
            begin(stage, warehouse, tmp_path, "first").prepare([row])
        assert not stage.accepted()
    finally:
        stage.close()

"""What says how much is sold, and how it is spread, are siblings in every contract file that leaves here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lxml import etree

from malote import place
from malote.trip import Outgoing
from malote_local.demo_ccee import CONTRATO, FILE, ROWS
from support.stages import CceeStage
from support.trip import Trip

SIBLINGS = ["MontanteMedioContratoCCEALFirme", "TipoModulacao"]
NESTED = CONTRATO.replace('"1,500000"/>', '"1,500000">').replace(
    "</MontanteMedio>", "</MontanteMedioContratoCCEALFirme></MontanteMedio>"
)


@pytest.fixture
def begin(stage: CceeStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    made: list[Trip] = []

    def begin(contract: str = "") -> Trip:
        """A run over rows, or with a file of one's own that holds this contract."""
        file = tmp_path / "contratos.xml"
        file.write_text(FILE.format(contratos=contract.format(i=1)), encoding="iso-8859-1")
        params = {"arquivo": str(file)} if contract else {}
        archive = str(tmp_path / "archive")
        there, driver = stage.institution(), stage.driver()
        made.append(Trip(there, driver, warehouse, archive, service=stage.service, params=params))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def below(stage: CceeStage) -> list[list[Any]]:
    """Of each contract that CCEE holds, what stands directly below its MontanteMedio; nothing stands below that."""
    (file,) = stage.sim.ccee.submissions.values()
    amounts = list(etree.fromstring(file.content).iter("{*}MontanteMedio"))
    assert not any(len(each) for amount in amounts for each in amount)
    return [[each.tag for each in amount] for amount in amounts]


def test_the_demo_s_rows_become_what_ccee_knows(begin: Callable[..., Trip], stage: CceeStage) -> None:
    trip = begin()
    with psycopg.connect(trip.dsn) as connection:
        connection.execute(ROWS, {"first": 1, "last": 3})
    assert trip.run(Outgoing(trip.dsn, place.outgoing("ccee", "contratos"))).rows == 3
    assert below(stage) == [SIBLINGS] * 3 and not stage.sim.ccee.departures


def test_so_does_the_demo_s_own_file(begin: Callable[..., Trip], stage: CceeStage) -> None:
    assert begin(CONTRATO).run(()).rows == 1
    assert below(stage) == [SIBLINGS] and not stage.sim.ccee.departures


def test_a_file_that_nests_them_is_a_departure(begin: Callable[..., Trip], stage: CceeStage) -> None:
    begin(NESTED).run(())
    assert stage.sim.ccee.departures == {
        "TipoModulacao below MontanteMedioContratoCCEALFirme instead of MontanteMedio": 1
    }

"""CCEE's faults at the door in the forms that servers give them: a denial is one, and what is unclear stays a doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from malote.errors import Misconfigured
from malote.submission import Standing
from support.stages import CceeStage
from support.trip import Trip, standings

FORMS = ["", "unbound", "1.2"]


@pytest.fixture
def trip(stage: CceeStage, warehouse: str, tmp_path: Path) -> Iterator[Trip]:
    made = Trip(stage.institution(), stage.driver(), warehouse, str(tmp_path / "archive"), service=stage.service)
    made.prepare(stage.rows(0, 2))
    yield made
    made.close()


@pytest.mark.parametrize("form", FORMS)
def test_a_denial_at_submit_stops_the_pouch_and_it_goes_once_the_connection_is_right(
    trip: Trip, stage: CceeStage, form: str
) -> None:
    stage.sim.ccee.play("fault", on="importarArquivo", errorCode="2001", message="Acesso Negado à porta", form=form)
    with pytest.raises(Misconfigured, match="Acesso Negado à porta|2001") as said:
        trip.send()
    assert "Do now:" in str(said.value) and standings(trip.dsn) == {"prepared": 1} and not stage.accepted()
    assert trip.run(stage.rows(0, 2)).rows == 2 and set(stage.accepted().values()) == {1}


@pytest.mark.parametrize("form", FORMS)
def test_a_technical_fault_at_submit_is_a_doubt_that_says_what_ccee_said(
    trip: Trip, stage: CceeStage, form: str
) -> None:
    stage.sim.ccee.play("fault", on="importarArquivo", message="Fora do ar por ora", form=form, accept=True)
    assert trip.send().in_doubt == 1 and set(stage.accepted().values()) == {1}
    (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
    told = [each["detail"] for each in trip.journal.story(doubt.id) if each["what"] == "fate unknown"]
    assert form == "unbound" or "Fora do ar por ora" in told[0]["why"]
    assert told[0]["reply"].startswith("replies/"), "and what cannot be read is kept"


@pytest.mark.parametrize("form", FORMS)
def test_a_fault_to_a_question_is_asked_again_and_its_reason_is_told(
    trip: Trip, stage: CceeStage, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    trip.send()
    stage.sim.ccee.play("fault", on="obterResultadoProcessamento", message="Fora do ar por ora", form=form)
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1 and "ccee-1" in caplog.text
    trip.wait()
    assert trip.land().rows == 2

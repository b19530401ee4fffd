"""The task that copies what has landed: by the option of [malote], as the login that tasks have, with its asset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk import Asset

from malote.errors import Misconfigured
from malote_provider.operators import ExportOperator
from support.airflow_names import OutletEvents
from support.exported import listed, read
from support.stages import STAGES
from support.trip import Trip

MINE = Asset("mine://lake")


@pytest.fixture
def landed(connected: str, tmp_path: Path) -> str:
    """A warehouse in which three contracts have landed."""
    stage = STAGES["ccee"](tmp_path)
    trip = Trip(stage.institution(), stage.driver(), connected, str(tmp_path / "archive"), service=stage.service)
    trip.run(stage.rows(0, 3))
    trip.close()
    stage.close()
    return connected


def exported(**options: Any) -> tuple[Any, dict[Any, Any], list[Any]]:
    task = ExportOperator(task_id="exporta", outlets=[Asset("malote://export"), MINE], **options)
    events = OutletEvents()
    return task.execute({"outlet_events": events}), events, task.outlets  # type: ignore[arg-type]


def test_it_writes_what_landed_says_how_much_and_again_is_no_news(
    landed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MALOTE__EXPORT_URL", str(tmp_path / "out"))
    news, events, outlets = exported()
    assert news == {
        "to": f"file://{tmp_path / 'out'}", "files": 1, "rows": 3, "tables": {"ccee.resultado_processamento": 3}
    }  # fmt: skip
    assert outlets == [Asset("malote://export"), MINE]
    assert events[MINE].extra == events[Asset("malote://export")].extra == news
    assert len(read(tmp_path / "out", "ccee.resultado_processamento")) == 3
    again, _, outlets = exported()
    assert again["files"] == 0
    assert outlets == [MINE]


def test_each_place_has_a_mark_of_its_own(landed: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert exported(url=str(tmp_path / name))[0]["files"] == 1
        assert len(listed(tmp_path / name)) == 1


def test_a_load_that_does_not_fit_fails_it_in_words(
    landed: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(landed, autocommit=True) as connection:
        connection.execute("update ccee.resultado_processamento set landed_at = 'infinity' where ordem = 1")
    with pytest.raises(Misconfigured):
        exported(url=str(tmp_path / "out"))
    said = "".join(capfd.readouterr())
    assert "column landed_at holds a value" in said and "Do now" in said and "Traceback" not in said


@pytest.mark.parametrize("make", [lambda: ExportOperator(task_id="x"), lambda: ExportOperator(task_id="x", url="")])
def test_without_a_place_it_says_so(connected: str, make: Callable[[], ExportOperator]) -> None:
    with pytest.raises(Misconfigured, match="nobody said where to export to"):
        make().execute({})  # type: ignore[arg-type]

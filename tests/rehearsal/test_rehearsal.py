"""Several machines: one killed in submit, one in land, the archive's store away; all as if undisturbed."""

from __future__ import annotations

import fsspec
import pytest

from support.rehearsal import BUCKET
from support.system.flows import FLOWS
from support.system.machines import NAMES, Machines
from support.system.playing import Playing

TABLE = [pytest.param(name, each, id=f"{name}-{each}") for name in NAMES for each in FLOWS]


@pytest.mark.parametrize(("name", "institution"), TABLE)
def test_after_it_all_is_as_if_nothing_had_happened(playing: Playing, name: str, institution: str) -> None:
    played = playing(name)[institution]
    assert played.wrong == [], f"{playing.table[name].about} done since: {played.did}"


@pytest.mark.parametrize("institution", FLOWS)
def test_a_store_that_comes_back_needs_nobody(playing: Playing, institution: str) -> None:
    assert {name: playing(name)[institution].did for name in NAMES if "store" in name} == {
        name: [] for name in NAMES if "store" in name
    }


@pytest.mark.parametrize("institution", FLOWS)
def test_a_store_that_is_away_is_told_in_words_and_never_as_a_traceback(
    playing: Playing, machines: Machines, institution: str
) -> None:
    trip = playing("store_away_in_submit")[institution].trip
    own = f"dag_id={trip.flow.dag_id}/run_id={trip.runs[-1]}"
    text = "".join(path.read_text() for logs in machines.workers.logs() for path in (logs / own).rglob("*.log"))
    assert "the archive cannot be written: " in text
    assert "error_detail" not in text and "Traceback" not in text


def test_both_workers_had_tasks(playing: Playing, machines: Machines) -> None:
    playing("undisturbed")
    assert {path.parent.name for path in machines.workers.logs() if any(path.rglob("*.log"))} == {"one", "two"}


def test_machines_share_the_databases_and_the_store_and_no_folder(playing: Playing, machines: Machines) -> None:
    playing("undisturbed")
    assert [path for path in machines.homes.rglob("*") if path.suffix == ".xml"] == []
    assert not (machines.system.state / "archive").exists()
    found = fsspec.filesystem("s3").find(f"{BUCKET}/archive")
    assert len([name for name in found if name.endswith(".xml")]) >= 2 * len(FLOWS)

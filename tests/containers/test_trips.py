"""A worker killed with documents on the wire, the database restarted in the wait: all as if undisturbed."""

from __future__ import annotations

import pytest

from support.containers import NAMES, WORKERS, Contained
from support.system.flows import FLOWS
from support.system.playing import Playing

TABLE = [pytest.param(name, each, id=f"{name}-{each}") for name in NAMES for each in FLOWS]


@pytest.mark.parametrize(("name", "institution"), TABLE)
def test_after_it_all_is_as_if_nothing_had_happened(playing: Playing, name: str, institution: str) -> None:
    played = playing(name)[institution]
    assert played.wrong == [], f"{playing.table[name].about} done since: {played.did}"


def test_nobody_had_to_do_anything_about_a_run_that_nobody_disturbed(playing: Playing) -> None:
    assert [line for each in playing("undisturbed").values() for line in each.did] == []


def test_the_worker_that_was_killed_is_gone_and_the_others_did_the_rest(playing: Playing, running: Contained) -> None:
    playing("worker_killed_in_submit")
    alive = [each["Id"] for each in running.compose.containers("worker") if each["State"]["Running"]]
    assert len(running.lost) == 1 and len(alive) == WORKERS - 1 and not set(running.lost) & set(alive)

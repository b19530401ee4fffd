"""Every button and every fault of the table, for every institution: nothing twice, nothing lost, nothing unsaid."""

from __future__ import annotations

import pytest

from support.system.flows import FLOWS
from support.system.players import SITUATIONS
from support.system.playing import Playing

TABLE = [
    pytest.param(name, institution, id=f"{name}-{institution}", marks=[pytest.mark.short] if each.short else [])
    for name, each in SITUATIONS.items()
    for institution in FLOWS
]


@pytest.mark.parametrize(("name", "institution"), TABLE)
def test_after_it_all_is_as_if_nothing_had_happened(playing: Playing, name: str, institution: str) -> None:
    played = playing(name)[institution]
    assert played.wrong == [], (
        f"{SITUATIONS[name].about} make test-system SEED={playing.seed} ONLY={name}; done since: {played.did}"
    )


def test_nobody_had_to_do_anything_about_a_run_that_nobody_disturbed(playing: Playing) -> None:
    assert [line for each in playing("undisturbed").values() for line in each.did] == []

"""A lot whose answer is lost is found by its number; numbers have no gap and no repeat, whoever runs at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from malote.archive import Archive
from malote.institution import load
from malote.submission import Document, Order, Standing, Submission
from support.lots import landed
from support.orders import EC
from support.planted import ARCHIVE_KEY
from support.stages import CieloStage
from support.trip import Trip, standings


def story(trip: Trip, id: str = "cielo-1") -> list[str]:
    return [event["what"] for event in trip.journal.story(id)]


def test_a_reply_lost_after_acceptance_is_found_by_its_number_not_sent_again(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.play("lost_reply", on="upload")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert stage.sim.cielo.requests["upload"] == 1
    assert story(trip)[1:4] == ["sending", "fate unknown", "received"]


@pytest.mark.parametrize("fault", [{"fault": "timeout", "accept": False}, {"fault": "500", "accept": False}])
def test_an_upload_that_never_arrived_goes_again_with_the_same_bytes_under_the_same_number(
    begin: Callable[..., Trip], stage: CieloStage, fault: dict[str, Any]
) -> None:
    stage.sim.cielo.play(**fault, on="upload")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert list(stage.sim.cielo.lots) == [f"{EC}/1"]
    assert stage.sim.cielo.requests["upload"] == 2
    assert set(stage.accepted().values()) == {1}


def test_a_repeated_upload_whose_reply_is_lost_too_is_still_found(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.play("timeout", on="upload", accept=False)
    stage.sim.cielo.play("lost_reply", on="upload")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert list(stage.sim.cielo.lots) == [f"{EC}/1"]
    assert set(stage.accepted().values()) == {1}


class Noting:
    """The driver, and when what was asked."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.asked: list[tuple[str, datetime]] = []

    def send(self, call: Any, sink: Any = None) -> Any:
        if call.name == "probe":
            return "the way is open"  # what a test plays is for the question about its lot
        self.asked.append((call.name, self.trip.clock.now()))
        return self._driver.send(call, sink)

    trip: Trip

    def times(self, name: str) -> list[datetime]:
        return [at for each, at in self.asked if each == name]


@pytest.fixture
def watched(begin: Callable[..., Trip], stage: CieloStage) -> Trip:
    """A trip by Cielo's own rhythm, whose driver notes when what was asked."""
    rules = stage.access().extra["rules"]
    own = {"return_after": "PT12H", "poll_every": "PT1H"}
    trip = begin(institution=load("cielo")(stage.access(rules={**rules, **own})))
    trip.driver = Noting(trip.driver)
    trip.driver.trip = trip
    return trip


LOT, LOOK = "requisicao-lote", "requisicao-download-retorno-lote"
WITHOUT_END = [
    ("erro", {"codigo": 79}), ("erro", {"codigo": 9999}), ("html", {"accept": False}), ("500", {"accept": False}),
    ("timeout", {"accept": False}), ("malformed", {"accept": False}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "options"), WITHOUT_END, ids=str)
@pytest.mark.parametrize("deaf", [False, True], ids=["074", "unheard"])
def test_an_upload_that_is_never_answered_clearly_has_a_rhythm_and_an_end(
    watched: Trip, stage: CieloStage, fault: str, options: dict[str, Any], deaf: bool
) -> None:
    stage.sim.cielo.play(fault, on="upload", times=999, **options)
    if deaf:
        stage.sim.cielo.play("erro", on="download", times=999, codigo=79)
    began, rules = watched.clock.now(), watched.institution.rules
    watched.prepare(stage.rows(0, 3))
    assert watched.send().in_doubt == 1
    uploads, looks = watched.driver.times(LOT), watched.driver.times(LOOK)
    assert len(uploads) == 1 + rules.repeat_times
    assert all(later - sooner >= rules.repeat_every for sooner, later in itertools.pairwise(uploads[1:]))
    early = [at for at in looks if at - began < rules.return_after]
    assert len(early) <= rules.repeat_times and max(early) <= uploads[-1], "then nothing is asked before 12 hours"
    assert looks[-1] - began <= rules.patience + rules.repeat_every
    assert story(watched).count("sent again to find out") == rules.repeat_times
    assert not stage.accepted()


@pytest.mark.parametrize("code", [100, 72])
def test_a_number_in_use_is_asked_for_when_an_answer_can_be_there_and_not_before(
    watched: Trip, stage: CieloStage, tmp_path: Path, code: int
) -> None:
    stage.sim.cielo.set(reused=code)
    other_system(stage, tmp_path / "theirs")
    began = watched.clock.now()
    watched.prepare(stage.rows(0, 3))
    assert watched.send().received == 1
    watched.wait()
    assert len(watched.driver.times(LOT)) == 1 and watched.driver.times(LOOK)
    assert min(watched.driver.times(LOOK)) - began >= timedelta(hours=12)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_question_that_nobody_answers_is_not_repeated_before_an_answer_can_be_there(
    watched: Trip, stage: CieloStage, arrived: bool
) -> None:
    stage.sim.cielo.play("timeout", on="upload", accept=arrived)
    stage.sim.cielo.play("erro", on="download", times=2, codigo=79)
    began = watched.clock.now()
    watched.prepare(stage.rows(0, 3))
    assert watched.send().received == 1
    watched.wait()
    assert watched.land().rows == 3
    assert len(watched.driver.times(LOT)) == 2
    assert len([at for at in watched.driver.times(LOOK) if at - began < timedelta(hours=12)]) == 1
    assert set(stage.accepted().values()) == {1}


@pytest.mark.parametrize("code", [100, 72])
def test_a_number_that_another_system_used_ends_in_doubt_and_never_in_a_new_number(
    begin: Callable[..., Trip], stage: CieloStage, tmp_path: Path, code: int
) -> None:
    stage.sim.cielo.set(reused=code)
    other_system(stage, tmp_path / "theirs")
    trip = begin()
    trip.prepare(stage.rows(0, 3))
    assert trip.send().received == 1
    trip.wait()
    (problem,) = trip.land().problems
    assert "somebody else" in problem.what
    assert landed(trip, "reference") == []
    assert standings(trip.dsn) == {"in_doubt": 1}
    assert not set(stage.sim.cielo.accepted) & {"P000", "P001", "P002"}
    again = begin(pouch="another run")
    assert again.prepare(stage.rows(0, 3), refused_too=True).held == 3

    again.journal.withdraw("cielo-1", "lot 1 is the old shop system's", absent=True)
    assert begin(pouch="a third run").run(stage.rows(0, 3)).rows == 3
    assert set(stage.sim.cielo.lots) == {f"{EC}/1", f"{EC}/2"}
    assert landed(again, "numero_lote") == [(2,)] * 3


def test_an_order_number_that_two_systems_share_does_not_make_the_other_s_return_ours(
    begin: Callable[..., Trip], stage: CieloStage, tmp_path: Path
) -> None:
    stage.sim.cielo.set(echo_id=False)  # theirs would not be ours
    other_system(stage, tmp_path / "theirs", first=2, n=3)
    trip = begin()
    (problem,) = trip.run(stage.rows(0, 3)).problems
    assert "only 1 of them about the 3 items" in problem.what
    assert landed(trip, "reference") == []
    assert standings(trip.dsn) == {"in_doubt": 1}
    assert begin(pouch="another run").prepare(stage.rows(0, 3), refused_too=True).held == 3


def other_system(stage: CieloStage, folder: Path, first: int = 50, n: int = 2) -> None:
    """Uploads a lot of its own under number 1."""
    archive = Archive(str(folder), ARCHIVE_KEY[::-1])
    there = stage.institution()
    order = Order("theirs", stage.service)
    (document,) = there.render(
        order, stage.rows(first, n), archive, lambda _, references: set(references), lambda _, start: start
    )
    assert isinstance(document, Document)
    submission = Submission(
        "x-1", "theirs", "cielo", "simulator", EC, stage.service, document.operation, Standing.PREPARED, document.name,
        document.stored, len(document.items), document.facts,
    )  # fmt: skip
    stage.driver().send(there.submit(submission, archive))


def test_two_runs_at_once_number_their_lots_without_gap_or_repeat(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    trips = [begin(pouch=f"run {n}") for n in range(4)]
    starting = threading.Barrier(4)

    def prepare(n: int) -> None:
        starting.wait()
        trips[n].prepare(stage.rows(10 * n, 3))

    threads = [threading.Thread(target=prepare, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [s for trip in trips for s in trip.journal.submissions(trip.scope)]
    assert sorted(each.facts["numero_lote"] for each in found) == [1, 2, 3, 4]


def test_one_task_that_runs_twice_at_once_gives_no_number_twice(begin: Callable[..., Trip], stage: CieloStage) -> None:
    first, twin = begin(pouch="the same"), begin(pouch="the same")

    class Meanwhile(list[Any]):
        """Rows before whose reading the other worker prepares the same pouch."""

        def __iter__(self) -> Iterator[Any]:
            if not first.journal.submissions(first.scope):
                first.prepare(stage.rows(0, 3))
            return super().__iter__()

    twin.prepare(Meanwhile(stage.rows(1, 4)))
    found = twin.journal.submissions(twin.scope)
    assert [(each.facts["numero_lote"], each.item_count) for each in found] == [(1, 3), (2, 2)]


def test_lots_begin_where_the_user_says(begin: Callable[..., Trip], stage: CieloStage, warehouse: str) -> None:
    access = stage.access()
    numbered = stage.access(rules={**access.extra["rules"], "first_lot": 4711})
    trip = begin(institution=load("cielo")(numbered))
    trip.prepare(stage.rows(0, 1))
    (lot,) = trip.journal.submissions(trip.scope)
    assert lot.facts["numero_lote"] == 4711
    assert lot.name == "ECOMM_1006993069_02_20261123_0000004711.xml"


@pytest.mark.parametrize("patience", [24, 6])
def test_the_return_is_asked_for_after_12_hours_then_hourly_until_data_retorno_and_the_patience(
    begin: Callable[..., Trip], stage: CieloStage, patience: int
) -> None:
    stage.sim.cielo.set(result_after=10 * 86400)
    there = load("cielo")(stage.access(rules={"requests": 0, "patience": f"PT{patience}H"}))
    trip = begin(institution=there)
    trip.prepare(stage.rows(0, 3))
    trip.send()
    began, hours = trip.clock.at, []
    while (rest := trip.asking.in_turn(trip.scope, trip.driver)).waiting:
        assert rest.wake is not None
        trip.clock.at = rest.wake
        hours.append((rest.wake - began).total_seconds() / 3600)
    gaps = [later - sooner for sooner, later in itertools.pairwise(hours)]
    assert hours[0] == pytest.approx(12, abs=0.01)
    assert all(0.9 <= gap <= 1.1 for gap in gaps) and max(gaps) - min(gaps) > 0.05
    assert 24 + patience <= hours[-1] <= 24 + patience + 1.1
    assert standings(trip.dsn) == {"overdue": 1}
    assert stage.sim.cielo.requests["upload"] == 1

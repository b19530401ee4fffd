"""BNDES after a lost reply, over real HTTPS and by one clock: what may be sent again, and what is looked for first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import malote_sim
from malote.checkpoint import CHECKPOINTS
from malote.clock import HeldClock
from malote.errors import Misconfigured, Unavailable
from malote.institution import Call, load
from malote.submission import Standing
from support.stages import BndesStage
from support.trip import Dead, Trip, standings

NOON = datetime(2026, 11, 23, 15, tzinfo=timezone.utc)
PROPOSAL = "financiamento 2026/1000"
IN_BETWEEN = [
    ("lost_reply", {}),
    ("timeout", {"accept": True}),
    ("timeout", {"accept": False}),
    ("reset_before", {}),
    *((page, {"accept": accept}) for page in ("500", "503", "gateway", "html", "empty") for accept in (True, False)),
]
"""What a reply may be of which nobody can say whether BNDES gave it: the request was acted upon, or not."""


class OneClock(HeldClock):
    """Our time is BNDES's as well, so that its search lags by it."""

    def __init__(self, at: datetime, sim: malote_sim.Running) -> None:
        sim.clock.speed = 0
        self._sim = sim
        super().__init__(at)

    @property
    def at(self) -> datetime:
        return self._at

    @at.setter
    def at(self, at: datetime) -> None:
        self._at = at
        self._sim.clock.set(at)


class Noting:
    """The driver, and when each submit went."""

    def __init__(self, driver: Any, clock: HeldClock) -> None:
        self._driver, self._clock = driver, clock
        self.submits: list[datetime] = []

    def send(self, call: Call[Any], sink: Any = None) -> Any:
        if call.submits:
            self.submits.append(self._clock.now())
        return self._driver.send(call, sink)


@pytest.fixture
def begin(stage: BndesStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    """``begin(service, **rules)``: the trip of another run; all have one clock."""
    made: list[Trip] = []
    clock = OneClock(NOON, stage.sim)

    def begin(service: str = "financiamento", **rules: str) -> Trip:
        usual = stage.access()
        there = load("bndes")(stage.access(rules={**usual.extra["rules"], **rules}))
        driver = Noting(stage.driver(), clock)
        pouch = f"dag/{len(made)}/submit"
        archive = str(tmp_path / "archive")
        made.append(Trip(there, driver, warehouse, archive, service=service, clock=clock, pouch=pouch))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


@pytest.fixture
def about(stage: BndesStage, begin: Callable[..., Trip]) -> Callable[[str], list[dict[str, Any]]]:
    """``about(service)``: one outgoing row of it, for an operation that is as far as it needs."""

    def row(service: str) -> list[dict[str, Any]]:
        if service == "financiamento":
            return stage.rows(0, 1)
        begin().run(stage.rows(0, 1))
        (operation,) = stage.sim.bndes.described()["operacoes"].values()
        number = operation["numeroBNDES"]
        if service != "contratacao":
            begin("contratacao").run([{"reference": number, "numeroBNDES": number}])
        more = {"liberacao": {"reference": "L-1", "valor": 100}, "cancelamento": {"reference": "C-1"}}
        return [{"reference": number, "numeroBNDES": number, **more.get(service, {})}]

    return row


def home(trip: Trip, *, by: int) -> None:
    """It was accepted once and has landed, after so many submits in all."""
    trip.send()
    trip.wait()
    trip.land()
    assert standings(trip.dsn).keys() == {"landed"}
    assert len(trip.driver.submits) == by


# ---- what may be sent again at once


@pytest.mark.parametrize("service", ["financiamento", "contratacao", "liberacao", "cancelamento"])
def test_after_its_own_500_nothing_was_done_so_it_is_sent_again_without_looking_for_it(
    stage: BndesStage, begin: Callable[..., Trip], about: Callable[..., Any], service: str
) -> None:
    rows = about(service)
    stage.sim.bndes.play("own_500", on=service)
    trip = begin(service)
    trip.prepare(rows)
    with pytest.raises(Unavailable, match="Nenhuma ação terá sido realizada") as said:
        trip.courier.send(trip.order.pouch, trip.driver)
    assert said.value.code == "500" and standings(trip.dsn)["prepared"] == 1
    home(trip, by=2)
    assert not stage.sim.bndes.requests["pesquisa"]
    assert set(stage.accepted().values()) == {1}


@pytest.mark.parametrize("service", ["contratacao", "liberacao"])
def test_503_in_its_own_words_waits_and_nothing_is_looked_for(
    stage: BndesStage, begin: Callable[..., Trip], about: Callable[..., Any], service: str
) -> None:
    rows = about(service)
    stage.sim.bndes.set(messages={"closed": ["9000", "Sistema em manutenção"]}, closed_as="503 xml")
    stage.sim.bndes.play("closed", on=service)
    trip = begin(service)
    trip.prepare(rows)
    with pytest.raises(Unavailable, match="503"):
        trip.courier.send(trip.order.pouch, trip.driver)
    home(trip, by=2)
    assert not stage.sim.bndes.requests["pesquisa"]


def test_a_system_in_maintenance_is_not_sent_anything(stage: BndesStage, begin: Callable[..., Trip]) -> None:
    stage.sim.bndes.set(maintenance=True)
    trip = begin()
    trip.prepare(stage.rows(0, 3))
    with pytest.raises(Unavailable, match="down") as said:
        trip.courier.send(trip.order.pouch, trip.driver)
    assert "fora do ar" in str(said.value) and "Do now:" in str(said.value)
    assert not trip.driver.submits and standings(trip.dsn) == {"prepared": 3}
    stage.sim.bndes.set(maintenance=False)
    home(trip, by=3)


@pytest.mark.parametrize("closed_as", ["400 xml", "503 xml"])
@pytest.mark.parametrize("service", ["financiamento", "liberacao"])
def test_a_counter_that_they_close_before_our_hours_stops_the_pouch_cleanly_and_it_goes_on(
    stage: BndesStage, begin: Callable[..., Trip], about: Callable[..., Any], service: str, closed_as: str
) -> None:
    (row,) = about(service)
    rows = [{**row, "reference": f"L-{n}"} for n in range(3)] if service == "liberacao" else stage.rows(0, 3)
    stage.sim.bndes.set(closed_as=closed_as, equal_documents="apart")
    stage.sim.bndes.play("closed", on=service, skip=1, times=2)
    trip = begin(service)
    trip.prepare(rows)
    sent = trip.courier.send(trip.order.pouch, trip.driver)
    assert (sent.received, sent.refused, sent.in_doubt) == (1, 0, 0)
    assert sent.wake is not None and "its counter is closed" in sent.why
    assert standings(trip.dsn)["prepared"] == 2, "no refusal: its rows need not change to travel"
    home(trip, by=5)
    assert not stage.sim.bndes.requests["pesquisa"] and set(stage.accepted().values()) == {1}


# ---- what is looked for before anything is sent again


@pytest.mark.parametrize(("fault", "options"), IN_BETWEEN, ids=lambda each: str(each))
def test_a_financiamento_of_which_nobody_knows_is_looked_for_and_accepted_once(
    stage: BndesStage, begin: Callable[..., Trip], fault: str, options: dict[str, Any]
) -> None:
    stage.sim.bndes.play(fault, on="financiamento", **options)
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    first = trip.courier.send(trip.order.pouch, trip.driver)
    assert len(trip.driver.submits) == 1, "not again before it was looked for"
    arrived = options.get("accept", fault == "lost_reply")
    assert (first.received, first.wake is None) == (int(arrived), arrived)
    assert stage.sim.bndes.requests["pesquisa"] >= 1
    home(trip, by=1 if arrived else 2)
    assert dict(stage.accepted()) == {PROPOSAL: 1}


def test_absence_counts_only_after_the_send_is_over_and_the_search_has_had_time_to_settle(
    stage: BndesStage, begin: Callable[..., Trip]
) -> None:
    stage.sim.bndes.play("timeout", on="financiamento", accept=False)
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    home(trip, by=2)
    rules, (first, second) = trip.institution.rules, trip.driver.submits
    assert second - first >= rules.send_timeout + rules.settle + rules.absent_apart
    assert stage.sim.bndes.requests["pesquisa"] >= rules.absent_times


def test_a_search_that_lags_by_less_than_the_settling_time_proves_nothing(
    stage: BndesStage, begin: Callable[..., Trip]
) -> None:
    lag = begin().institution.rules.settle - timedelta(seconds=30)
    stage.sim.bndes.set(search_lag=lag.total_seconds())
    stage.sim.bndes.play("lost_reply", on="financiamento")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    assert trip.courier.send(trip.order.pouch, trip.driver).wake is not None
    home(trip, by=1)
    assert stage.sim.bndes.requests["pesquisa"] >= 2


@pytest.mark.parametrize("lag", [timedelta(minutes=15), timedelta(hours=1)], ids=str)
@pytest.mark.parametrize("lost", ["lost_reply", "gateway", "attempt open", "reply read"])
def test_a_read_side_that_lags_makes_nothing_be_accepted_twice(
    stage: BndesStage, begin: Callable[..., Trip], lost: str, lag: timedelta
) -> None:
    stage.sim.bndes.set(search_lag=lag.total_seconds(), duplicates="accept")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    if lost in CHECKPOINTS:  # the process dies there, and another goes on
        trip.die_at = lost
        with pytest.raises(Dead):
            trip.send()
        trip.die_at = ""
    else:
        stage.sim.bndes.play(lost, on="financiamento")
    home(trip, by=1)
    assert dict(stage.accepted()) == {PROPOSAL: 1}
    waited = trip.clock.at - NOON
    if lost != "attempt open":
        assert waited < lag + trip.institution.rules.absent_apart * 2, "found as soon as it shows"
    else:
        assert waited > trip.institution.rules.settle, "silence of an hour is no evidence"


@pytest.mark.parametrize(
    ("duplicates", "how", "receipts"),
    [("accept", "replied", [False, True]), ("refuse", "found", [True]), ("same", "replied", [True])],
)
def test_whoever_shortens_the_settling_below_the_lag_sends_a_second_one_and_is_told_what_became_of_it(
    stage: BndesStage, begin: Callable[..., Trip], duplicates: str, how: str, receipts: list[bool]
) -> None:
    stage.sim.bndes.set(search_lag=3600, duplicates=duplicates)
    stage.sim.bndes.play("lost_reply", on="financiamento")
    hasty = begin(settle="PT5M", absent_apart="PT5M")
    hasty.prepare(stage.rows(0, 1))
    home(hasty, by=2)
    (mine,) = hasty.journal.submissions(hasty.scope)
    story = {each["what"]: each["detail"] for each in hasty.journal.story(mine.id)}
    assert "proven absent" in story and story["received"]["how"] == how, "why it went again, and what was then heard"
    assert [protocol == mine.receipt for protocol in stage.sim.bndes.solicitacoes] == receipts


@pytest.mark.parametrize("lag", [timedelta(hours=4), timedelta(hours=14), timedelta(days=9)], ids=str)
def test_already_there_after_an_uncertain_attempt_is_the_proof_that_it_arrived(
    stage: BndesStage, begin: Callable[..., Trip], lag: timedelta
) -> None:
    stage.sim.bndes.set(search_lag=lag.total_seconds())  # it looks absent long enough, and is sent again
    stage.sim.bndes.play("lost_reply", on="financiamento")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    wake: datetime | None = NOON
    while wake is not None:
        trip.clock.at = wake
        wake = trip.courier.send(trip.order.pouch, trip.driver).wake
    assert len(trip.driver.submits) == 2, "their own word ends the counting of silence"
    if lag > trip.institution.rules.patience:
        (doubt,) = trip.journal.submissions(trip.scope, Standing.IN_DOUBT)
        assert "they said that they have it" in str(trip.journal.story(doubt.id)[-1]["detail"])
    else:
        home(trip, by=2)
    assert dict(stage.accepted()) == {PROPOSAL: 1}


@pytest.mark.parametrize("service", ["contratacao", "cancelamento"])
@pytest.mark.parametrize("fault", ["lost_reply", "gateway"])
def test_a_contratacao_or_cancelamento_is_found_by_pesquisa_and_then_in_its_subcredito(
    stage: BndesStage, begin: Callable[..., Trip], about: Callable[..., Any], service: str, fault: str
) -> None:
    rows = about(service)
    stage.sim.bndes.play(fault, on=service)
    trip = begin(service)
    trip.prepare(rows)
    home(trip, by=1)
    assert stage.sim.bndes.requests["pesquisa"] == stage.sim.bndes.requests["consultaSubcredito"] == 1
    assert set(stage.accepted().values()) == {1}


@pytest.mark.parametrize(
    ("service", "fault", "accept"),
    [("contratacao", "gateway", False), ("liberacao", "gateway", False), ("liberacao", "gateway", True),
     ("liberacao", "timeout", True), ("liberacao", "503", False)],
)  # fmt: skip
def test_what_asking_does_not_settle_is_in_doubt_and_never_sent_again_by_itself(
    stage: BndesStage, begin: Callable[..., Trip], about: Callable[..., Any], service: str, fault: str, accept: bool
) -> None:
    rows = about(service)
    stage.sim.bndes.play(fault, on=service, accept=accept)
    trip = begin(service)
    trip.prepare(rows)
    assert trip.send().in_doubt == 1
    trip.clock.pass_(days=3)
    again = begin(service)
    assert again.prepare(rows, refused_too=True).held == 1, "its row is locked"
    assert again.send().wake is None
    assert len(trip.driver.submits) == 1 and not again.driver.submits
    (doubt,) = trip.journal.submissions(trip.scope)
    story = " ".join(str(event) for event in trip.journal.story(doubt.id))
    assert "consultaSubcredito" in story and f"malote story {doubt.id}" in story


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_lost_second_document_never_takes_the_receipt_of_the_rejected_first(
    stage: BndesStage, begin: Callable[..., Trip], attempts: int
) -> None:
    stage.sim.bndes.set(reject={"2026/1000": ["cadin"]})
    rows = stage.rows(0, 1)
    begin().run(rows)
    stage.sim.bndes.set(reject={})
    trip = begin()
    trip.clock.pass_(hours=1)
    trip.prepare([{**rows[0], "valorFinanciado": 900}], refused_too=True)
    if attempts == 2:
        stage.sim.bndes.play("own_500", on="financiamento")
        with pytest.raises(Unavailable):
            trip.courier.send(trip.order.pouch, trip.driver)
    stage.sim.bndes.play("gateway", on="financiamento", accept=False)
    if attempts == 1:  # the time of reception tells the two apart: it is not there, and goes again
        home(trip, by=2)
        assert dict(stage.accepted()) == {PROPOSAL: 1, f"{PROPOSAL} #2": 1}
    else:  # what a first attempt might have left cannot be told from it by time: its receipt is taken already
        assert trip.send().in_doubt == 1
        assert standings(trip.dsn) == {"landed": 1, "in_doubt": 1}


# ---- what stops, and what is asked again


@pytest.mark.parametrize("status", [401, 403])
def test_a_denial_stops_the_pouch_at_its_first_document(
    stage: BndesStage, begin: Callable[..., Trip], status: int
) -> None:
    stage.sim.bndes.play("denied", on="financiamento", status=status, times=9)
    trip = begin()
    trip.prepare(stage.rows(0, 4))
    with pytest.raises(Misconfigured, match=f"HTTP {status}") as said:
        trip.courier.send(trip.order.pouch, trip.driver)
    assert "e-CNPJ" in str(said.value) and said.value.submission
    assert len(trip.driver.submits) == 1 and standings(trip.dsn) == {"prepared": 4}
    stage.calm()
    home(trip, by=5)


def test_a_return_that_knows_no_such_protocol_says_which_and_is_asked_again(
    stage: BndesStage, begin: Callable[..., Trip], caplog: pytest.LogCaptureFixture
) -> None:
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    trip.send()
    (sent,) = trip.journal.submissions(trip.scope)
    there = stage.sim.bndes.desk
    stage.sim.bndes.desk = type(there)()  # a desk that has forgotten everything
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1
    assert f"{sent.id}" in caplog.text and f"no request of protocol {sent.receipt}" in caplog.text
    stage.sim.bndes.desk = there
    home(trip, by=1)


@pytest.mark.parametrize("fault", ["html", "empty", "malformed", "500", "503", "timeout", "reset_before", "denied"])
def test_a_search_that_fails_changes_nothing_of_what_is_believed(
    stage: BndesStage, begin: Callable[..., Trip], fault: str
) -> None:
    stage.sim.bndes.play("lost_reply", on="financiamento")
    stage.sim.bndes.play(fault, on="pesquisa")
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    if fault == "denied":
        with pytest.raises(Misconfigured, match="403"):
            trip.courier.send(trip.order.pouch, trip.driver)
    else:
        assert trip.courier.send(trip.order.pouch, trip.driver).wake is not None
    assert standings(trip.dsn) == {"sending": 1}
    home(trip, by=1)
    assert dict(stage.accepted()) == {PROPOSAL: 1}

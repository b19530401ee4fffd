"""Any order of ticks, crashes, faults and people: never accepted twice, and in the end every answer has landed once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from malote import INSTITUTIONS
from malote.checkpoint import CHECKPOINTS
from malote.errors import InDoubt, Malformed, MaloteError, Transient
from malote.submission import Standing
from support.reused import Reused
from support.stages import STAGES, Stage
from support.trip import Dead, Trip, landed, standings


def machine(kind: type[Stage], migrated: Reused) -> type[RuleBasedStateMachine]:
    """The state machine on one stage; each run of it finds the warehouse empty."""

    class AnyOrder(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp(prefix="malote-any-order-"))
            self.dsn = migrated.take()
            self.stage = kind(self.folder)
            self.stage.prepare_warehouse(self.dsn)
            self.rows: list[dict[str, Any]] = []
            self.trip = self.restart()

        def restart(self, die_at: str = "") -> Trip:
            old = getattr(self, "trip", None)
            self.trip = Trip(
                self.stage.institution(), self.stage.driver(), self.dsn, str(self.folder / "archive"),
                service=self.stage.service, clock=old.clock if old else None, die_at=die_at,
            )  # fmt: skip
            if old:
                old.close()
            return self.trip

        @rule(n=st.integers(1, 5))
        def new_rows(self, n: int) -> None:
            self.rows += self.stage.rows(len(self.rows), n)

        @rule(fault=st.sampled_from(kind.faults))
        def a_fault_comes(self, fault: str) -> None:
            self.stage.play(fault)

        @rule(minutes=st.integers(1, 90))
        def time_passes(self, minutes: int) -> None:
            self.trip.clock.pass_(minutes=minutes)

        @rule(die_at=st.sampled_from(("", *CHECKPOINTS)))
        def the_dag_runs(self, die_at: str) -> None:
            trip = self.restart(die_at)
            try:
                trip.prepare(self.rows)
                trip.courier.send(trip.order.pouch, trip.driver)
                trip.asking.in_turn(trip.scope, trip.driver)
                trip.land()
            except (Dead, Transient, InDoubt, Malformed):  # Malformed: an odd answer to the question before a pouch
                pass
            self.restart()

        @rule()
        def a_person_looks_at_the_doubts(self) -> None:
            for doubt in self.trip.journal.submissions(self.trip.scope, Standing.IN_DOUBT):
                receipt = self.stage.truth(doubt)
                if receipt:
                    self.trip.journal.give_receipt(doubt.id, receipt, "seen over there")
                else:
                    self.trip.journal.resend(doubt.id, "it is not there")

        @invariant()
        def nothing_was_accepted_twice(self) -> None:
            assert not {ref: n for ref, n in self.stage.accepted().items() if n > 1}

        def teardown(self) -> None:
            try:
                self.nothing_was_accepted_twice()
                self.bring_home()
            finally:
                self.trip.close()
                self.stage.close()
                migrated.give_back()

        def bring_home(self) -> None:
            self.stage.calm()
            for _ in range(60):
                trip = self.restart()
                try:
                    trip.prepare(self.rows)
                    trip.courier.send(trip.order.pouch, trip.driver)
                    trip.asking.in_turn(trip.scope, trip.driver)
                    trip.land()
                except MaloteError as error:
                    assert isinstance(error, (Transient, InDoubt)), error
                self.a_person_looks_at_the_doubts()
                if set(standings(self.dsn)) <= {"landed"} and len(landed(self.dsn, kind.table)) == len(self.rows):
                    break
                trip.clock.pass_(minutes=30)
            self.nothing_was_accepted_twice()
            assert set(standings(self.dsn)) <= {"landed"}
            assert [row[0] for row in landed(self.dsn, kind.table)] == sorted(row["reference"] for row in self.rows)

    return AnyOrder


def test_every_institution_has_a_stage() -> None:
    assert set(STAGES) >= set(INSTITUTIONS)


@pytest.mark.parametrize("name", list(STAGES))
def test_nothing_is_accepted_twice_and_everything_comes_home(name: str, migrated: Reused) -> None:
    few = name != "notary"  # the others speak real TLS
    run_state_machine_as_test(
        machine(STAGES[name], migrated),
        settings=settings(
            max_examples=8 if few else 25,
            stateful_step_count=12 if few else 20,
            suppress_health_check=list(HealthCheck),
        ),
    )

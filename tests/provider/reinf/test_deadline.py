"""The deadline of a month, told by submit while there is time, and the sensor that waits for the results of lotes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.hours import ZONE
from malote_provider.hooks import MaloteHook
from malote_provider.reinf import (
    UNKNOWN,
    ReinfLandOperator,
    ReinfLoteSensor,
    ReinfSubmitOperator,
)
from malote_provider.version_compat import TaskDeferred
from malote_sim.certificates import CNPJ
from support.reinf import CONTRIBUTOR, cnpj_number

PAYMENT = f"""
    insert into outgoing.reinf_r4020
        (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
    values (%(name)s, %(month)s, '{CNPJ}', '{cnpj_number(1)}', '15001', (%(month)s || '-05')::date, 1000, 1000, 15)
"""
MONTH = "2026-10"


def at(day: str) -> HeldClock:
    return HeldClock(datetime.fromisoformat(f"{day} 10:00").replace(tzinfo=ZONE))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HeldClock:
    held = at("2026-11-03")
    monkeypatch.setattr(MaloteHook, "clock", held)
    return held


class Month:
    """A month at the desk, run by run."""

    def __init__(self, dsn: str, context: Any, said: pytest.CaptureFixture[str]) -> None:
        self.dsn, self._context, self._said, self._runs = dsn, context, said, 0

    def sql(self, query: str, **values: Any) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(query, values or None)

    def run(self, service: str, **options: Any) -> list[str]:
        """One run of one kind of event from end to end; what it warned of a deadline."""
        self._runs += 1
        self._said.readouterr()
        given = self._context(run_id=f"run-{self._runs}")
        pushed = ReinfSubmitOperator(task_id="submit", service=service, **options).execute(given)
        ReinfLoteSensor(task_id="wait", service=service, pouch=pushed, poke_interval=0.1).execute(given)
        ReinfLandOperator(task_id="land", service=service, pouch=pushed).execute(given)
        return re.findall(r"(\S+ is due on .+?) +\[airflow", "".join(self._said.readouterr()))


@pytest.fixture
def month(reinf: SimpleNamespace, clock: HeldClock, context: Any, capfd: pytest.CaptureFixture[str]) -> Month:
    found = Month(reinf.dsn, context, capfd)
    found.sql(CONTRIBUTOR)
    found.run("r1000")
    return found


@pytest.mark.parametrize(
    ("day", "left"),
    [  # the 15th is a Sunday and a holiday: the bank day before is Friday, the 13th
        ("2026-11-05", None),
        ("2026-11-06", "in 7 days"),
        ("2026-11-12", "in 1 day"),
        ("2026-11-13", "today"),
        ("2026-11-16", "3 days ago"),
        ("2026-11-30", "17 days ago"),
        ("2026-12-02", "19 days ago"),
    ],
)
def test_the_deadline_is_told_from_a_week_before_and_until_the_month_is_closed(
    month: Month, clock: HeldClock, day: str, left: str | None
) -> None:
    month.sql(PAYMENT, name="P1", month=MONTH)
    clock.at = at(day).at
    told = [f"{MONTH} is due on 2026-11-13 ({left}): it is not closed: R-4020 a enviar: 1"] if left else []
    assert [each for each in month.run("r4099") if each.startswith(MONTH)] == told
    month.run("r4020")
    told = [each.replace("R-4020 a enviar: 1", "nothing is missing but its R-4099 (outgoing.reinf_r4099)")
            for each in told]  # fmt: skip
    assert [each for each in month.run("r4099") if each.startswith(MONTH)] == told
    month.sql("insert into outgoing.reinf_r4099 (per_apur) values ('2026-10')")
    month.run("r4099")
    assert [each for each in month.run("r4099") if each.startswith(MONTH)] == []


PAID_LATE = (
    "insert into outgoing.reinf_r4099 (per_apur) values ('2026-10')",
    "update outgoing.reinf_r4020 set vlr_ir = 10, retificacao = 1",
)
AGAIN = "it is closed, and open it again (R-4099, fech_ret 1) for: R-4020 a enviar: 1"
TOLD: list[tuple[str, tuple[str, ...], dict[str, Any], list[str]]] = [
    # the day, what is done with a declared payment, the connection's rules, what is told
    ("2026-11-09", PAID_LATE, {}, [f"{MONTH} is due on 2026-11-13 (in 4 days): {AGAIN}"]),
    ("2026-11-10", (), {}, [f"{MONTH} is due on 2026-11-13 (in 3 days): {UNKNOWN}"]),
    ("2026-11-10", (), {"due_day": 20, "tell_before": "P9D"}, [f"{MONTH} is due on 2026-11-19 (in 9 days): {UNKNOWN}"]),
    ("2026-11-10", (), {"tell_before": "P2D"}, []),
    ("2027-01-08", (), {}, [f"2026-12 is due on 2027-01-15 (in 7 days): {UNKNOWN}"]),
    ("2027-02-12", (), {}, [f"2027-01 is due on 2027-02-15 (in 3 days): {UNKNOWN}"]),
]  # fmt: skip


@pytest.mark.parametrize(("day", "late", "rules", "told"), TOLD)
def test_what_a_month_lacks_is_told_with_the_way_to_it_and_older_ones_without_anything_are_not(
    month: Month, reinf: SimpleNamespace, clock: HeldClock, set_connection: Any, day: str, late: tuple[str, ...],
    rules: dict[str, Any], told: list[str],
) -> None:  # fmt: skip
    extra = reinf.connection["extra"]
    set_connection("reinf_default", **{**reinf.connection, "extra": {**extra, "rules": {**extra["rules"], **rules}}})
    if late:
        month.sql(PAYMENT, name="P1", month=MONTH)
        month.run("r4020")
        month.sql(late[0])
        month.run("r4099")
        month.sql(late[1])
    clock.at = at(day).at
    assert month.run("r4099") == told


# ---- the sensor


@pytest.fixture
def pushed(reinf: SimpleNamespace, clock: HeldClock, context: Any) -> dict[str, Any]:
    """What submit hands over: a lote whose result comes late."""
    with psycopg.connect(reinf.dsn) as connection:
        connection.execute(CONTRIBUTOR)
    reinf.office.play("late", on="consulta", skip=1)  # which the question of preflight takes
    return dict(ReinfSubmitOperator(task_id="submit", service="r1000").execute(context()))


def test_poking_waits_while_a_lote_is_processed_and_asks_nothing_before_it_is_due(
    reinf: SimpleNamespace, clock: HeldClock, context: Any, pushed: dict[str, Any]
) -> None:
    wait = ReinfLoteSensor(task_id="wait", service="r1000", pouch=pushed)
    asks = lambda: reinf.office.requests["consulta"]  # noqa: E731
    before = asks()  # the question of preflight
    assert not wait.poke(context()).is_done
    assert not wait.poke(context()).is_done
    assert asks() == before + 1, "the second look asks nothing: it is not due"
    clock.pass_(seconds=5)
    done = wait.poke(context())
    assert done.is_done and done.xcom_value == {"status": "settled", "waiting": 0, "answered": 1}


def test_deferred_it_hands_one_trigger_over_and_is_done_when_that_is(
    clock: HeldClock, context: Any, pushed: dict[str, Any]
) -> None:
    wait = ReinfLoteSensor(task_id="wait", service="r1000", pouch=pushed, deferrable=True, patience="PT1H")
    with pytest.raises(TaskDeferred) as parked:
        wait.execute(context())
    kind, given = parked.value.trigger.serialize()
    assert kind.endswith("ReceiptTrigger")
    assert (given["institution"], given["service"], given["pouch"]) == ("reinf", "r1000", pushed["pouch"])
    assert datetime.fromisoformat(given["until"]) == clock.now() + timedelta(hours=1)
    event = {"status": "patience over", "waiting": 1}
    assert wait.execute_complete(context(), event) == event


def test_what_its_patience_did_not_bring_is_landed_by_a_later_run(
    clock: HeldClock, context: Any, pushed: dict[str, Any]
) -> None:
    wait = ReinfLoteSensor(task_id="wait", service="r1000", pouch=pushed, patience="PT0S")
    assert wait.execute(context())["status"] == "patience over"
    land = ReinfLandOperator(task_id="land", service="r1000", pouch=pushed, scope="service")
    assert land.execute(context())["landed"] == 0
    clock.pass_(seconds=5)
    ReinfLoteSensor(task_id="wait", service="r1000", scope="service").execute(context(run_id="run-2"))
    assert land.execute(context())["landed"] == 1

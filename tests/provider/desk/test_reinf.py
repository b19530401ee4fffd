"""A month of the EFD-Reinf on the desk: its deadline and what it lacks on Today, its events by reference."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.clock import ZONE
from malote_provider.desk import counters
from malote_provider.desk.drawing import month
from malote_provider.reinf import ReinfLandOperator, ReinfLoteSensor, ReinfSubmitOperator, months_due
from malote_sim.certificates import CNPJ
from support.described import as_described
from support.reinf import CONTRIBUTOR, cnpj_number

PAYMENTS = f"""
    insert into outgoing.reinf_r4020
        (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
    select 'P' || n, %(month)s, '{CNPJ}', case n when 1 then '{cnpj_number(1)}' else '{cnpj_number(2)}' end,
        '15001', (%(month)s || '-05')::date, 1000, 1000, case n when 1 then 15 else 2000 end
    from generate_series(1, 2) as n
"""
"""Of the second the tax is above its base, which is refused."""


@pytest.fixture
def dues() -> dict[str, date]:
    return dict(months_due(datetime.now(ZONE).date(), 15))


@pytest.fixture
def desk(reinf: SimpleNamespace, context: Any, gate: Any, signed_in: Any, dues: dict[str, date]) -> Any:
    """A client over the last month, of which one of two events was refused."""
    counters._kept.clear()
    with psycopg.connect(reinf.dsn) as connection:
        connection.execute(CONTRIBUTOR)
        connection.execute(PAYMENTS, {"month": max(dues)})
    for service in ("r1000", "r4020"):
        given = context(run_id=f"run-{service}")
        pushed = ReinfSubmitOperator(task_id="submit", service=service).execute(given)
        ReinfLoteSensor(task_id="wait", service=service, pouch=pushed["pouch"], deferrable=False).execute(given)
        ReinfLandOperator(task_id="land", service=service, pouch=pushed["pouch"], fail_on=()).execute(given)
    yield signed_in("ana")
    counters._kept.clear()


def test_today_tells_until_when_each_month_is_declared_and_what_it_lacks(desk: Any, dues: dict[str, date]) -> None:
    last = max(dues)
    for language, open_, missing, nothing in (
        ("pt-BR", "aberta", "falta: R-4020 recusado: 1", "nada declarado"),
        ("en", "not closed", "missing: R-4020 recusado: 1", "nothing declared"),
    ):
        text = desk.get("/today", headers={"accept-language": language}).text
        own = text[text.index('id="day-reinf"') :]
        day = f"{dues[last]:%d/%m/%Y}" if language == "pt-BR" else dues[last].isoformat()
        assert last in own and day in own and open_ in own and missing in own
        assert own.count(nothing) == len(dues) - 1
    (told,) = (each for each in as_described(desk, "/api/v1/today") if each["institution"] == "reinf")
    assert told["hours"] and told["services"], "each list of the type holds something"
    assert told["months"][0] == {
        "month": last, "until": dues[last].isoformat(), "closed": False, "missing": "R-4020 recusado: 1"
    }  # fmt: skip


def test_whoever_may_read_none_of_its_dags_learns_the_deadline_only(desk: Any, gate: Any) -> None:
    gate.read = {"other"}
    (told,) = (each for each in desk.get("/api/v1/today").json() if each["institution"] == "reinf")
    assert {(each["closed"], each["missing"]) for each in told["months"]} == {(None, None)}


def test_an_event_is_looked_up_with_its_receipt_or_what_was_wrong(desk: Any, reinf: SimpleNamespace) -> None:
    with psycopg.connect(reinf.dsn) as connection:
        query = "select reference, situacao, nr_recibo from reinf.evento where evento = 'R-4020' order by situacao"
        (good, _, receipt), (bad, *_) = connection.execute(query).fetchall()
    found = desk.get("/api/v1/items", params={"reference": good}).json()["documents"]
    assert [(each["item"]["standing"], each["item"]["said"]["nr_recibo"]) for each in found] == [("accepted", receipt)]
    text = desk.get("/item", params={"reference": good}, headers={"accept-language": "pt-BR"}).text
    assert receipt in text and "Aceito" in text
    (refused,) = desk.get("/api/v1/items", params={"reference": bad}).json()["documents"]
    assert refused["item"]["standing"] == "refused" and refused["item"]["message"]


@pytest.mark.parametrize("today", [date(2026, 10, 30), date(2026, 11, 1), date(2026, 11, 13), date(2026, 12, 24)])
def test_the_picture_of_a_deadline_stays_within_its_frame(today: date) -> None:
    import re

    drawn = str(month(today, date(2026, 11, 13), "2026-10"))
    for x, width in re.findall(r'<rect class="[\w-]+" x="([-\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn):
        assert float(x) >= 0 and float(x) + float(width) <= 484

"""Hours and dates of the simulated BNDES."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from malote_sim.bndes.counter import bank_day, credit_date
from support.sim.bndes import CON, FIN, GOOD, LIB, text


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T08:00:00", True),
        ("2026-11-23T19:59:59", True),
        ("2026-11-23T20:00:00", False),
        ("2026-11-22T12:00:00", False),
        ("2026-11-20T12:00:00", False),
        ("2027-02-09T12:00:00", False),
        ("2027-02-10T12:00:00", True),
    ],
)
def test_protocols_are_given_from_8_to_20_on_bank_days(caller, at, is_open):
    caller.sim.clock.set(datetime.fromisoformat(f"{at}-03:00"))
    reply = caller.post(FIN, GOOD)
    assert reply.status_code == (202 if is_open else 503)
    assert sum(caller.sim.bndes.accepted.values()) == is_open
    assert caller.search(anoProposta=2026, numeroProposta=1).status_code == 202
    assert caller.get("api/status").status_code == 200


@pytest.mark.parametrize("closed_as", ["503 html", "503 xml", "400 xml", "403 html", "503 empty"])
def test_being_closed_is_said_as_it_is_set(caller, closed_as):
    caller.sim.clock.set(datetime.fromisoformat("2026-11-23T21:00:00-03:00"))
    caller.sim.bndes.set(closed_as=closed_as)
    reply = caller.post(FIN, GOOD)
    assert f"{reply.status_code}" == closed_as[:3]
    assert (text(reply, "codigo") == "1101") if "xml" in closed_as else (b"codigo" not in reply.content)
    assert "Protocolo fechado" in caller.get("api/status").text


def test_hours_and_days_can_be_others_or_none(caller):
    caller.sim.clock.set(datetime.fromisoformat("2026-11-22T03:00:00-03:00"))  # a Sunday
    caller.sim.bndes.set(hours="")
    assert caller.post(FIN, GOOD).status_code == 202
    caller.sim.bndes.set(hours="02:00-04:00")
    assert caller.post("previaFinanciamento", GOOD).status_code == 503
    caller.sim.bndes.set(days="all")
    assert caller.post("previaFinanciamento", GOOD).status_code == 202
    caller.sim.bndes.set(closed_days=["2026-11-22"], days="bank", bound=[CON])
    assert caller.post("previaFinanciamento", GOOD).status_code == 202


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-11-23T16:30:00", "2026-11-25"),
        ("2026-11-23T16:30:01", "2026-11-26"),
        ("2026-11-19T10:00:00", "2026-11-24"),  # the 20th is a holiday, then a weekend
        ("2027-02-05T17:00:00", "2027-02-12"),  # Carnival; Ash Wednesday is a bank day
        ("2026-02-14T10:00:00", "2026-02-19"),  # of a Saturday, Ash Wednesday is D+1
    ],
)
def test_credit_is_expected_two_or_three_bank_days_after_reception(received, expected):
    assert credit_date(datetime.fromisoformat(received)).isoformat() == expected


def test_bank_days_are_anbimas():
    closed = "01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-20 12-25"
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + each) for each in range(365)]
    assert " ".join(f"{day:%m-%d}" for day in days if day.weekday() < 5 and not bank_day(day)) == closed
    assert bank_day(date(2023, 11, 20)) and not bank_day(date(2024, 5, 30))


def test_the_reception_counts_and_not_the_processing(caller):
    numero = caller.contracted()
    caller.sim.clock.set(datetime.fromisoformat("2026-11-23T16:30:00.400-03:00"))
    caller.sim.bndes.set(result_after=7200)
    protocol = caller.take(LIB, numeroBNDES=numero, valor="1.00")
    caller.sim.clock.advance(7200)
    reply = caller.retorno(LIB, protocol)
    assert text(reply, "dataHoraRecebimento") == "2026-11-23T16:30:00"
    assert text(reply, "dataPrevistaLiberacao") == "2026-11-25"


def test_the_system_can_be_down_for_maintenance(caller):
    caller.sim.bndes.set(maintenance=True)
    assert caller.get("api/status").status_code == caller.post(FIN, GOOD).status_code == 503
    caller.sim.bndes.set(maintenance=False, status_text="Lentidão nas consultas à RFB.")
    status = caller.get("api/status")
    assert (status.status_code, status.text) == (200, "Lentidão nas consultas à RFB.")
    assert status.headers["Content-Type"].startswith("text/plain")

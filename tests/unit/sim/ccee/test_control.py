"""The control page of the simulators, and the command that starts them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

import malote_sim
from malote_sim.clock import SimulatedClock
from support.sim.ccee import IMPORT, Caller, import_envelope, texts

# The control page


def test_the_control_page_needs_no_certificate_and_does_what_python_does(caller):
    page = caller.sim.control + "/_sim/ccee/"
    requests.post(page + "faults", json=[{"on": IMPORT, "fault": "500", "times": 1}], timeout=5).raise_for_status()
    assert requests.get(page, timeout=5).json()["faults"]["queued"][0]["fault"] == "500"
    assert requests.delete(page + "faults", timeout=5).json()["faults"]["queued"] == []
    requests.post(page + "settings", json={"result_after": 60}, timeout=5).raise_for_status()
    codigo = caller.sent("A")
    assert texts(caller.ask(codigo), "codigoOrigem") == []
    requests.post(page + "clock", json={"advance": 60}, timeout=5).raise_for_status()
    assert texts(caller.ask(codigo), "codigoOrigem") == ["A"]
    shown = requests.get(page, timeout=5).json()
    assert shown["accepted"] == {"A": 1} and shown["requests"] == 3 and shown["submissions"][codigo]["asks"] == 2
    assert caller.session.get(caller.sim.url("ccee") + "/_sim/ccee/", timeout=5).json()["accepted"] == {"A": 1}
    assert requests.post(page + "reset", timeout=5).json()["accepted"] == {}


def test_the_control_page_is_readable_in_a_browser(sim):
    shown = requests.get(sim.control + "/_sim/ccee/", headers={"Accept": "text/html,*/*"}, timeout=5)
    assert shown.headers["Content-Type"].startswith("text/html") and "accepted_more_than_once" in shown.text
    assert requests.get(sim.control + "/_sim/", timeout=5).json()["institutions"] == {"ccee": "/_sim/ccee/"}


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("faults", [{"fault": "500"}, {"fault": "earthquake"}]),
        ("faults", {"fault": "500", "on": "incluirAlgo"}),
        ("faults", {"fault": "500", "acept": True}),
        ("faults", {"fault": "partial", "on": IMPORT}),
        ("faults", {"fault": "500", "times": 0}),
        ("settings", {"pending": "maybe"}),
        ("settings", None),
        ("clock", {"forward": 3}),
        ("clock", {"set": "2026-11-22T08:00:00"}),
    ],
)
def test_the_control_page_says_what_is_wrong_and_changes_nothing(sim, what, given):
    reply = requests.post(f"{sim.control}/_sim/ccee/{what}", json=given, timeout=5)
    assert reply.status_code == 400 and reply.json()["error"]
    assert sim.ccee.faults.queued == []


def test_the_clock_runs_faster_and_can_be_set():
    clock = SimulatedClock(speed=3600)
    before = clock.now()
    time.sleep(0.01)
    assert (clock.now() - before).total_seconds() >= 36
    clock.speed = 0
    clock.set(before)
    clock.advance(-5)
    assert (before - clock.now()).total_seconds() == 5 and clock.now().utcoffset() is not None


# The command


def test_what_was_accepted_survives_a_restart_by_the_journal(tmp_path, sim, session):
    folder, journal = sim.certificates.folder, tmp_path / "journal.jsonl"
    users = {"user": {"password": "pass", "profiles": ["1234"]}}
    with malote_sim.running("ccee", folder=folder, journal=journal) as first:
        first.ccee.set(users=users)
        first.clock.advance(86400)
        codigo = Caller(first, session).sent("A", "ERRO-2")
        before = first.ccee.submissions[codigo].accepted_at
    with journal.open("ab") as torn:
        torn.write(b'{"institution": "ccee", "at"')
    for _ in range(2):
        with malote_sim.running("ccee", folder=folder, journal=journal) as second:
            second.ccee.set(users=users)
            assert second.ccee.accepted["A"] == 1 and second.clock.now() >= before
            assert texts(Caller(second, session).ask(codigo), "codigoOrigem") == ["A", "ERRO-2"]
            assert Caller(second, session).sent("B") != codigo
    assert second.ccee.accepted == {"A": 1, "ERRO-2": 1, "B": 2}
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "malote_sim", *arguments]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_stops_when_told(sim, number):
    folder = str(sim.certificates.folder)
    with subprocess.Popen(
        command("--ccee-port", "0", "--folder", folder), stdout=subprocess.PIPE, text=True
    ) as process:
        ccee, control = process.stdout.readline(), process.stdout.readline()
        assert re.fullmatch(rf"ccee https://localhost:\d+ certificates in {re.escape(folder)}\n", ccee)
        assert requests.get(control.split()[1] + "/_sim/ccee/", timeout=5).json()["accepted"] == {}
        process.send_signal(number)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--nowhere-port", "1"], "there is no simulator 'nowhere'"), ([], "--ccee-port"), (["--what"], "--what")],
)
def test_the_command_refuses_what_does_not_exist(capsys, arguments, words):
    from malote_sim.__main__ import main

    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


FLAT = (
    '<MontanteMedioContratoCCEALFirme montanteMedio="1,5"/><TipoModulacao tipoModulacao="F"/><MesAno mesAno="12/2026"/>'
)
NESTED = (
    '<MontanteMedioContratoCCEALFirme montanteMedio="1.5"><TipoModulacao tipoModulacao="F"><MesAno mesAno="12/2026"/>'
    "</TipoModulacao></MontanteMedioContratoCCEALFirme>"
)


def with_montante(inside: str) -> str:
    contract = f'<Contrato referencia="A"><MontanteMedio>{inside}</MontanteMedio></Contrato>'
    return import_envelope(f'<ContratosCCEAL tipoGeracao="1">{contract}</ContratosCCEAL>')


@pytest.mark.parametrize(
    ("inside", "departures"),
    [
        (FLAT, {}),
        (f'<semana semana="1">{FLAT}</semana>', {}),
        (
            NESTED,
            {
                "TipoModulacao below MontanteMedioContratoCCEALFirme instead of MontanteMedio": 1,
                "MesAno below TipoModulacao instead of MontanteMedio": 1,
            },
        ),
    ],
)
def test_a_contract_file_that_is_nested_otherwise_than_the_examples_is_a_departure(
    caller: Caller, inside: str, departures: dict[str, int]
) -> None:
    caller.post(IMPORT, with_montante(inside))
    assert caller.sim.ccee.departures == departures


@pytest.mark.parametrize(
    ("sign", "inside", "status"),
    [
        ("", FLAT, "SUCESSO"),
        (",", FLAT, "SUCESSO"),
        (".", FLAT, "ERRO"),
        (",", NESTED, "ERRO"),
        (".", NESTED, "SUCESSO"),
    ],
)
def test_the_decimal_sign_that_it_takes_can_be_set(caller: Caller, sign: str, inside: str, status: str) -> None:
    caller.sim.ccee.set(decimal_sign=sign)
    code = texts(caller.post(IMPORT, with_montante(inside)), "codigoProcessamento")[0]
    assert texts(caller.ask(code), "status") == [status]

"""`make up` as a newcomer meets it: a real Airflow, what is printed is true, each institution's first rows land."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from malote import INSTITUTIONS
from malote_local.brasilia import SCRIPT
from malote_local.rest import Rest

LOCAL = [sys.executable, "-m", "malote_local"]


@dataclass(frozen=True)
class Up:
    """What runs, by what it has printed."""

    state: Path
    said: str
    rest: Rest
    control: str
    process: subprocess.Popen[str]

    def psql(self, statement: str) -> str:
        """What `make psql SQL=…` prints."""
        return run("psql", self.state, "-c", statement).stdout

    def press(self, button: dict[str, Any]) -> None:
        """Turn the simulators' clock, as their page does."""
        requests.post(f"{self.control}/_sim/ccee/clock", json=button, timeout=60).raise_for_status()


def run(command: str, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = [*LOCAL, command, "--state", str(state), *arguments]
    return subprocess.run(given, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    state = tmp_path_factory.mktemp("up")
    given = {**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "C"}
    command = [*LOCAL, "up", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=given) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("  Ctrl-C"):
                break
        found = re.search(r"Airflow +(\S+) +user (\S+), password (\S+)\n +Simulators +(\S+)/_sim/", said)
        assert found, said
        url, user, password, control = found.groups()
        yield Up(state, said, Rest(url, user=user, password=password), control, process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)


def test_the_contracts_that_wait_land_at_one_click(up: Up) -> None:
    up.rest.wait_dag("ccee_contratos")
    assert up.rest.wait("ccee_contratos", up.rest.trigger("ccee_contratos"), timeout=600) == "success"
    report = up.psql("select referencia, ultimo_status, situacao_item from report.ccee_contratos order by 1")
    assert re.findall(r"([A-Z]+-\d) +\| (\w+) +\| (\w+)", report) == [
        ("AVISO-3", "AVISO", "aceito"),
        ("ERRO-4", "ERRO", "recusado"),
        ("EXEMPLO-1", "SUCESSO", "aceito"),
        ("EXEMPLO-2", "SUCESSO", "aceito"),
    ]


def test_the_proposals_that_wait_land_at_one_click_at_any_hour(up: Up) -> None:
    up.rest.wait_dag("bndes_operacoes")
    assert up.rest.wait("bndes_operacoes", up.rest.trigger("bndes_operacoes"), timeout=600) == "success"
    assert re.findall(r"90\d", up.psql("select numero_proposta from bndes.resultado order by 1")) == ["901", "902"]


def test_a_return_of_cielo_is_there_when_thirteen_hours_have_passed_at_a_button(up: Up) -> None:
    up.rest.wait_dag("cielo_lote")
    first = up.rest.trigger("cielo_lote")
    up.rest.wait_task("cielo_lote", first, "submit", timeout=600)
    up.press({"advance": 13 * 3600})
    assert up.rest.wait("cielo_lote", first, timeout=600) == "success"
    up.psql("insert into outgoing.cielo_autorizacao (numero_pedido, valor, bandeira, cartao_selado) "
            "select 'DEPOIS1', valor, bandeira, cartao_selado from outgoing.cielo_autorizacao limit 1")  # fmt: skip
    second = up.rest.trigger("cielo_lote")
    up.rest.wait_task("cielo_lote", second, "submit", timeout=600)
    up.press({"advance": 13 * 3600})  # whoever forgets to go back to the wall clock
    assert up.rest.wait("cielo_lote", second, timeout=600) == "success"
    up.press({"speed": 1, "set": "now"})
    landed = up.psql("select numero_pedido from cielo.transacao order by 1")
    assert re.findall(r"[A-Z]+\d", landed) == ["DEPOIS1", "EXEMPLO1", "EXEMPLO2", "EXEMPLO3"]


def test_a_month_of_events_lands_at_one_click_and_its_closing_says_what_it_waits_for(up: Up) -> None:
    up.rest.wait_dag("reinf_eventos")
    assert up.rest.wait("reinf_eventos", up.rest.trigger("reinf_eventos"), timeout=600) == "success"
    landed = up.psql("select evento, situacao from reinf.evento order by 1, 2")
    assert re.findall(r"(R-\d+) +\| (\w+)", landed) == [
        ("R-1000", "aceito"),
        ("R-4010", "aceito"),
        ("R-4020", "aceito"),
        ("R-4020", "recusado"),
    ]
    assert "R-4020 recusado: 1" in up.psql("select falta from report.reinf_competencia")


@pytest.mark.parametrize("conn_id", [*(f"{each}_default" for each in INSTITUTIONS), "malote_warehouse"])
def test_a_connection_is_shown_and_can_be_tested(up: Up, conn_id: str) -> None:
    shown = up.rest.get(f"connections/{conn_id}")
    body = {name: shown[name] for name in ("connection_id", "conn_type", "host", "login", "schema", "port", "extra")}
    told = up.rest.post("connections/test", body)
    assert told["status"] is True, told


def test_the_ui_begins_in_brasilia_time(up: Up) -> None:
    page = requests.get(up.rest.url, headers={"Accept": "text/html"}, timeout=30)
    assert SCRIPT in page.content


def test_the_line_for_psql_that_is_printed_works(up: Up) -> None:
    found = re.search(r'psql "\$\(cat (\S+)\)"', up.said)
    assert found
    with psycopg.connect(Path(found[1]).read_text(encoding="utf-8")) as warehouse:
        assert warehouse.execute("select count(*) > 0 from outgoing.ccee_contratos").fetchone() == (True,)


def test_psql_shows_instants_in_brasilia_time(up: Up) -> None:
    assert "America/Sao_Paulo" in up.psql("show timezone")


def test_the_folder_for_selections_of_ones_own_is_there(up: Up) -> None:
    assert (up.state / "sql").is_dir() and (up.state / "arquivos").is_dir()


def test_a_second_make_up_is_told_what_runs(up: Up) -> None:
    second = run("up", up.state)
    assert second.returncode == 1
    assert up.rest.url in second.stderr and "make down" in second.stderr and "Traceback" not in second.stderr


def test_down_stops_it_and_the_passwords_are_kept_to_their_owner(up: Up) -> None:
    kept = up.state / "airflow" / "secrets.json"
    assert json.loads(kept.read_text())["password"] in up.said and kept.stat().st_mode & 0o077 == 0
    down = run("down", up.state)
    assert (down.returncode, down.stdout.splitlines()[-1]) == (0, "stopped; the data is kept")
    up.process.communicate(timeout=60)
    assert up.process.returncode == 0
    assert "Nothing runs" in run("psql", up.state, "-c", "select 1").stderr

"""A real Airflow with a doubt in it, and a real browser: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from malote.clock import ZONE
from malote_local.demo_bndes import ROWS as PROPOSALS
from malote_local.demo_ccee import DAG
from malote_local.demo_ccee import ROWS as CONTRACTS
from malote_local.demo_reinf import DAG as REINF
from malote_local.demo_reinf import month_of_payments
from malote_local.stage import stage
from malote_provider.reinf import months_due
from support.browser import GATE, HOW, USERS, Desk, chromium


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Thirty contracts landed, of which three are refused; four more in doubt; proposals on their way; a month
    declared, of which one event was refused and others wait."""
    chromium()
    state = tmp_path_factory.mktemp("desk")
    (state / "airflow" / "config").mkdir(parents=True)
    (state / "airflow" / "config" / "one_dag_less.py").write_text(GATE)
    settings = {
        "AIRFLOW__CORE__AUTH_MANAGER": "one_dag_less.OneDagLess",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
        "PYTHONPATH": str(state / "airflow" / "config"),
    }
    with stage(say=lambda _: None, state=state, settings=settings) as running:
        rest = running.airflow.rest
        for dag in (DAG, "bndes_operacoes", REINF, "relatorio_diario"):
            rest.wait_dag(dag)
            rest.unpause(dag)
        with psycopg.connect(running.warehouse) as warehouse:
            warehouse.execute(CONTRACTS, {"first": 1, "last": 30})
        assert rest.wait(DAG, rest.trigger(DAG)) == "success"
        with psycopg.connect(running.warehouse) as warehouse:
            warehouse.execute(CONTRACTS, {"first": 31, "last": 34})
            warehouse.execute(PROPOSALS)
        running.tell("ccee", "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
        running.tell("bndes", "settings", {"hours": "", "result_after": 36000})
        rest.trigger("bndes_operacoes", {"servico": "financiamento"})
        month = month_of_payments(running)
        with psycopg.connect(running.warehouse) as warehouse:  # payments to people are for the second run
            warehouse.execute("delete from outgoing.reinf_r4010")
        declared = rest.trigger(REINF)
        run = rest.trigger(DAG)
        assert rest.wait(DAG, run) == "failed", "land is red over a doubt"
        with psycopg.connect(running.warehouse) as warehouse:
            found = warehouse.execute("select id from malote.submission where standing = 'in_doubt'").fetchone()
        assert found, "the lost reply leaves a doubt"
        assert rest.wait(REINF, declared) == "success"
        running.tell("reinf", "settings", {"result_after": 36000})
        month_of_payments(running)
        rest.trigger(REINF)
        passwords = json.loads((state / "airflow" / "passwords.json").read_text())
        due = dict(months_due(datetime.now(ZONE).date(), 15))[month]
        yield Desk(running, passwords, found[0], run, month, due)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail(HOW, pytrace=False)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        browser.close()


@pytest.fixture
def signed_in(browser: Any, desk: Desk) -> Iterator[Callable[..., Any]]:
    """A page of somebody who has signed in; every error of a script fails the test that it happens in."""
    contexts, errors = [], []

    def page(user: str = "admin", *, width: int = 1440, dark: bool = False, language: str = "en-US") -> Any:
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{desk.url}/auth/login")
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", desk.passwords[user])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "login" not in url)
        return page

    yield page
    for context in contexts:
        context.close()
    assert not errors

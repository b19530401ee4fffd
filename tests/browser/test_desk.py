"""The desk in a real browser: every page as it is read, who sees what, and a doubt settled by clicks only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from malote_local.demo_ccee import DAG
from support.browser import Desk, picture

PAGES = {"open": "", "submission": "submission/{doubt}", "item": "item?reference=ERRO-010", "today": "today"}
ROWS = "#lines tr:nth-child(-n+9)"
PICTURES = {
    ("open", True, 1440, "pt-BR"): (ROWS, 0),
    ("today", False, 1440, "en-US"): ("footer", 0),
    ("submission", False, 360, "pt-BR"): (".choice", 16),
}
"""Of which pages there are pictures, and what is at the end of each."""
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8").rstrip().removesuffix(";")


@contextmanager
def altered(desk: Desk, column: str, value: str) -> Iterator[None]:
    """The submission in doubt with another value in a column, as long as the block lasts."""
    read = sql.SQL("select {} from malote.submission where id = %s").format(sql.Identifier(column))
    change = sql.SQL("update malote.submission set {} = %s where id = %s").format(sql.Identifier(column))
    with psycopg.connect(desk.stage.warehouse, autocommit=True) as warehouse:
        ((before,),) = warehouse.execute(read, (desk.doubt,)).fetchall()
        warehouse.execute(change, (value, desk.doubt))
        try:
            yield
        finally:
            warehouse.execute(change, (before, desk.doubt))


@pytest.mark.parametrize("language", ["en-US", "pt-BR"])
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read(desk: Desk, signed_in: Any, dark: bool, width: int, language: str) -> None:
    page = signed_in(width=width, dark=dark, language=language)
    for name, path in PAGES.items():
        reply = page.goto(f"{desk.url}/malote/{path.format(doubt=desk.doubt)}")
        assert reply.status == 200
        assert page.evaluate("document.documentElement.lang") == {"en-US": "en", "pt-BR": "pt-BR"}[language]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} overflows"
        assert page.evaluate(CONTRAST) == [], name
        shown = page.locator("body").inner_text()
        assert "\N{MINUS SIGN}03:00" in shown
        assert ("Today" in shown) == (language == "en-US") and ("Hoje" in shown) == (language == "pt-BR")
        if kept := PICTURES.get((name, dark, width, language)):
            picture(page, name, page.locator(kept[0]), kept[1])


def test_a_page_is_worked_by_keyboard_alone(desk: Desk, signed_in: Any) -> None:
    page = signed_in()
    page.goto(f"{desk.url}/malote/submission/{desk.doubt}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert {"way", "why", "Copy", "Record the decision", "Today"} <= reached


def test_the_page_stands_in_airflows_navigation_and_on_the_page_of_the_run(desk: Desk, signed_in: Any) -> None:
    page = signed_in()
    page.goto(desk.url)
    page.get_by_text("Browse").first.click()
    page.get_by_role("menuitem", name="Malote").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name=desk.doubt).wait_for()
    picture(page, "in-airflow", frame.locator(ROWS), 0)
    frame.locator("a[data-airflow]").first.click()
    page.wait_for_url(re.compile(rf"/dags/{DAG}/runs/"))
    page.goto(f"{desk.url}/dags/{DAG}/runs/{desk.run}/plugin/malote-run")
    page.frame_locator("iframe").get_by_role("link", name=desk.doubt).wait_for()
    assert page.frame_locator("iframe").locator("table.cards tbody tr").count() == 1


@pytest.mark.parametrize(("dark", "width"), [(False, 1440), (True, 360)], ids=["light-1440", "dark-360"])
def test_a_month_of_the_efd_reinf_is_walked_from_its_deadline_to_what_was_wrong(
    desk: Desk, signed_in: Any, dark: bool, width: int
) -> None:
    with psycopg.connect(desk.stage.warehouse) as warehouse:
        query = "select reference, submission_id from reinf.evento where situacao = 'recusado'"
        ((reference, submission),) = warehouse.execute(query).fetchall()
    page = signed_in(width=width, dark=dark, language="pt-BR")

    def readable() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == ("dark" if dark else "light")

    page.goto(f"{desk.url}/malote/?institution=reinf")
    page.locator("#lines .badge.received").first.wait_for()
    page.locator("#lines tbody tr", has=page.locator(".badge.received")).first.locator("a").first.click()
    page.locator("h1 .badge.received").wait_for()
    assert page.locator("#way li.done").count() >= 2 and page.locator("#way li.ahead").count() >= 1
    readable()

    page.goto(f"{desk.url}/malote/today")
    month = page.locator("section[aria-labelledby=day-reinf]")
    (line,) = (each for each in month.locator("tbody tr").all_inner_texts() if desk.month in each)
    assert "falta:" in line and "R-4020 recusado: 1" in line and f"{desk.due:%d/%m/%Y}" in line
    readable()

    page.fill("#find", reference)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=submission, exact=True).first.click()
    page.locator("h1 .badge.landed").wait_for()
    assert page.locator("#way li.done time").count() >= 4 and page.locator("#way li.ahead").count() == 0
    assert page.locator("#items .badge.item-refused").count() == 1
    page.fill("input[name=text]", reference)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("text="))
    assert page.locator("#items tbody tr").count() == 1
    assert "recusado" in page.locator("#items tbody").inner_text().lower()
    readable()


def test_it_is_dark_where_airflow_is_set_dark(desk: Desk, signed_in: Any) -> None:
    page = signed_in(dark=False)
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.goto(f"{desk.url}/malote/")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_it_brings_itself_up_to_date_without_touching_what_is_being_typed(desk: Desk, signed_in: Any) -> None:
    page = signed_in()
    page.clock.install()
    page.goto(f"{desk.url}/malote/")
    page.fill("input[name=text]", "half a wo")
    row = page.locator("#lines tbody tr").first
    assert "renamed" not in row.inner_text()
    with altered(desk, "name", "renamed.xml"):
        page.clock.run_for(6000)
        page.get_by_text("renamed.xml").wait_for()
    assert page.input_value("input[name=text]") == "half a wo"


def test_markup_of_an_institution_is_text(desk: Desk, signed_in: Any) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><b id=owned>bold</b>"
    page = signed_in()
    with altered(desk, "message", hostile):
        for path in PAGES.values():
            page.goto(f"{desk.url}/malote/{path.format(doubt=desk.doubt)}")
            assert page.locator("#owned").count() == 0 and "owned" not in page.title()
        page.goto(f"{desk.url}/malote/")
        assert "<b id=owned>" in page.locator("#lines").inner_text()


def standing(desk: Desk) -> str:
    with psycopg.connect(desk.stage.warehouse) as warehouse:
        row = warehouse.execute("select standing from malote.submission where id = %s", (desk.doubt,)).fetchone()
    return row[0] if row else ""


def test_who_may_not_read_the_dag_sees_nothing_of_it_and_can_do_nothing(desk: Desk, signed_in: Any) -> None:
    page = signed_in("outra")
    page.goto(f"{desk.url}/malote/")
    assert "ccee" not in page.locator("main").inner_text() and "bndes" in page.locator("main").inner_text()
    for path in (f"submission/{desk.doubt}", f"api/v1/submissions/{desk.doubt}", f"story/{desk.doubt}"):
        assert page.goto(f"{desk.url}/malote/{path}").status == 404
    assert page.goto(f"{desk.url}/malote/api/v1/items?reference=CT-031").json()["documents"] == []
    said = page.request.post(f"{desk.url}/malote/submission/{desk.doubt}/decide", form={"way": "resend", "why": "x"})
    assert said.status in (403, 404) and standing(desk) == "in_doubt"


def test_who_may_only_read_finds_nothing_to_decide(desk: Desk, signed_in: Any) -> None:
    page = signed_in("leitora")
    page.goto(f"{desk.url}/malote/submission/{desk.doubt}")
    assert page.locator("form.decide").count() == 0
    assert f"edit the DAG {DAG}" in page.locator("main").inner_text()


def test_a_page_of_another_site_decides_nothing(desk: Desk, signed_in: Any) -> None:
    page = signed_in()
    page.goto(f"{desk.url}/malote/submission/{desk.doubt}")
    token, seen = page.input_value("input[name=token]"), page.input_value("input[name=seen]")
    target = f"{desk.url}/malote/submission/{desk.doubt}/decide"
    fields = {"token": token, "seen": seen, "way": "resend", "why": "forged"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    form = f'<form method="post" action="{target}">{inputs}</form>'
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    with page.expect_response(target) as reply:
        page.evaluate("document.forms[0].submit()")
    assert reply.value.status in (401, 403) and standing(desk) == "in_doubt"


def test_a_lost_reply_is_settled_and_landed_by_clicks_only(desk: Desk, signed_in: Any) -> None:
    page, second = signed_in(), signed_in()
    page.goto(f"{desk.url}/malote/")
    page.get_by_role("link", name=desk.doubt, exact=True).click()
    second.goto(page.url)
    assert page.locator("#references").inner_text() == "CT-031 CT-032 CT-033 CT-034"
    second.get_by_text("It did not arrive: send it again").click()
    second.get_by_label("What you saw, and where").fill("not there")
    page.get_by_text("It arrived, under receipt").click()
    page.get_by_label("Receipt", exact=True).fill(desk.receipt())
    page.get_by_label("What you saw, and where").fill("found in CliqCCEE, under results")
    picture(page, "deciding", page.locator("section[aria-labelledby=decide]"))
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("status").wait_for()
    assert (
        "admin" in page.get_by_role("status").inner_text() and "land, wait" in page.get_by_role("status").inner_text()
    )

    second.get_by_role("button", name="Record the decision").click()
    told = second.get_by_role("alert").inner_text()
    assert "admin" in told and "found in CliqCCEE" in told

    assert desk.stage.airflow.rest.wait(DAG, desk.run) == "success"
    page.locator("h1 .badge.landed").wait_for()
    page.locator("#load").wait_for()
    assert page.locator("form.decide").count() == 0, "the page has become another by itself"
    assert standing(desk) == "landed"
    assert desk.stage.simulator("ccee")["accepted_more_than_once"] == 0
    picture(page, "landed", page.locator("#load"))

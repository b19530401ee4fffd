"""The simulators' page for people: each button does what it says, by the interface that scripts have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

import malote_sim
from malote_sim.portuguese import FAULTS
from malote_sim.server import SIMULATORS
from support.sim.ccee import IMPORT


class Page(HTMLParser):
    """What a person can press and choose on a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.buttons: list[dict[str, str]] = []
        self.forms: list[dict[str, list[str]]] = []
        self.selected: list[str] = []
        self.plays: dict[str, str] = {}
        self.language, self.text, self._select = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        has = dict(attrs)
        if tag == "html":
            self.language = has["lang"]
        elif tag == "button" and "data-method" in has:
            self.buttons.append(has)
        elif tag == "form":
            self.forms.append({"path": [has["data-path"]]})
        elif tag == "select":
            self._select = has["name"]
            self.forms[-1][self._select] = []
        elif tag == "option":
            self.forms[-1][self._select].append(has["value"])
            if "selected" in has:
                self.selected.append(has["value"])
            if "data-on" in has:
                self.plays[has["value"]] = has["data-on"]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running(folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


def page(sim: malote_sim.Running, name: str = "", language: str = "en") -> Page:
    headers = {"Accept": "text/html", "Accept-Language": language}
    reply = requests.get(f"{sim.control}/_sim/{name}", headers=headers, timeout=5)
    assert reply.headers["Content-Type"].startswith("text/html")
    return Page(reply.text)


def press(sim: malote_sim.Running, button: dict[str, str]) -> Any:
    url, body = sim.control + button["data-path"], button.get("data-body")
    return requests.request(button["data-method"], url, data=body, timeout=5).json()


@pytest.mark.parametrize("name", ["", *(f"{each}/" for each in SIMULATORS)])
def test_every_button_of_a_page_does_something_that_can_be_done(sim: malote_sim.Running, name: str) -> None:
    buttons = page(sim, name).buttons
    assert len(buttons) == 6 + (1 if name else len(SIMULATORS)), "six for the clock, one each to be calm again"
    assert [each for each in buttons if "error" in press(sim, each)] == []


def test_hours_pass_at_a_button_and_another_leads_back_to_the_wall_clock(sim: malote_sim.Running) -> None:
    by_body = {each.get("data-body", ""): each for each in page(sim).buttons}
    press(sim, by_body['{"speed": 1, "set": "now"}'])
    assert "as the wall clock does" in page(sim).text
    press(sim, by_body['{"advance": 46800}'])
    assert "13:00:00 ahead of the wall clock" in page(sim).text
    press(sim, by_body['{"speed": 1, "set": "now"}'])
    assert "as the wall clock does" in page(sim).text


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_form_of_an_institution_offers_its_faults_and_operations_and_queues_what_is_chosen(
    sim: malote_sim.Running, name: str
) -> None:
    (form,) = page(sim, f"{name}/").forms
    simulator = sim.simulators[name]
    assert form["fault"] == list(simulator.faults.kinds) and form["on"] == ["*", *simulator.operations]
    for fault in form["fault"]:
        chosen = {"on": "*", "fault": fault, "times": 2}
        told = requests.post(sim.control + form["path"][0], json=chosen, timeout=5).json()
        assert told["faults"]["queued"][-1]["fault"] == fault
    assert "lost_reply (*, times 2, skip 0)" in page(sim).text
    simulator.reset()


@pytest.mark.parametrize(
    ("name", "submitting"),
    [("ccee", IMPORT), ("cielo", "upload"), ("bndes", "financiamento"), ("reinf", "recepcao")],
)
def test_the_form_begins_with_the_call_that_hands_a_document_over_and_plays_each_fault_where_it_can_be(
    sim: malote_sim.Running, name: str, submitting: str
) -> None:
    shown = page(sim, f"{name}/")
    simulator = sim.simulators[name]
    assert shown.selected == [submitting] and shown.plays["lost_reply"] == submitting
    assert list(shown.plays) == list(simulator.faults.kinds)
    for fault, on in shown.plays.items():
        told = requests.post(sim.control + shown.forms[0]["path"][0], json={"on": on, "fault": fault}, timeout=5)
        assert told.ok, told.text
    simulator.reset()


@pytest.mark.parametrize("name", SIMULATORS)
def test_what_a_fault_does_is_said_in_portuguese_too(sim: malote_sim.Running, name: str) -> None:
    kinds = sim.simulators[name].faults.kinds.values()
    assert [kind.about for kind in kinds if kind.about not in FAULTS] == []
    shown = page(sim, f"{name}/", language="pt-BR").text
    assert "lost_reply: aceita, e fecha a conexão sem responder" in shown and "recebido" in shown


def test_what_was_received_is_shown_newest_first_and_never_as_markup(sim: malote_sim.Running) -> None:
    sim.ccee.accepted.update({f"CT-{i}": 1 for i in range(30)} | {"<b>ODD</b>": 2})
    shown = page(sim, "ccee/").text
    assert shown.index("<b>ODD</b> ×2") < shown.index("CT-29") and "… and 11 more" in shown
    assert "received 32 items" in shown and "more than once 1" in shown
    sim.ccee.reset()


def test_a_played_fault_is_listed(sim: malote_sim.Running) -> None:
    sim.ccee.faults.played.append({"on": IMPORT, "fault": "lost_reply"})
    assert f"lost_reply ({IMPORT})" in page(sim).text
    sim.ccee.reset()


@pytest.mark.parametrize(
    ("asked", "language"), [("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"), ("pt", "pt-BR"), ("en-US", "en"), ("", "en")]
)
def test_the_page_speaks_portuguese_to_who_asks_for_it(sim: malote_sim.Running, asked: str, language: str) -> None:
    assert page(sim, language=asked).language == language
    assert page(sim, "cielo/", language=asked).language == language


def test_both_languages_say_the_same_things() -> None:
    from malote_sim.page import ENGLISH, PORTUGUESE

    assert list(ENGLISH) == list(PORTUGUESE)
    assert {name: text.count("{}") for name, text in ENGLISH.items()} == {
        name: text.count("{}") for name, text in PORTUGUESE.items()
    }, json.dumps(ENGLISH, indent=1)

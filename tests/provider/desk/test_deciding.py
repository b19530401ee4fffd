"""Decisions by clicks: who may, by what, once; what is recorded and what runs again."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.texts import Words, english
from malote_provider.desk.settling import from_on


def form(desk: Any, id: str = "notary-1", **said: str) -> dict[str, str]:
    """What a browser would post, of the page as it is now."""
    text = desk.get(f"/submission/{id}").text
    hidden = dict(re.findall(r'type="hidden" name="(token|seen)" value="([^"]*)"', text))
    return {**hidden, "why": "I rang them", **said}


def post(desk: Any, data: dict[str, str], id: str = "notary-1", **headers: str) -> Any:
    return desk.post(f"/submission/{id}/decide", data=data, headers=headers, follow_redirects=False)


def standing(dsn: str, id: str = "notary-1") -> str:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select standing from malote.submission where id = %s", (id,)).fetchone()[0]


def story(dsn: str, id: str = "notary-1") -> list[tuple[str, dict[str, Any]]]:
    query = "select what, detail from malote.event where submission = %s order by id"
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, (id,)).fetchall()


WAYS = {
    "receipt": ({"receipt": "R-77"}, "received", "wait"),
    "resend": ({}, "prepared", "submit"),
    "absent": ({}, "withdrawn", "land"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_doubt_is_settled_by_clicks_with_the_persons_name_and_the_right_tasks(
    desk: Any, notary: SimpleNamespace, cleared: list[Any], way: str
) -> None:
    more, then, after = WAYS[way]
    said = post(desk, form(desk, way=way, **more))
    assert said.status_code == 303
    assert standing(notary.dsn) == then
    assert cleared == [("dag/manual__2026-11-22T02:43:02+00:00/submit", after)]
    (_, decided), (what, detail) = story(notary.dsn)[-2:]
    assert (decided["who"], decided["why"]) == ("ana", "I rang them")
    assert (what, detail) == ("tasks cleared", {"tasks": ["land", "wait"], "who": "ana"})
    page = desk.get(said.headers["location"].replace("..", "/submission")).text
    assert "ana" in page and "land, wait" in page


@pytest.mark.parametrize("as_accepted", [True, False])
def test_an_unanswered_item_is_settled_by_clicks(desk: Any, notary: SimpleNamespace, as_accepted: bool) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'landed', landed_at = now() where id = 'notary-2'")
        connection.execute("update malote.item_row set outcome = 'unanswered' where reference = 'D4'")
    way = "accepted" if as_accepted else "refused"
    assert post(desk, form(desk, "notary-2", way=way, item="D4"), "notary-2").status_code == 303
    with psycopg.connect(notary.dsn) as connection:
        outcome = connection.execute("select outcome from malote.item_row where reference = 'D4'").fetchone()
    assert outcome == (way,)


def test_two_people_at_once_the_second_is_told_what_the_first_did(
    desk: Any, notary: SimpleNamespace, signed_in: Any, cleared: list[Any]
) -> None:
    first, second = form(desk, way="resend"), None
    bob = signed_in("bob")
    second = form(bob, way="receipt", receipt="R-77")
    ana = signed_in("ana")
    assert post(ana, first).status_code == 303
    bob = signed_in("bob")
    said = post(bob, second)
    assert said.status_code == 409 and "ana" in said.text and "I rang them" in said.text
    assert standing(notary.dsn) == "prepared" and len(cleared) == 1


REFUSED = {
    "no reason": {"way": "resend", "why": " "},
    "no way": {},
    "a way that its standing does not have": {"way": "accepted", "item": "D1"},
    "withdrawn without proof": {"way": "withdraw"},
    "no receipt": {"way": "receipt", "receipt": " "},
    "another's receipt": {"way": "receipt", "receipt": "N2"},
    "no such way": {"way": "explode"},
    "a NUL": {"way": "receipt", "receipt": "a\0b"},
    "a NUL as the reason": {"way": "resend", "why": "a\0b"},
    "half a pair": {"way": "resend", "seen": "x"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_break_the_promise_is_refused_in_words(
    desk: Any, notary: SimpleNamespace, cleared: list[Any], case: str
) -> None:
    said = post(desk, {**form(desk), **REFUSED[case]})
    assert said.status_code == 422 and 'role="alert"' in said.text and "Traceback" not in said.text
    assert standing(notary.dsn) == "in_doubt" and not cleared


FORGED = {
    "no token": ({"token": ""}, {}),
    "a made-up token": ({"token": "WyJhbmEiLCJub3RhcnktMSJd.aR.x"}, {}),
    "another site": ({}, {"sec-fetch-site": "cross-site"}),
    "a neighbour": ({}, {"sec-fetch-site": "same-site"}),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_request_does_nothing(desk: Any, notary: SimpleNamespace, cleared: list[Any], case: str) -> None:
    data, headers = FORGED[case]
    assert post(desk, {**form(desk, way="resend"), **data}, **headers).status_code == 403
    assert standing(notary.dsn) == "in_doubt" and not cleared


def test_a_token_is_one_users_and_one_submissions(desk: Any, notary: SimpleNamespace, signed_in: Any) -> None:
    mine = form(desk, way="resend")
    assert post(signed_in("bob"), mine).status_code == 403
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'in_doubt' where id = 'notary-2'")
    assert post(signed_in("ana"), mine, "notary-2").status_code == 403
    assert standing(notary.dsn) == standing(notary.dsn, "notary-2") == "in_doubt"


def test_nothing_is_decided_by_looking(desk: Any, notary: SimpleNamespace) -> None:
    said = desk.get("/submission/notary-1/decide?way=resend&why=x", follow_redirects=False)
    assert said.status_code == 303 and standing(notary.dsn) == "in_doubt"


@pytest.mark.parametrize("rights", ["reads only", "sees nothing"])
def test_who_may_not_edit_the_dag_decides_nothing(
    desk: Any, notary: SimpleNamespace, gate: Any, cleared: list[Any], rights: str
) -> None:
    data = form(desk, way="resend")
    gate.edit = set()
    gate.read = gate.read if rights == "reads only" else set()
    assert post(desk, data).status_code == (403 if rights == "reads only" else 404)
    assert standing(notary.dsn) == "in_doubt" and not cleared
    if rights == "reads only":
        assert '<form class="decide"' not in desk.get("/submission/notary-1").text
    assert desk.get("/api/v1/submissions/notary-1").json().get("choices", []) == []


def test_the_decision_stands_where_the_tasks_cannot_be_cleared(
    desk: Any, notary: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> list[str]:
        raise ValueError("the DAG has no task submit any more")

    monkeypatch.setattr("malote_provider.desk.settling._clear", broken)
    assert post(desk, form(desk, way="receipt", receipt="R-77")).status_code == 303
    assert standing(notary.dsn) == "received"
    assert story(notary.dsn)[-1][0] == "tasks not cleared"
    assert "no task submit any more" in desk.get("/submission/notary-1").text


def test_a_program_decides_with_a_bearer_token_and_no_other(desk: Any, notary: SimpleNamespace) -> None:
    seen = desk.get("/api/v1/submissions/notary-1").json()["story"][-1]["id"]
    told = {"way": "resend", "why": "not there", "seen": seen}
    url = "/api/v1/submissions/notary-1/decisions"
    assert desk.post(url, json=told).status_code == 403
    assert desk.post(url, json={**told, "seen": seen - 1}, headers={"authorization": "Bearer x"}).status_code == 409
    said = desk.post(url, json=told, headers={"authorization": "Bearer x"})
    assert (said.status_code, said.json()) == (200, {"cleared": ["land", "wait"]})
    assert desk.post(url, json=told, headers={"authorization": "Bearer x"}).status_code == 409


SHIPPED = {"submit": ["land", "wait"], "wait": ["land"], "land": []}
CHAIN = {"submit": ["wait"], "wait": ["land"], "land": ["report"], "report": []}
SHORT = {"submit": ["land"], "land": []}
CLEARS = [
    (SHIPPED, "d/r/submit", "submit", ["submit"]),
    (SHIPPED, "d/r/submit", "wait", ["land", "wait"]),
    (SHIPPED, "d/r/submit", "land", ["land"]),
    (CHAIN, "d/r/submit", "wait", ["wait"]),
    (CHAIN, "d/r/submit", "land", ["land"]),
    (SHORT, "d/r/submit", "land", ["land"]),
    (SHIPPED, "d/r/submit/3", "submit", [["submit", 3], "land", "wait"]),
    (SHIPPED, "d/r/submit/3", "wait", ["land", "wait"]),
]


@pytest.mark.parametrize(("downstream", "pouch", "after", "tasks"), CLEARS)
def test_the_right_tasks_run_again(downstream: Any, pouch: str, after: str, tasks: Any) -> None:
    assert from_on(downstream, pouch, after) == tasks


@pytest.mark.parametrize(("downstream", "after"), [({"other": []}, "submit"), ({"submit": []}, "wait")])
def test_a_dag_that_has_changed_is_said(downstream: Any, after: str) -> None:
    with pytest.raises(ValueError, match="submit"):
        from_on(downstream, "d/r/submit", after)


def test_a_program_is_told_in_the_language_that_it_asks_for(desk: Any, notary: SimpleNamespace) -> None:
    seen = desk.get("/api/v1/submissions/notary-1").json()["story"][-1]["id"]
    told = {"way": "receipt", "receipt": "N2", "why": "I rang them", "seen": seen}
    said = {
        language: desk.post(
            "/api/v1/submissions/notary-1/decisions", json=told,
            headers={"authorization": "Bearer x", "accept-language": language},
        ).json()
        for language in ("en", "pt-BR")
    }  # fmt: skip
    assert said["en"]["detail"] == english("s_receipt_held", receipt="N2")
    assert said["pt-BR"]["detail"] == Words("pt-BR")("s_receipt_held", receipt="N2")
    assert said["pt-BR"]["todo"] != said["en"]["todo"] != ""

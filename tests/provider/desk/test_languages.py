"""What the desk's pages and its API say of what goes wrong, and of one or several: in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.texts import LANGUAGES, TEXTS, Words, english

DECISIONS = "/api/v1/submissions/notary-1/decisions"
TOLD = {"way": "resend", "why": "I rang them", "seen": 0}
PROGRAM = {"authorization": "Bearer x"}
WRONG: dict[str, tuple[str, str, dict[str, Any], int, str, dict[str, str]]] = {
    "none": ("GET", "/api/v1/submissions/nowhere", {}, 404, "no_submission", {"id": "nowhere"}),
    "none of a page": ("GET", "/submission/nowhere", {}, 404, "no_submission", {"id": "nowhere"}),
    "no such address": ("GET", "/api/v1/nowhere", {}, 404, "nothing_to_show", {}),
    "no such page": ("GET", "/nowhere", {}, 404, "nothing_to_show", {}),
    "another method": ("PUT", "/api/v1/open", {}, 405, "no_method", {"method": "PUT"}),
    "another method of a page": ("PUT", "/today", {}, 405, "no_method", {"method": "PUT"}),
    "no text": ("GET", "/api/v1/submissions/%00", {}, 404, "not_text", {}),
    "no text in a page": ("GET", "/submission/%00", {}, 404, "not_text", {}),
    "no token": ("POST", DECISIONS, {"json": TOLD}, 403, "s_forged_token", {}),
    "another site": ("POST", DECISIONS, {"json": TOLD, "headers": {"sec-fetch-site": "cross-site"}}, 403,
                     "s_forged_site", {}),
    "no reason": ("POST", DECISIONS, {"json": {**TOLD, "why": " ", "seen": 99}, "headers": PROGRAM}, 422, "s_reason",
                  {}),
}  # fmt: skip


def asked(desk: Any, method: str, path: str, given: dict[str, Any], language: str) -> Any:
    """The answer to a question in a language."""
    return desk.request(method, path, **{**given, "headers": {**given.get("headers", {}), "accept-language": language}})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_the_language_that_is_asked_for(
    desk: Any, notary: SimpleNamespace, case: str, language: str
) -> None:
    method, path, given, status, key, values = WRONG[case]
    if "json" in given:
        seen = desk.get("/api/v1/submissions/notary-1").json()["story"][-1]["id"]
        given = {**given, "json": {**given["json"], "seen": seen}}
    said = asked(desk, method, path, given, language)
    assert said.status_code == status
    told = said.json()["detail"] if path.startswith("/api") else re.sub("&#39;", "'", said.text)
    assert Words(language)(key, **values) in told


@pytest.mark.parametrize("path", ["/api/v1/today", "/today"])
def test_who_is_not_signed_in_is_told_so_in_the_browsers_language(path: str, airflow_db: None) -> None:
    from airflow.api_fastapi.app import cached_app
    from starlette.testclient import TestClient

    with TestClient(cached_app(apps="core"), follow_redirects=False) as client:
        for language in LANGUAGES:
            said = client.get(f"/malote{path}", headers={"accept-language": language})
            assert said.status_code == 401 and Words(language)("sign_in") in said.text


def test_a_token_of_another_submission_and_a_dag_of_others_are_said_in_both_languages(desk: Any, gate: Any) -> None:
    page = desk.get("/submission/notary-1").text
    (token,) = re.findall(r'name="token" value="([^"]*)"', page)
    gate.edit = set()
    for language in LANGUAGES:
        given = {"json": {**TOLD, "token": token}}
        said = asked(desk, "POST", DECISIONS.replace("-1", "-2"), given, language)
        assert said.json()["detail"] == Words(language)("s_forged_other")
        said = asked(desk, "POST", DECISIONS, given, language)
        assert said.json()["detail"] == Words(language)("d_not_yours", dag="dag")


def test_a_warehouse_that_is_away_is_said_to_a_program_too(desk: Any, set_connection: Any) -> None:
    set_connection("malote_warehouse", conn_type="postgres", host="127.0.0.1", port=9, login="x", schema="x")
    for language, why in (("pt-BR", "o banco de dados não foi alcançado"), ("en", "the database cannot be reached")):
        said = asked(desk, "GET", "/api/v1/open", {}, language)
        assert said.status_code == 503 and why in said.json()["detail"] and "malote_warehouse" in said.json()["detail"]


def strange(schema: dict[str, Any]) -> Iterator[Any]:
    """Values that a schema does not take, one for each thing that it asks."""
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "integer":
            yield from ("x", "1.5", 1.5, "9" * 5000)
        if "maxLength" in each:
            yield "x" * (each["maxLength"] + 1)
            yield "a\x00b"
        yield from ([""] if each.get("minLength") else [])
        yield from ([each["minimum"] - 1] if "minimum" in each else [])
        yield from ([each["maximum"] + 1] if "maximum" in each else [])
    if "enum" in str(schema):
        yield "nonsense"


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or the one that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described["components"]["schemas"][name] if name else schema
    return found


def strangely_asked(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every question and decision of the API with each value that it does not take, and without what it needs."""
    for path, methods in described["paths"].items():
        at = path.replace("{id}", "notary-1")
        for given in methods.get("get", {}).get("parameters", ()):
            for value in strange(resolved(described, given["schema"])) if given["in"] == "query" else ():
                if "\x00" not in str(value):  # which no address may hold at all
                    yield "GET", at, {"params": {given["name"]: value}}
            if given["in"] == "query" and given["required"]:
                yield "GET", at, {}
        if "post" in methods:
            body = methods["post"]["requestBody"]["content"]["application/json"]["schema"]
            for name, schema in resolved(described, body)["properties"].items():
                for value in (*strange(resolved(described, schema)), 5.5, ["x"]):
                    if (name, value) != ("token", "a\x00b"):  # which is no token of ours
                        yield "POST", at, {"json": {**TOLD, name: value}}
            yield "POST", at, {"json": {}}
            yield "POST", at, {"json": ["x"]}
            yield "POST", at, {"content": "{", "headers": {"content-type": "application/json"}}


def test_a_question_that_is_none_is_refused_in_the_readers_language_and_not_repeated(desk: Any) -> None:
    described = desk.get("/api/v1/openapi.json").json()
    kinds = set()
    for method, path, given in strangely_asked(described):
        portuguese, in_english = (asked(desk, method, path, given, language) for language in LANGUAGES)
        assert portuguese.status_code == in_english.status_code == 422, (path, given)
        for ours, theirs in zip(portuguese.json()["detail"], in_english.json()["detail"], strict=True):
            kinds.add(ours["type"])
            assert f"v_{ours['type']}" in TEXTS, ours["type"]
            assert set(ours) == {"type", "loc", "msg"} and ours["msg"] != theirs["msg"]
            assert not re.search(r"\b(?:should|be|valid|have|at|least|most|than|or|required|is)\b", ours["msg"]), ours
    assert {"missing", "literal_error", "string_too_long", "int_parsing", "json_invalid", "value_error"} <= kinds


def test_a_page_that_is_asked_wrongly_is_a_page(desk: Any) -> None:
    for language in LANGUAGES:
        said = asked(desk, "GET", "/?kind=4012001038443335", {}, language)
        assert said.status_code == 422 and "4012001038443335" not in said.text and f'lang="{language}"' in said.text
        assert Words(language)("v_literal_error", expected="").rstrip() in said.text


def test_what_is_said_of_an_item_is_given_to_a_program_in_its_language(desk: Any, notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set institution = 'ccee' where id = 'notary-2'")
        connection.execute(
            "update malote.item_row set outcome = 'refused', code = '2001', message = %s where submission = 'notary-2'",
            (english("s_not_sent_within", time="7 d"),),
        )
    for language in LANGUAGES:
        say = Words(language)
        (found,) = asked(desk, "GET", "/api/v1/items?reference=D4", {}, language).json()["documents"]
        items = asked(desk, "GET", "/api/v1/submissions/notary-2/items", {}, language).json()["items"]
        for item in (found["item"], items[0]):
            assert item["action"] == say("s_ccee_denied") and item["message"] == say("s_not_sent_within", time="7 d")


# ---- one and several

HELD = """insert into malote.held (scope, reference, submission, reason, since, seen_at)
    select scope, reference, submission, 'in_doubt', now(), now() from malote.item_row
    where submission = 'notary-1' order by reference limit %s"""


def tally(page: str) -> dict[str, str]:
    """Of the tally of the open ones: kind to number and name."""
    found = re.findall(r'class="count (\w+)(?: none)?"[^>]*><b>([^<]*)</b> ([^<]*)</a>', page)
    return {kind: f"{n} {name}" for kind, n, name in found}


@pytest.mark.parametrize(
    ("n", "counted"),
    [
        (0, {"pt-BR": "0 Linhas retidas", "en": "0 Rows held back"}),
        (1, {"pt-BR": "1 Linha retida", "en": "1 Row held back"}),
        (3, {"pt-BR": "3 Linhas retidas", "en": "3 Rows held back"}),
    ],
)
def test_rows_that_are_held_back_are_counted_and_each_is_one(
    desk: Any, notary: SimpleNamespace, n: int, counted: dict[str, str]
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute(HELD, (n,))
    for language, said in counted.items():
        page = desk.get("/", headers={"accept-language": language}).text
        assert tally(page)["held"] == said
        assert re.findall('<span class="badge held">([^<]*)</span>', page) == [Words(language)("held_1")] * n


STANDINGS = {
    "overdue": ("Atrasado", "Atrasados"),
    "prepared": ("Preparado", "Preparados"),
    "answered": ("Respondido", "Respondidos"),
    "in_doubt": ("Em dúvida", "Em dúvida"),
    "received": ("Aguardando resposta", "Aguardando resposta"),
    "sending": ("Enviando", "Enviando"),
}


@pytest.mark.parametrize("standing", STANDINGS)
def test_submissions_are_counted_in_the_plural_and_called_in_the_singular(
    desk: Any, notary: SimpleNamespace, standing: str
) -> None:
    one, several = STANDINGS[standing]
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'withdrawn'")
        for n, said in enumerate((one, several, several), 1):
            connection.execute("update malote.submission set standing = %s where id = %s", (standing, f"notary-{n}"))
            connection.commit()
            page = desk.get("/", headers={"accept-language": "pt-BR"}).text
            assert tally(page)[standing] == f"{n} {said}"
            assert re.findall(f'<span class="badge {standing}">([^<]*)</span>', page) == [one] * n


@pytest.mark.parametrize(
    ("left", "said"), [(1, ("Item sem resposta", "1 item não")), (2, ("Itens sem", "2 itens não"))]
)
def test_what_a_submission_left_unanswered_is_counted(
    desk: Any, notary: SimpleNamespace, left: int, said: tuple[str, str]
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'landed', landed_at = now() where id = 'notary-1'")
        connection.execute("update malote.item_row set outcome = 'accepted' where submission = 'notary-1'")
        connection.execute(
            """update malote.item_row set outcome = 'unanswered' where submission = 'notary-1' and reference = any (
                   select reference from malote.item_row where submission = 'notary-1' order by reference limit %s)""",
            (left,),
        )
    page = desk.get("/submission/notary-1", headers={"accept-language": "pt-BR"}).text
    assert all(text in page for text in said)
    assert tally(desk.get("/", headers={"accept-language": "pt-BR"}).text)["unanswered"] == "1 Com itens sem resposta"


def test_every_kind_of_the_open_ones_has_a_name_for_its_count() -> None:
    from malote.desk import KINDS

    assert [kind for kind in (*KINDS, "landed", "withdrawn") if f"k_{kind}" not in TEXTS] == []


@pytest.mark.parametrize(("refused", "pt", "en"), [
    (0, "Nada: a resposta está gravada.", "Nothing: its answer has landed."),
    (1, "recusou um item: se ainda não viajou de novo, corrija", "refused one item: where it has not travelled again"),
    (2, "recusou 2 itens: se ainda não viajaram de novo, corrija", "refused 2 items: where they have not travelled"),
])  # fmt: skip
def test_the_page_says_what_to_do_about_what_its_answer_refused(
    desk: Any, notary: SimpleNamespace, refused: int, pt: str, en: str
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'landed', landed_at = now() where id = 'notary-2'")
        connection.execute(
            "insert into malote.load select id, now(), 'notary.verdict', 'a', 3, 3 - %s, %s, 0, 0, 0, null"
            " from malote.submission where id = 'notary-2'", (refused, refused),
        )  # fmt: skip
    for language, words in (("pt-BR", pt), ("en", en)):
        page = desk.get("/submission/notary-2", headers={"accept-language": language}).text
        assert words in page and ("resend_refused" in page) == bool(refused)


def test_a_story_says_how_a_receipt_was_learnt_and_nothing_of_what_nobody_said(
    desk: Any, notary: SimpleNamespace
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute(
            """insert into malote.event (submission, at, what, detail)
               values ('notary-2', now(), 'received', '{"receipt": "R1", "how": "replied", "why": null}')"""
        )
    page = desk.get("/submission/notary-2", headers={"accept-language": "pt-BR"}).text
    assert "na resposta ao envio" in page and "replied" not in page and "null" not in page

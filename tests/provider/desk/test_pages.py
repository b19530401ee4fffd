"""The pages: what they show, to whom, in which words; what is odd in an address; what is not there."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.clock import HeldClock
from malote.errors import Misconfigured
from malote.journal import Journal
from malote.texts import CATALOGUE, LANGUAGES, TEXTS, Words, english
from support import ROOT
from support.described import as_described

PAGES = ("/", "/submission/notary-1", "/item?reference=D1", "/today")
API = ("/api/v1/open", "/api/v1/open/counts", "/api/v1/submissions/notary-1", "/api/v1/submissions/notary-1/items",
       "/api/v1/items?reference=D1", "/api/v1/today")  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *API, "/pouch/a/b/c", "/story/notary-1"])
def test_strangers_see_nothing(path: str, airflow_db: None) -> None:
    from airflow.api_fastapi.app import cached_app
    from starlette.testclient import TestClient

    with TestClient(cached_app(apps="core"), follow_redirects=False) as client:
        assert client.get(f"/malote{path}").status_code == 401


@pytest.mark.parametrize("path", [*PAGES, *API])
def test_each_answers_and_lets_nothing_in_from_elsewhere(desk: Any, path: str) -> None:
    said = desk.get(path)
    assert said.status_code == 200, said.text
    assert "default-src 'none'" in said.headers["content-security-policy"]
    assert "unsafe" not in said.headers["content-security-policy"]
    if said.headers["content-type"] != "application/json":
        assert not re.search(r"<script(?! src)|<style| style=| on[a-z]+=|https?://(?!www.w3.org)", said.text)


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/submission/notary-7"])
def test_every_page_tells_the_time_of_the_desks_one_clock(
    desk: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("malote_provider.desk.app.clock", HeldClock(datetime(2028, 2, 29, 12, tzinfo=timezone.utc)))
    assert "Updated 2028-02-29 09:00:00" in desk.get(path).text


@pytest.mark.parametrize("path", [*PAGES, *API])
def test_who_may_not_read_the_dag_finds_no_trace_of_it(desk: Any, gate: Any, path: str) -> None:
    gate.read = {"other"}
    text = desk.get(path).text
    assert "notary-2" not in text and "alert(1)" not in text and "manual__" not in text and "D2" not in text


def test_what_is_not_yours_is_told_like_what_is_not_there(desk: Any, gate: Any) -> None:
    gate.read = set()
    one, other = desk.get("/submission/notary-1"), desk.get("/submission/notary-7")
    assert one.status_code == other.status_code == 404
    cut = lambda said, id: re.sub("<footer.*", "", said.text.replace(id, "X"), flags=re.DOTALL)  # noqa: E731
    assert cut(one, "notary-1") == cut(other, "notary-7")


NUL = ("/submission/%00", "/submission/a%00b", "/item?reference=%00", "/?text=a%00", "/?dag=%00&run=%00", "/?after=%00",
       "/pouch/%00", "/story/%00", "/today?x=%00", "/submission/notary-1?text=%00", "/api/v1/submissions/%00",
       "/api/v1/submissions/%00/items", "/api/v1/items?reference=%00", "/api/v1/open?institution=%00",
       "/submission/%0a", "/item?reference=%7f", "/submission/%ff", "/item?reference=%ed%a0%80")  # fmt: skip


@pytest.mark.parametrize("path", NUL)
def test_what_is_no_text_is_refused_and_never_an_error_of_ours(desk: Any, path: str) -> None:
    assert desk.get(path, follow_redirects=False).status_code in (200, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/?after=nonsense",
        "/?after=WzEsMl0",
        "/?after=WyJpbl9kb3VidCIsMWU5OTksIiIsIiJd",
        "/api/v1/open?after=WyJpbl9kb3VidCIsLUluZmluaXR5LCIiLCIiXQ",
        "/?after=WyJoZWxkIiwxLCJcdWQ4MDAiLCJ4Il0",
        "/?kind=nonsense",
        "/submission/notary-1?after=x",
        f"/?text={'x' * 400}",
    ],
)
def test_an_odd_question_is_answered_or_refused_in_order(desk: Any, path: str) -> None:
    assert desk.get(path).status_code in (200, 422)


def test_a_form_of_more_fields_than_there_are_is_refused(desk: Any) -> None:
    head = {"content-type": "application/x-www-form-urlencoded"}
    assert desk.post("/submission/notary-1/decide", content="a=1&" * 30, headers=head).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_servers_markup_is_text(desk: Any, notary: SimpleNamespace, path: str) -> None:
    hostile = '<img src=x onerror="alert(1)"></td><script>alert(2)</script>'
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set message = %s, code = '<b>', name = %s", (hostile, hostile))
        connection.execute("update malote.item_row set message = %s, outcome = 'refused'", (hostile,))
        connection.execute("update malote.submission set standing = 'refused' where id = 'notary-2'")
    text = desk.get(path).text
    assert "<img src=x" not in text and "<script>" not in text and "<b>:" not in text


def test_doubts_come_first_and_the_rest_says_what_it_waits_for(desk: Any) -> None:
    text = desk.get("/", headers={"accept-language": "en"}).text
    assert text.index(">notary-1<") < text.index(">notary-2<") < text.index(">notary-3<")
    assert "A person&#39;s decision" in text and "The answer; next question" in text


FOUND = {
    "institution=notary": 3,
    "institution=ccee": 0,
    "service=deeds&environment=simulator": 3,
    "kind=in_doubt": 1,
    "kind=received": 2,
    "text=D1": 1,
    "text=D7": 1,
    "text=%20D7%20": 1,
    "text=notary-3": 1,
    "text=N2": 1,
    "text=%25": 0,
    "dag=dag": 3,
    "dag=elsewhere": 0,
    "dag=dag&run=manual__2026-11-22T02:43:02%2B00:00": 3,
    "dag=dag&run=other": 0,
}


@pytest.mark.parametrize("query", FOUND)
def test_what_is_looked_for_is_found(desk: Any, query: str) -> None:
    assert len(desk.get(f"/api/v1/open?{query}").json()["lines"]) == FOUND[query]
    text = desk.get(f"/?{query}").text
    assert len(re.findall(r'href="\./submission/', text)) == FOUND[query]


def test_a_run_shows_what_is_over_too(desk: Any, notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'landed' where id = 'notary-2'")
        connection.execute("update malote.submission set standing = 'withdrawn' where id = 'notary-3'")
    kinds = lambda query: [line["kind"] for line in desk.get(f"/api/v1/open?{query}").json()["lines"]]  # noqa: E731
    assert kinds("dag=dag") == ["in_doubt"]
    assert kinds("dag=dag&run=manual__2026-11-22T02:43:02%2B00:00") == ["in_doubt", "landed", "withdrawn"]


def test_pages_follow_each_other_without_a_gap_or_a_repetition(desk: Any, notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute(
            """insert into malote.held (scope, reference, submission, reason, since, seen_at)
               select scope, reference, submission, 'in_doubt', now(), now() from malote.item_row
               where submission = 'notary-1'"""
        )
    found, after = [], ""
    for _ in range(20):
        page = desk.get(f"/api/v1/open?limit=2&after={after}").json()
        found += [(line["kind"], line["reference"] or line["submission"]) for line in page["lines"]]
        after = page["next"] or ""
        if not after:
            break
    assert found == [
        ("in_doubt", "notary-1"), ("held", "D1"), ("held", "D2"), ("held", "D3"), ("received", "notary-2"),
        ("received", "notary-3"),
    ]  # fmt: skip


def test_the_counts_are_by_kind_and_service(desk: Any) -> None:
    counts = {each["kind"]: each["lines"] for each in desk.get("/api/v1/open/counts").json()}
    assert counts == {"in_doubt": 1, "received": 2}


@pytest.mark.parametrize(
    "standing", ["prepared", "sending", "received", "answered", "overdue", "refused", "withdrawn", "landed", "in_doubt"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_standing_has_its_words_and_its_way(
    desk: Any, notary: SimpleNamespace, standing: str, language: str
) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = %s", (standing,))
    said = desk.get("/submission/notary-2", headers={"accept-language": language})
    assert said.status_code == 200 and f'lang="{language}"' in said.text
    assert 'class="way"' in said.text
    on_its_way = standing in ("sending", "received")
    clear = re.search(r"clear it|\(clear\)", said.text.partition('class="way"')[0])
    assert not (on_its_way and clear), "what goes on by itself sends nobody to clear anything"


def test_what_the_journal_keeps_of_a_doubt_is_read_in_the_readers_language(desk: Any, notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = 'sending' where id = 'notary-1'")
    with Journal(notary.dsn) as journal:
        journal.parked("notary-1", english("s_ccee_evidence"), english("s_ccee_search", id="notary-1"))
    for path in ("/", "/submission/notary-1"):
        for language in LANGUAGES:
            shown = desk.get(path, headers={"accept-language": language}).text
            assert ("o codigoProcessamento que se perdeu" in shown) == (language == "pt-BR")
            assert ("the codigoProcessamento that was lost" in shown) == (language == "en")


def test_the_story_is_told_in_the_readers_language(desk: Any, notary: SimpleNamespace) -> None:
    lost = f"importarArquivo at ccee: {english('s_wire_lost', why=english('s_wire_slow', seconds=60))}"
    repaired = [f"{english('s_mended_characters')} (3)", english("s_mended_after")]
    with Journal(notary.dsn) as journal:
        journal.note("notary-1", "fate unknown", {"why": lost, "arrived": True})
        journal.note("notary-1", "reply repaired", {"repaired": repaired})
    told = desk.get("/submission/notary-1", headers={"accept-language": "pt-BR"}).text
    assert "importarArquivo em ccee: o pedido saiu e não voltou resposta inteira: não terminou em 60 s" in told
    assert "Dizem que chegou</span> sim" in told
    assert "caracteres que o XML proíbe, agora U+FFFD (3); bytes depois do documento" in told
    told = desk.get("/submission/notary-1", headers={"accept-language": "en"}).text
    assert lost in told and "They say that it arrived</span> yes" in told and "; ".join(repaired) in told


def test_what_a_landing_and_a_preparing_note_has_a_name_in_both_languages(notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        names = [column.name for column in connection.execute("select * from malote.load limit 0").description or ()]
    noted = {"sha256", "items", *names} - {"submission", "landed_at"}
    assert [name for name in noted if f"f_{name}" not in TEXTS] == []


def test_an_error_is_told_whole_in_the_readers_language() -> None:
    error = Misconfigured(
        english("s_receipt_held", receipt="R"), code="2001", meaning=english("s_ccee_denied_is"),
        todo=english("s_receipt_held_do"), kept=english("s_unchanged"),
    )  # fmt: skip
    assert Words("pt-BR").error(error).splitlines() == [
        "outro envio já tem o protocolo R",
        "Código 2001: Acesso Negado (elemento de falha sem código conhecido)",
        "Fazer agora: procure de novo do outro lado: um protocolo é de um só envio",
        "Não se perdeu: o diário não mudou",
    ]
    assert Words("en").error(error) == str(error)


def test_a_refusal_is_explained_in_the_readers_language(desk: Any, notary: SimpleNamespace) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute(
            """update malote.submission set institution = 'ccee', standing = 'refused', code = 'unexpectedSchemaFault',
                   moved_at = now() where id = 'notary-2'"""
        )
        connection.execute(
            "update malote.item_row set outcome = 'refused', code = '2001' where submission = 'notary-2'"
        )
        connection.execute(
            """insert into malote.event (submission, at, what, detail)
               values ('notary-2', now(), 'refused', '{"code": "unexpectedSchemaFault", "frees": true}')"""
        )
    told = {
        "pt-BR": ("A mensagem não cabe no schema do serviço", "Compare schemas/ccee/v1 com o WSDL"),
        "en": ("The message does not fit the service&#39;s schema", "Compare schemas/ccee/v1 with the WSDL"),
    }
    for language, (meaning, action) in told.items():
        other = told["en" if language == "pt-BR" else "pt-BR"]
        page = desk.get("/submission/notary-2", headers={"accept-language": language}).text
        assert meaning in page and action in page and not any(text in page for text in other)
        assert meaning in desk.get("/", headers={"accept-language": language}).text
    assert "o mesmo documento é enviado" in desk.get("/item?reference=D4", headers={"accept-language": "pt-BR"}).text


def test_the_document_is_shown_by_hash_and_size_and_never_by_content(desk: Any) -> None:
    text = desk.get("/submission/notary-1").text
    assert re.search(r"<code>[0-9a-f]{64}</code>", text) and "archive" not in text


def test_an_item_is_found_in_every_document_it_was_in(desk: Any) -> None:
    found = desk.get("/api/v1/items?reference=D1").json()
    assert [each["submission"] for each in found["documents"]] == ["notary-1"]
    assert "notary-1" in desk.get("/item?reference=D1").text
    assert desk.get("/api/v1/items?reference=nowhere").json()["documents"] == []


def test_links_of_earlier_runs_still_lead_there(desk: Any) -> None:
    run = desk.get("/pouch/dag/manual__2026-11-22T02:43:02+00:00/submit")
    assert run.status_code == 200 and "notary-2" in run.text
    assert "notary-1" in desk.get("/story/notary-1").text


def test_links_survive_a_sub_path(desk: Any) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.testclient import TestClient

    from malote_provider.desk.app import app

    client = TestClient(Starlette(routes=[Mount("/air/malote", app)]))
    for path in PAGES:
        text = client.get(f"/air/malote{path}").text
        for link in re.findall(r'(?:href|src|action)="([^"#]+)"', text):
            assert link.startswith((".", "/dags/", "?")), link
            if not link.startswith("/dags/"):
                at = str(client.build_request("GET", f"/air/malote{path}").url.join(link.replace("&amp;", "&")).path)
                assert at.startswith("/air/malote/"), (path, link)


def test_a_warehouse_that_is_away_is_said(desk: Any, set_connection: Any) -> None:
    set_connection("malote_warehouse", conn_type="postgres", host="127.0.0.1", port=9, login="x", schema="x")
    for path in (*PAGES, *API):
        said = desk.get(path)
        assert said.status_code == 503 and "Traceback" not in said.text
    for language, why in (("pt-BR", "o banco de dados não foi alcançado"), ("en", "the database cannot be reached")):
        assert why in desk.get("/", headers={"accept-language": language}).text


# ---- the catalogue


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same_and_take_the_same_values(key: str) -> None:
    portuguese, english = TEXTS[key]
    named = lambda text: sorted(re.findall(r"{(\w+)}", text))  # noqa: E731
    assert portuguese and english and named(portuguese) == named(english)


def test_no_text_stands_twice_in_the_catalogue_and_none_is_left_over() -> None:
    own = [tuple(told) for told in CATALOGUE.values() if not isinstance(told, str)]
    assert len(own) == len(set(own))
    roots = (ROOT / "plugins" / "malote_provider", ROOT / "dags", ROOT / "include" / "malote")
    files = [path for root in roots for kind in ("*.py", "*.html") for path in root.rglob(kind)]
    said = "".join(path.read_text("utf-8") for path in files)
    literal = set(re.findall(r"""["']([\w ]+)["']""", said))
    # of a standing, a reason, a decision, an event, a field; of what schemas, the system and pydantic say
    made = re.compile(r"(w|h|n|now|d|e|f|item|p|k|v|x|o|fact)_.+")
    keys = {key: key.removesuffix("_1") for key in CATALOGUE}
    assert [key for key, of in keys.items() if not {key, of} & literal and not made.fullmatch(key)] == []


PREFERRED = {
    "pt-BR,pt;q=0.9,en;q=0.8": "pt-BR", "pt": "pt-BR", "en-US,en;q=0.9,pt;q=0.3": "en", "": "en", "de": "en",
    "de,pt;q=0.5,en;q=0.4": "pt-BR", "en;q=0.2,pt-PT;q=0.7": "pt-BR", "pt;q=x": "en", "*": "en",
}  # fmt: skip


@pytest.mark.parametrize("header", PREFERRED)
def test_the_browsers_language_is_spoken(header: str) -> None:
    assert Words.accepted(header).language == PREFERRED[header]


def test_every_text_of_the_templates_is_in_the_catalogue() -> None:

    pages = ROOT / "plugins" / "malote_provider" / "desk"
    text = "".join(path.read_text("utf-8") for path in [*pages.rglob("*.html"), *pages.glob("*.py")])
    used = set(re.findall(r"""\b(?:t|words|self\.words)\(["'](\w+)["'][,)]""", text))
    assert len(used) > 60 and used <= set(TEXTS)


def test_the_api_describes_itself(desk: Any) -> None:
    described = json.loads(desk.get("/api/v1/openapi.json").text)
    assert set(described["paths"]) == {
        "/api/v1/open", "/api/v1/open/counts", "/api/v1/submissions/{id}", "/api/v1/submissions/{id}/items",
        "/api/v1/submissions/{id}/decisions", "/api/v1/items", "/api/v1/today",
    }  # fmt: skip


ANSWERED = {path: path.split("?")[0].replace("notary-1", "{id}") for path in API}
"""Each address that is read, and its path in the document."""


@pytest.mark.parametrize("path", ANSWERED)
def test_what_is_answered_is_what_the_api_describes(desk: Any, path: str) -> None:
    assert as_described(desk, path, ANSWERED[path])

"""What Airflow is told: provider info, plugin, link, retry policy; and the story pages, closed to strangers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import psycopg
import pytest
from airflow.sdk import RetryAction
from airflow.sdk.module_loading import import_string
from airflow.sdk.types import TaskInstanceKey

from malote import errors
from malote.journal import Journal
from malote_provider.links import StoryLink
from malote_provider.provider import get_provider_info
from malote_provider.retries import retry_policy
from support import ROOT

POUCH = "dag/manual__2026-11-22T02:43:02+00:00/submit"


def paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner)
    elif isinstance(value, str) and value.startswith(("malote_provider.", "malote.")):
        yield value


def test_every_path_in_the_provider_info_can_be_imported() -> None:
    found = list(paths(get_provider_info()))
    assert {"malote_provider.ccee.CceeHook", "malote_provider.links.StoryLink"} <= set(found)
    assert "malote_provider.cielo.CieloHook" in found
    for path in found:
        assert import_string(path)


def test_the_provider_info_is_valid_by_airflows_own_schema() -> None:
    import json

    import airflow

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_knows_the_connection_type_its_fields_and_the_options() -> None:
    from airflow.configuration import conf
    from airflow.providers_manager import ProvidersManager
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    manager = ProvidersManager()
    hook = ProvidersManagerTaskRuntime().hooks["ccee"]
    assert hook is not None
    assert (hook.hook_class_name, hook.connection_id_attribute_name) == ("malote_provider.ccee.CceeHook", "conn_id")
    widgets = manager.connection_form_widgets
    fields = {name.removeprefix("extra__ccee__"): each for name, each in widgets.items() if "extra__ccee__" in name}
    assert set(fields) == {
        *("environment", "codigo_perfil_agente", "ca_bundle", "client_certificate", "client_certificate_password"),
        *("schemas", "rules"),
    }
    assert fields["client_certificate_password"].is_sensitive
    assert manager.field_behaviours["ccee"]["hidden_fields"] == ["schema"]
    cielo = {name.removeprefix("extra__cielo__") for name in widgets if "extra__cielo__" in name}
    assert cielo == {"environment", "nome_ec", "ca_bundle", "schemas", "rules"}
    assert conf.get("malote", "warehouse_conn_id") == "malote_warehouse"


def test_the_environments_of_the_form_are_those_of_the_institution() -> None:
    from malote.institution import load

    for each in get_provider_info()["connection-types"]:
        offered = each["conn-fields"]["environment"]["schema"]["enum"]
        assert set(offered) == {*load(each["connection-type"]).environments, "simulator"}


def test_the_plugin_is_registered_once_and_only_by_its_entry_point() -> None:
    from airflow import plugins_manager

    found, errors_ = plugins_manager._get_plugins()
    assert [plugin.name for plugin in found].count("malote") == 1
    assert not errors_
    assert (ROOT / "plugins" / ".airflowignore").read_text().strip() == "*"


def test_loading_the_plugin_does_not_load_the_pages() -> None:
    code = "import sys, malote_provider.plugin; sys.exit('malote_provider.story' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_the_link_leads_to_the_tasks_own_pouch_or_to_the_one_it_waits_for() -> None:
    key = TaskInstanceKey("dag", "submit", "manual__2026-11-22T02:43:02+00:00")
    link = StoryLink().get_link(SimpleNamespace(), ti_key=key)
    assert link == "/malote/pouch/dag/manual__2026-11-22T02%3A43%3A02%2B00%3A00/submit"
    waiting = SimpleNamespace(pouch={"pouch": POUCH})
    assert StoryLink().get_link(waiting, ti_key=key._replace(task_id="wait")) == link


def test_the_link_stays_below_the_path_that_airflow_is_served_under(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://data.example/airflow/")
    link = StoryLink().get_link(SimpleNamespace(pouch="p"), ti_key=TaskInstanceKey("d", "t", "r"))
    assert link == "/airflow/malote/pouch/p"


# ---- the retry policy


def decide(error: Exception, try_number: int = 1) -> Any:
    return retry_policy().evaluate(error, try_number, 6)


@pytest.mark.parametrize(
    "kind", [errors.Invalid, errors.Refused, errors.Misconfigured, errors.Terminal, errors.InDoubt]
)
def test_what_needs_a_person_is_not_tried_again(kind: type[errors.MaloteError]) -> None:
    assert decide(kind("x")).action is RetryAction.FAIL


@pytest.mark.parametrize(
    "kind",
    [errors.Unreachable, errors.Unavailable, errors.ReplyLost, errors.Closed, errors.Transient, errors.Malformed],
)
def test_what_may_pass_is_tried_again_after_a_while(kind: type[errors.MaloteError]) -> None:
    assert decide(kind("x")).action is RetryAction.RETRY
    assert decide(kind("x")).retry_delay >= timedelta(minutes=1)


def test_an_error_that_names_its_moment_is_taken_at_its_word() -> None:
    assert decide(errors.Throttled("x", retry_after=17.0)).retry_delay == timedelta(seconds=17)
    opens = datetime.now(timezone.utc) + timedelta(hours=3)
    assert timedelta(hours=2) < decide(errors.Closed("x", opens_at=opens)).retry_delay <= timedelta(hours=3)


def test_an_unreadable_answer_is_tried_a_few_times_only() -> None:
    assert [decide(errors.Malformed("x"), n).action for n in (1, 2, 3)] == [
        *(RetryAction.RETRY, RetryAction.RETRY, RetryAction.FAIL),
    ]


def test_what_is_none_of_ours_follows_the_tasks_own_retries() -> None:
    assert decide(ValueError("x")).action is RetryAction.DEFAULT


# ---- the story pages


@pytest.fixture
def pages(notary: SimpleNamespace, context: Any) -> Any:
    """A client that is let in, over a pouch of three submissions of which one is in doubt."""
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.testclient import TestClient

    from malote_provider.story import app

    deeds = "select 'D' || n as reference, 'deed' as text from generate_series(1, 7) as n"
    notary.submit(task_id="submit", outgoing_sql=deeds).execute(context(run_id="manual__2026-11-22T02:43:02+00:00"))
    with Journal(notary.dsn) as journal:
        journal.parked("notary-1", "<script>alert(1)</script> was lost", "look at the office & ask")
    app.dependency_overrides[get_user] = lambda: SimpleNamespace(get_name=lambda: "somebody")
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.mark.parametrize("path", ["/pouch/a/b/c", "/story/notary-1"])
def test_strangers_see_nothing(path: str, airflow_db: None) -> None:
    from airflow.api_fastapi.app import cached_app
    from starlette.testclient import TestClient

    with TestClient(cached_app(apps="core")) as client:
        assert client.get(f"/malote{path}").status_code == 401


def test_every_page_asks_who_is_there() -> None:
    from airflow.api_fastapi.core_api.security import get_user

    from malote_provider.story import app

    routes = [route for route in app.routes if hasattr(route, "dependant")]
    assert len(routes) == 2
    for route in routes:
        assert get_user in {each.call for each in route.dependant.dependencies}


def test_the_pouch_page_shows_each_submission_with_a_link_that_survives_a_sub_path(pages: Any) -> None:
    said = pages.get(f"/pouch/{POUCH}")
    assert said.status_code == 200
    assert "in_doubt 1" in said.text and "received 2" in said.text
    assert 'href="../../../story/notary-2"' in said.text
    assert pages.get(f"/pouch/{POUCH}/../../../../story/notary-2").status_code == 200
    assert "<script" not in said.text
    assert "default-src 'none'" in said.headers["content-security-policy"]


def test_the_story_page_shows_the_events_escaped_and_what_to_do_now(pages: Any) -> None:
    said = pages.get("/story/notary-1")
    assert "malote resolve notary-1" in said.text
    assert "&lt;script&gt;" in said.text and "<script" not in said.text
    assert "look at the office &amp; ask" in said.text
    assert f'href="../pouch/{POUCH.replace(":", "%3A").replace("+", "%2B")}"' in said.text


def test_what_is_not_there_is_said(pages: Any, set_connection: Any) -> None:
    assert pages.get("/story/notary-99").status_code == 404
    assert "Nothing was sent" in pages.get("/pouch/of/no/run").text
    set_connection("malote_warehouse", conn_type="postgres", host="127.0.0.1", port=9, login="x", schema="x")
    assert pages.get("/story/notary-1").status_code == 503


@pytest.mark.parametrize("standing", ["prepared", "sending", "received", "answered", "overdue", "refused", "withdrawn"])
def test_every_standing_has_its_words(pages: Any, notary: SimpleNamespace, standing: str) -> None:
    with psycopg.connect(notary.dsn) as connection:
        connection.execute("update malote.submission set standing = %s", (standing,))
    assert "class=now" in pages.get("/story/notary-1").text

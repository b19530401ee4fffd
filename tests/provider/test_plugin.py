"""What Airflow is told: provider info, plugin, link, retry policy, where the desk stands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from airflow.sdk.module_loading import import_string

from malote import errors
from malote.institution import load
from malote_provider import desk
from malote_provider.declaration import DECLARED, Declaration
from malote_provider.links import StoryLink
from malote_provider.provider import get_provider_info
from malote_provider.retries import retry_policy
from malote_provider.version_compat import AIRFLOW_V_3_2_PLUS, RetryAction
from support import ROOT
from support.airflow_names import TaskInstanceKey, plugins

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
        module, _, name = path.rpartition(".")
        assert import_string(path) if name[:1].isupper() else import_module(path), module


def test_the_provider_info_is_valid_by_airflows_own_schema() -> None:
    import json

    import airflow

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def names_of(module: str) -> list[str]:
    """What a module has for others."""
    found = import_module(module)
    return getattr(found, "__all__", dir(found))


@pytest.mark.parametrize("declared", DECLARED, ids=lambda each: each.name)
def test_an_institution_is_called_by_one_proper_name_in_every_language(declared: Declaration) -> None:
    assert load(declared.name).title == declared.title and "(" not in declared.title


def test_each_institution_is_listed_with_its_page_and_a_logo_that_the_api_server_serves() -> None:
    from malote_provider.desk.app import app

    info = get_provider_info()
    assert [each["integration-name"] for each in info["integrations"]] == [each.title for each in DECLARED]
    for each in info["integrations"]:
        assert all((ROOT / page.lstrip("/")).is_file() for page in each["how-to-guide"])
        path = each["logo"].removeprefix("/malote")
        assert any(route.matches({"type": "http", "path": path, "method": "GET"})[0].value for route in app.routes)
        assert (Path(desk.__file__).parent / path.lstrip("/")).is_file()
    for kind, has in (("hooks", "Hook"), ("operators", "Operator"), ("sensors", "Sensor"), ("triggers", "Trigger")):
        assert len(info[kind]) == len(DECLARED)
        for each in info[kind]:
            for module in each["python-modules"]:
                assert any(name.endswith(has) for name in names_of(module)), (kind, module)


def test_airflow_knows_the_connection_type_its_fields_and_the_options() -> None:
    from airflow.configuration import conf
    from airflow.providers_manager import ProvidersManager

    from support.airflow_names import ProvidersManagerTaskRuntime

    manager = ProvidersManager()
    hook = ProvidersManagerTaskRuntime().hooks["ccee"]
    assert hook is not None
    assert (hook.hook_class_name, hook.connection_id_attribute_name) == ("malote_provider.ccee.CceeHook", "conn_id")
    widgets = manager.connection_form_widgets
    fields = {name.removeprefix("extra__ccee__"): each for name, each in widgets.items() if "extra__ccee__" in name}
    if not AIRFLOW_V_3_2_PLUS:
        conf.load_providers_configuration()
        assert conf.get("malote", "warehouse_conn_id") == "malote_warehouse"
        assert not fields, "Airflow 3.1 knows no fields: they are written into extra"
        return
    assert set(fields) == {
        *("environment", "codigo_perfil_agente", "ca_bundle", "client_certificate", "client_certificate_password"),
        *("proxy", "tls"),
        *("schemas", "rules"),
    }
    assert fields["client_certificate_password"].is_sensitive
    assert manager.field_behaviours["ccee"]["hidden_fields"] == ["schema"]
    cielo = {name.removeprefix("extra__cielo__") for name in widgets if "extra__cielo__" in name}
    assert cielo == {"environment", "nome_ec", "ca_bundle", "proxy", "tls", "schemas", "rules"}
    assert conf.get("malote", "warehouse_conn_id") == "malote_warehouse"


def test_the_environments_of_the_form_are_those_of_the_institution() -> None:
    from malote.institution import load

    for each in get_provider_info()["connection-types"]:
        offered = each["conn-fields"]["environment"]["schema"]["enum"]
        assert set(offered) == {*load(each["connection-type"]).environments, "simulator"}


def test_the_plugin_is_registered_once_and_only_by_its_entry_point() -> None:
    found, errors_ = plugins()
    assert [plugin.name for plugin in found].count("malote") == 1
    assert not errors_
    assert (ROOT / "plugins" / ".airflowignore").read_text().strip() == "*"


def test_loading_the_plugin_does_not_load_the_pages() -> None:
    code = "import sys, malote_provider.plugin; sys.exit('malote_provider.desk.app' in sys.modules)"
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


# ---- the desk


def test_the_desk_stands_in_the_navigation_and_on_the_pages_of_dag_run_and_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from malote_provider.plugin import MalotePlugin

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://data.example/airflow/")
    views = MalotePlugin().external_views
    assert [view["destination"] for view in views] == ["nav", "dag", "dag_run", "task_instance"]
    assert len({view["url_route"] for view in views}) == len(views)
    for view in views:
        assert view["category"] == "browse"
        assert all(view[name].startswith("/airflow/malote/") for name in ("href", "icon", "icon_dark_mode"))

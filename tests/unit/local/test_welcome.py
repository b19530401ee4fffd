"""What `make up` says to a newcomer: in his language, the same in both, and by the names that Airflow's UI has."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from malote_local.welcome import PORTUGUESE, STEPS, Told

VALUES = {"url": "U", "user": "W", "password": "P", "control": "C", "dsn": "D", "logs": "L"}
SAME = re.compile(r"make [a-z]+(?: SQL='[^']*')?|\b[a-z]+_[a-z]+\b|SCHEDULED=1|C/_sim/|psql \S+")


@pytest.mark.parametrize(
    ("environment", "portuguese"),
    [
        ({"LANG": "pt_BR.UTF-8"}, True),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C.UTF-8", "LC_MESSAGES": "pt_PT"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_language_is_that_of_the_terminal(environment: dict[str, str], portuguese: bool) -> None:
    said = Told(environment).welcome(scheduled=False, **VALUES)
    assert ("O que clicar primeiro" in said) == portuguese
    assert ("roda na porta 5" in Told(environment).step("postgres", 5)) == portuguese


@pytest.mark.parametrize("scheduled", [True, False])
def test_both_languages_name_the_same_commands_tables_and_addresses(scheduled: bool) -> None:
    english, portuguese = (Told({"LANG": each}).welcome(scheduled=scheduled, **VALUES) for each in ("en", "pt"))
    assert sorted(SAME.findall(english)) == sorted(SAME.findall(portuguese))
    assert all(each.count("{}") == told[0].count("{}") for told in STEPS.values() for each in told)


@pytest.mark.parametrize("name", ["Dags", "Acionar", "Navegar", "Administração", "Conexões", "Testar Conexão"])
def test_what_is_to_be_clicked_is_called_as_airflow_calls_it_in_portuguese(name: str) -> None:
    found = find_spec("airflow")
    assert found and found.origin and name in PORTUGUESE
    locale = Path(found.origin).parent / "ui" / "dist" / "i18n" / "locales" / "pt"
    words = [json.loads(path.read_text("utf-8")) for path in locale.glob("*.json")]
    assert f'"{name}"' in json.dumps(words, ensure_ascii=False)

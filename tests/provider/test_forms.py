"""The forms of runs: every field in words, and what is wrong is said in words, never with the value or a pattern."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from malote.rules import duration
from malote_provider import forms
from malote_provider.version_compat import ParamValidationError
from support.airflow_names import SERVER_SAYS, merged
from support.runs import parsed

FLOWS = ("ccee_contratos", "cielo_lote", "bndes_operacoes")
FORMS = (*FLOWS, "relatorio_diario")
SECRET = "4012001038443335"
WRONG: list[tuple[str, str, Any, str]] = [
    ("ccee_contratos", "outgoing_sql", f"select '{SECRET}'", "nome de um arquivo"),
    ("ccee_contratos", "arquivo", SECRET, "nunca contém número de cartão"),
    ("ccee_contratos", "arquivo", "x" * 501, "500 caracteres"),
    ("ccee_contratos", "tipoGeracao", SECRET, "tipos de geração da lista"),
    ("ccee_contratos", "tipoGeracao", 1, "tipos de geração da lista"),
    ("ccee_contratos", "resend_refused", SECRET, "sim ou não"),
    ("ccee_contratos", "scope", SECRET, "alcances da lista"),
    ("cielo_lote", "operacao", SECRET, "operações da lista"),
    ("cielo_lote", "items_per_lot", -77, "número inteiro"),
    ("cielo_lote", "items_per_lot", SECRET, "número inteiro"),
    ("cielo_lote", "patience", SECRET, "PT12H"),
    ("cielo_lote", "patience", None, "PT12H"),
    ("bndes_operacoes", "servico", SECRET, "serviços da lista"),
    ("bndes_operacoes", "hold_after_cut_off", SECRET, "sim ou não"),
    ("bndes_operacoes", "valid_rest", 1, "sim ou não"),
    ("bndes_operacoes", "patience", "three days", "P3D"),
]


@pytest.fixture
def served(airflow_db: None) -> Any:
    """The DAGs as the api-server knows them: deserialised."""
    from support.airflow_names import DagSerialization

    dags = parsed().dags
    return {name: DagSerialization.from_dict(DagSerialization.to_dict(dags[name])) for name in FORMS}


@pytest.mark.parametrize("flow", FORMS)
def test_every_field_has_title_description_and_words_in_portuguese(flow: str, served: Any) -> None:
    dag = served[flow]
    for name in dag.params:
        field = dag.params.get_param(name)
        title, about, wrong = field.schema["title"], field.description, field.schema["words"]
        assert title and about and wrong and title != name, name
        assert not re.search(r"\b(the|rows|may|which)\b", f"{title} {about} {wrong}"), name
        for value in field.schema.get("enum", ()):
            assert field.schema["values_display"][value], f"{name} has a value without a name"


def test_the_kinds_of_contract_files_have_names(served: Any) -> None:
    display = served["ccee_contratos"].params.get_param("tipoGeracao").schema["values_display"]
    assert display["1"] == "1 criar dados gerais e montantes" and display["25"] == "25 finalizar ou cancelar"


@pytest.mark.parametrize(("flow", "name", "value", "said"), WRONG)
def test_what_is_wrong_is_said_in_words_by_the_server_and_by_the_task(
    served: Any, flow: str, name: str, value: Any, said: str
) -> None:
    given = {each: served[flow].params[each] for each in served[flow].params}
    with pytest.raises(SERVER_SAYS) as server:
        merged(served[flow].params, {**given, name: value}).validate()
    with pytest.raises(ParamValidationError) as task:
        parsed().dags[flow].params.get_param(name).resolve(value)
    assert str(server.value).startswith(f"Invalid input for param {name}: ")
    for text in (str(server.value), str(task.value)):
        assert said in text and str(value) not in text and SECRET not in text
        assert "^" not in text and "\n" not in text


@pytest.mark.parametrize("flow", FLOWS)
def test_what_a_form_holds_when_it_is_opened_is_right(served: Any, flow: str) -> None:
    served[flow].params.validate()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *((text, True) for text in ("PT10M", "PT12H", "P3D", "P1DT12H", "P2W", "PT0S", " PT30S ", "P1Y2M3DT4H5M6S")),
        *((text, False) for text in ("", "P", "PT", "10", "three days", "PT-5M", "P3", "T10M", "-P1D", "P1DT", "PT1D")),
    ],
)
def test_the_form_takes_the_patience_that_wait_can_read(text: str, right: bool) -> None:
    field = forms.patience("PT10M")
    if not right:
        with pytest.raises(ParamValidationError):
            field.resolve(text)
    else:
        assert duration(field.resolve(text).strip()) is not None


def test_every_process_that_loads_the_plugin_knows_the_words() -> None:
    code = f"""
import malote_provider.plugin
from jsonschema import validate
try:
    validate("{SECRET}", {{"$schema": "{forms.FORM}", "enum": ["a"], "words": "choose"}})
except Exception as error:
    print(str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "choose"


@pytest.mark.parametrize("flow", FLOWS)
def test_the_page_warns_that_a_trigger_may_start_the_schedule(airflow_db: None, flow: str) -> None:
    assert "também liga a agenda" in (parsed().dags[flow].doc_md or "")

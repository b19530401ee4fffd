"""The options of [malote]: one way to read them, all of them declared, all of them used, all of them in the docs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from malote_provider.operators.retire import KEEP
from malote_provider.options import OPTIONS, option, ticked
from support import ROOT

PROVIDER = ROOT / "plugins" / "malote_provider"
READERS = {"option", "ticked", "folders"}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for file in PROVIDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield file, node


def named(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_the_code_reads_every_option_that_airflow_is_told_of_and_no_other() -> None:
    read = {
        node.args[0].value
        for _, node in calls()
        if named(node) in READERS and node.args and isinstance(node.args[0], ast.Constant)
    }
    assert read | set(KEEP.values()) | {"ask_doubts"} == set(OPTIONS)


def test_no_module_reads_an_option_past_the_one_that_knows_the_defaults() -> None:
    past = [
        f"{file}:{node.lineno}"
        for file, node in calls()
        if file.name != "options.py"
        and any(getattr(arg, "value", None) == "malote" for arg in node.args)
        and named(node) in ("get", "getboolean", "getint", "getfloat")
    ]
    assert past == []


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_help_a_default_and_a_row_in_the_docs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    about = OPTIONS[name]
    assert about["description"].endswith(".") and about["version_added"] and about["type"] in ("string", "boolean")
    told = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert f"`{name}`" in told
    monkeypatch.delenv(f"AIRFLOW__MALOTE__{name.upper()}", raising=False)
    assert "{" not in option(name)
    monkeypatch.setenv(f"AIRFLOW__MALOTE__{name.upper()}", "True")
    assert option(name) == "True"
    if about["type"] == "boolean":
        assert ticked(name) is True


def test_airflow_config_list_shows_every_option_with_its_help() -> None:
    command = [sys.executable, "-m", "airflow", "config", "list", "--section", "malote", "--include-descriptions"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name, about in OPTIONS.items():
        assert f"{name} = " in said and about["description"][:40] in said, name


def test_a_process_that_loaded_nothing_of_the_providers_knows_the_defaults() -> None:
    code = "from malote_provider.options import option; print(option('warehouse_conn_id'), option('archive_url'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("malote_warehouse ") and "{" not in said


def test_airflow_lists_the_dags_and_warns_of_nothing_of_ours(airflow_db: None) -> None:
    command = [sys.executable, "-m", "airflow", "dags", "list", "--local"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(file.stem in done.stdout for file in (ROOT / "dags").glob("*.py"))
    said = [line for line in (done.stdout + done.stderr).splitlines() if re.search("warn|error|deprecat", line, re.I)]
    assert [line for line in said if "graphviz" not in line] == [], "Airflow misses graphviz, malote nothing"

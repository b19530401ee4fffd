"""The pages that the docs site is made of: what they quote of the program is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module

import pytest

from malote.texts import TEXTS
from support import ROOT

QUOTED = re.compile(r"^\| `([^`|]+)` \|", re.MULTILINE)


@cache
def said() -> str:
    """Every text of the program, one a line; what is filled in is an ellipsis."""
    sources = [
        path for folder in ("include/malote", "plugins/malote_provider") for path in (ROOT / folder).rglob("*.py")
    ]
    own = [_text(node) for path in sources for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    return "\n".join([*own, *(re.sub(r"{\w+}", "…", english) for _, english in TEXTS.values())])


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("%d", "…").replace("\n", " ")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each) if isinstance(each, ast.Constant) else "…" for each in node.values)
    return ""


def symptoms() -> list[str]:
    return QUOTED.findall((ROOT / "docs" / "troubleshooting.md").read_text("utf-8"))


@pytest.mark.parametrize("symptom", [each for each in symptoms() if " " in each])
def test_a_symptom_is_said_by_the_program_in_these_words(symptom: str) -> None:
    assert symptom.strip("… ") in said()


def test_what_portuguese_pages_quote_is_said_in_these_words() -> None:
    page = (ROOT / "docs" / "troubleshooting.pt.md").read_text("utf-8")
    quoted = re.findall(r"^\| “([^”]+)”, `", page, re.MULTILINE)
    ours = [portuguese for portuguese, _ in TEXTS.values()]
    assert quoted and [each for each in quoted if not any(each.strip("… ") in text for text in ours)] == []


@pytest.mark.parametrize("name", ["ccee", "cielo", "bndes", "reinf"])
def test_the_reference_has_every_operator_and_sensor_of_an_institution(name: str) -> None:
    operators = import_module("malote_provider.operators")  # here: nothing else of the quick tests needs Airflow
    door = import_module(f"malote_provider.{name}")
    pages = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs" / "reference").glob("*.md")))
    assert f"::: {door.__name__}\n" in pages
    assert all(f"::: malote_provider.operators.{name}\n" in pages for name in operators.__all__)
    sensors = [name for name in door.__all__ if name.endswith("Sensor")]
    assert sensors and all(f"::: {door.__name__}.{name}\n" in pages for name in sensors)


@pytest.mark.parametrize("page", ["examples.md", "examples.pt.md"])
def test_an_example_that_github_does_not_show_is_a_link_away(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    shown = re.findall(r'(.*)\n\n```python\n--8<-- "(examples/\w+\.py):', text)
    assert len(shown) == text.count("--8<--") > 0
    assert [name for link, name in shown if link != f"[`{name}`](../{name}):"] == []


def test_a_page_of_the_reference_says_where_its_text_is_to_be_read() -> None:
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    assert pages
    assert [page.name for page in pages if f"`site/reference/{page.stem}.html`" not in page.read_text("utf-8")] == []

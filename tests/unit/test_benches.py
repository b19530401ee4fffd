"""What the benchmarks take from the code is there: they run seldom, and import late."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHES = sorted((Path(__file__).parents[2] / "bench").glob("*.py"))


@pytest.mark.parametrize("bench", BENCHES, ids=[bench.stem for bench in BENCHES])
def test_every_name_that_a_benchmark_imports_exists(bench: Path) -> None:
    missing = [
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(bench.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("malote")
        for name in node.names
        if not hasattr(import_module(node.module or ""), name.name) and not find_spec(f"{node.module}.{name.name}")
    ]
    assert not missing

"""Whether what is said of a row, and kept in English, is read whole in Portuguese."""

from __future__ import annotations

import re
from collections.abc import Iterable

from malote.errors import Problem
from malote.texts import Words

PORTUGUESE = Words("pt-BR")
_LEFT = re.compile(
    r"\b(?:the|an|of|and|or|not|is|are|was|it|its|with|without|has|have|holds|must|be|than|which|stands|names|expected"
    r"|allowed|missing|required|value|digits|characters)\b"
)
_THEIRS = re.compile("""'[^']*'|"[^"]*"|[(][^)]*[)]|<[^>]*>|[\\[][^]]*[]]|`[^`]*`""")
"""Values, names of types, code."""


def untold(said: str) -> list[str]:
    """What is left in English, beside what stands in quotes or brackets."""
    return _LEFT.findall(_THEIRS.sub("", said))


def read(problems: Iterable[Problem]) -> None:
    """Raise unless every one of them is read in Portuguese."""
    for problem in problems:
        rule = PORTUGUESE.problem(problem).removeprefix(f"item {problem.reference or '?'}: ")
        rule = re.sub(r"^linha [0-9]+, ", "", rule).removeprefix(f"{problem.path}: ")
        assert rule != problem.rule and untold(rule) == [], f"{problem.rule} -> {rule}"

"""One catalogue: what the journal keeps in English is read again in Portuguese, whatever it was filled in with."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from malote import INSTITUTIONS
from malote.institution import load
from malote.rules import Code
from malote.texts import TEXTS, Words, english
from support import ROOT

PORTUGUESE, ENGLISH = Words("pt-BR"), Words("en")
KEPT = sorted(key for key in TEXTS if key.startswith("s_"))
HARD = ["7", "", "a: b (c), and d: that {is} `one`", "lot 3 of EC 1, and when.", "çã\n<b>", "x" * 5000]
OTHERS = [
    "",
    "Lote duplicado, já existe um lote com o mesmo numero para o EC",
    "Cielo has no lot",
    "its bytes are purged: it cannot be sent again, says the institution",
    "profile 1234",
    "a: b of c, d",
]


def names(key: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(TEXTS[key][1]) if name]


@pytest.mark.parametrize("filled", HARD)
@pytest.mark.parametrize("key", KEPT)
def test_a_kept_sentence_is_read_again_in_portuguese(key: str, filled: str) -> None:
    kept = english(key, **{name: filled for name in names(key)})
    said = PORTUGUESE.again(kept)
    assert ENGLISH.again(kept) == kept
    assert said == PORTUGUESE(key, **{name: filled for name in names(key)}) or (names(key) and filled in said)
    assert TEXTS[key][0].partition("{")[0] in said


@pytest.mark.parametrize("text", OTHERS)
def test_the_words_of_others_stay_as_they_are(text: str) -> None:
    assert PORTUGUESE.again(text) == text


def test_a_sentence_inside_another_is_read_too() -> None:
    kept = english("s_cielo_no_lot", number=3, why="code 074", went=english("s_cielo_purged"))
    assert PORTUGUESE.again(kept) == PORTUGUESE(
        "s_cielo_no_lot", number=3, why="code 074", went=PORTUGUESE("s_cielo_purged")
    )


@pytest.mark.parametrize("key", KEPT)
def test_a_kept_sentence_begins_with_words_of_its_own(key: str) -> None:
    assert not TEXTS[key][1].startswith("{"), "it would be found in the words of others"


def test_each_kept_text_is_one_that_the_code_says_and_each_that_it_says_is_there() -> None:
    said = set()
    for path in (ROOT / "include" / "malote").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "english":
                assert isinstance(node.args[0], ast.Constant), path
                said.add(node.args[0].value)
    assert said == set(KEPT)


CODES = [(name, code) for name in INSTITUTIONS for code in load(name).codes]
OURS = re.compile(
    r"\b(?:the|an|of|and|or|not|is|are|was|it|its|with|without|after|before|behind|where|says?|element|nothing)\b",
    re.IGNORECASE,
)
"""Words by which a sentence in English is known; the manuals', which are quoted in both languages, hold none."""


def untold(code: Code) -> list[str]:
    """What of a code a reader of Portuguese would meet in English."""
    told = {"action": PORTUGUESE.again(code.action) != code.action}
    told["meaning"] = PORTUGUESE.again(code.meaning) != code.meaning or not OURS.search(code.meaning)
    return [name for name, known in told.items() if not known]


@pytest.mark.parametrize(("name", "code"), CODES, ids=[f"{name} {code.code}" for name, code in CODES])
def test_every_code_of_every_institution_says_in_portuguese_what_it_means_and_what_to_do(name: str, code: Code) -> None:
    assert untold(code) == []


@pytest.mark.parametrize(
    ("meaning", "action", "lacks"),
    [
        ("Lote inválido", "Correct the rows.", ["action"]),
        ("The lot is not valid", english("s_cielo_071"), ["meaning"]),
        ("Lote inválido (fault element)", english("s_cielo_071"), ["meaning"]),
        ("Lote inválido", english("s_cielo_free", advice=english("s_cielo_071")), []),
    ],
)
def test_a_code_without_portuguese_is_seen(meaning: str, action: str, lacks: list[str]) -> None:
    assert untold(Code("1", meaning, action, "refused", True, "manual")) == lacks


DOUBTS = ("Park", "CannotTell", "parked", "_cannot")
THEIRS = {"pesquisa", "consultaSubcredito"}
"""The name of a question of theirs before their own words needs no language."""


def test_whatever_is_said_of_a_doubt_stands_in_the_catalogue() -> None:
    """No literal words in a doubt: a reader of Portuguese would meet them in English."""
    found = []
    for path in (ROOT / "include" / "malote").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and (getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
            if called in DOUBTS:
                for given in (*node.args, *(each.value for each in node.keywords)):
                    parts = given.values if isinstance(given, ast.JoinedStr) else [given]
                    words = [str(each.value) for each in parts if isinstance(each, ast.Constant)]
                    if set(re.findall(r"[^\W\d_]{2,}", " ".join(words))) - THEIRS:
                        found.append(f"{path.name}:{node.lineno}")
    assert found == []

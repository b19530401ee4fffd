"""One catalogue: what the journal keeps in English is read again in Portuguese, whatever it was filled in with."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from malote import INSTITUTIONS
from malote.errors import MaloteError
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


def kinds(of: type) -> list[type]:
    """Every kind of a class there is in the core."""
    return [kind for each in of.__subclasses__() for kind in (each, *kinds(each))]


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


@pytest.mark.parametrize("about", ["importarArquivo at servicos.ccee.org.br:443", "pesquisa", "HTTP 500: a: b"])
def test_a_sentence_is_read_behind_what_it_is_about(about: str) -> None:
    kept = english("s_wire_lost", why=english("s_wire_timeout"))
    assert (
        PORTUGUESE.again(f"{about}: {kept}") == f"{about}: o pedido saiu e não voltou resposta inteira: o tempo acabou"
    )


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
    for path in (*(ROOT / "include" / "malote").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")):
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
THEIRS = {"pesquisa", "consultaSubcredito", "numeroBNDES"}
"""The name of a question of theirs before their own words needs no language."""


def test_whatever_is_said_of_a_doubt_stands_in_the_catalogue() -> None:
    """No literal words in a doubt: a reader of Portuguese would meet them in English."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "include" / "malote").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if called(node) in DOUBTS and any(map(literal, (*node.args, *(each.value for each in node.keywords))))
    ]
    assert found == []


def called(node: ast.AST) -> str:
    """The name of what a call calls."""
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "") if isinstance(node, ast.Call) else ""


def literal(given: ast.AST) -> bool:
    """Whether a text that is given holds words of its own."""
    parts = given.values if isinstance(given, ast.JoinedStr) else [given]
    words = " ".join(str(each.value) for each in parts if isinstance(each, ast.Constant))
    return bool(set(re.findall(r"[^\W\d_]{2,}", words)) - THEIRS)


ERRORS = {each.__name__ for each in (MaloteError, *kinds(MaloteError))} - {"Invalid", "Overtaken"}
SAID = {**dict.fromkeys([*ERRORS, "misfit", "wrong", "doubt", "Absent", "Pending", "Wait"], 0),
        **dict.fromkeys(["about", "_about", "told", "_gateway"], 1), "doubt": 1}  # fmt: skip
"""What makes an error, or tells why something is not there: at which place it is given what happened."""
KEPT_OF = (
    "address.py", "archive/archive.py", "archive/reaching.py", "hours/*.py", "institutions/*/answers/*.py",
    "institutions/*/calls/*.py", "institutions/*/institution.py", "journal/*.py", "reading/*.py", "rules.py",
    "trip/collecting.py", "trip/handing_over.py", "trip/landing.py", "wire/*.py",
)  # fmt: skip
"""The rooms whose errors the journal keeps, or the pages show."""


@pytest.mark.parametrize("rooms", [*KEPT_OF, "../../plugins/malote_provider/connections.py"])
def test_what_happened_stands_in_the_catalogue_wherever_a_page_shows_it(rooms: str) -> None:
    """The story tells why something was not sent, not answered, not read; Today why a connection cannot be used."""
    paths, found = sorted((ROOT / "include" / "malote").glob(rooms)), []
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            at = SAID.get(called(node))
            given = node.args[at] if isinstance(node, ast.Call) and at is not None and len(node.args) > at else None
            if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["what"]:
                given = node.value
            if given is not None and any(map(literal, spoken(given))):
                found.append(f"{path.name}:{node.lineno}")
    assert paths and found == []


def spoken(given: ast.AST) -> list[ast.AST]:
    """The texts that it may be; both where it is one or another."""
    if isinstance(given, ast.IfExp):
        return [*spoken(given.body), *spoken(given.orelse)]
    return [given] if isinstance(given, (ast.Constant, ast.JoinedStr)) else []

"""One catalogue: what the journal keeps in English is read again in Portuguese, whatever it was filled in with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from malote import INSTITUTIONS
from malote.errors import MaloteError
from malote.institution import load
from malote.rules import Code
from malote.texts import TEXTS, Words, english
from support import ROOT

CORE = ROOT / "include" / "malote"
PORTUGUESE, ENGLISH = Words("pt-BR"), Words("en")
KEPT = sorted(key for key in TEXTS if key.startswith("s_"))
ONE = {key for key in TEXTS if key.endswith("_1") and key.removesuffix("_1") in TEXTS}
"""Texts for a single one, which are said where ``n`` is 1."""
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


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Every piece of a module's code."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def names(key: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(TEXTS[key][1]) if name]


@pytest.mark.parametrize("filled", HARD, ids=lambda text: ascii(text[:9]))
def test_a_kept_sentence_is_read_again_in_portuguese(filled: str) -> None:
    for key in KEPT:
        if names(key) or filled == HARD[0]:
            kept = english(key, **{name: filled for name in names(key)})
            said = PORTUGUESE.again(kept)
            assert ENGLISH.again(kept) == kept, key
            good = said == PORTUGUESE(key, **{name: filled for name in names(key)}) or (names(key) and filled in said)
            assert good and TEXTS[key][0].partition("{")[0] in said, key


@pytest.mark.parametrize("text", OTHERS)
def test_the_words_of_others_stay_as_they_are(text: str) -> None:
    assert PORTUGUESE.again(text) == text


@pytest.mark.parametrize(
    ("about", "there"),
    [
        ("importarArquivo at servicos.ccee.org.br:443", "importarArquivo em servicos.ccee.org.br:443"),
        ("upload at a:443 by the proxy p:3128", "upload em a:443 pelo proxy p:3128"),
        ("pesquisa", "pesquisa"),
        ("HTTP 500: a: b", "HTTP 500: a: b"),
        ("they look at it", "they look at it"),
    ],
)
def test_a_sentence_is_read_behind_what_it_is_about(about: str, there: str) -> None:
    kept = english("s_wire_lost", why=english("s_wire_timeout"))
    assert (
        PORTUGUESE.again(f"{about}: {kept}") == f"{there}: o pedido saiu e não voltou resposta inteira: o tempo acabou"
    )


def test_a_sentence_inside_another_is_read_too() -> None:
    kept = english("s_cielo_no_lot", number=3, why="code 074", went=english("s_cielo_purged"))
    assert PORTUGUESE.again(kept) == PORTUGUESE(
        "s_cielo_no_lot", number=3, why="code 074", went=PORTUGUESE("s_cielo_purged")
    )


def test_a_kept_sentence_begins_with_words_of_its_own() -> None:
    """Else it would be found in the words of others."""
    assert [key for key in KEPT if re.match(r"\{(?!n\})", TEXTS[key][1])] == []


def test_each_kept_text_is_one_that_the_code_says_and_each_that_it_says_is_there() -> None:
    said = set()
    for path in (*(ROOT / "include" / "malote").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")):
        for node in nodes(path):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "english":
                assert isinstance(node.args[0], ast.Constant), path
                said.add(node.args[0].value)
    assert said == set(KEPT) - ONE


NEUTRAL = {
    "asked_times": "consultado ×1",
    "attempt": "the first, the second",
    "n_more": "names nothing",
    "s_bndes_events": "names nothing",
    "s_ccee_codes": "two at least",
    "s_ccee_partly": "some of several",
    "s_reinf_partly": "some of several",
    "s_doubts_in_a_row": "several at least",
    "s_migrate_locked": "a constant",
    "s_schema_declares": "names nothing",
    "s_strange_some": "some of several",
    "s_submissions_need": "two at least",
    "s_too_many_rows": "a limit",
    "s_xml_large": "a limit",
    "s_xml_nodes": "a limit",
}
"""Texts with a count that need none for a single one, and why."""


def test_what_is_counted_has_a_text_for_a_single_one() -> None:
    counted = {key for key in TEXTS if key not in ONE and "{n}" in "".join(TEXTS[key])}
    assert {key for key in counted if f"{key}_1" not in TEXTS} == {*NEUTRAL} & counted


@pytest.mark.parametrize("n", [1, "1", 0, 2, "27000"])
def test_the_text_for_a_single_one_is_said_of_one_and_read_again(n: int | str) -> None:
    for key in ONE:
        many = key.removesuffix("_1")
        values = {name: "x" for name in names(many)} | {"n": n}
        for words, at in ((PORTUGUESE, 0), (ENGLISH, 1)):
            assert words(many, **values) == TEXTS[key if str(n) == "1" else many][at].format(**values)
        if many in KEPT:
            assert PORTUGUESE.again(english(many, **values)) == PORTUGUESE(many, **values)


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


@pytest.mark.parametrize("name", INSTITUTIONS)
def test_every_code_of_every_institution_says_in_portuguese_what_it_means_and_what_to_do(name: str) -> None:
    assert {code.code: lacks for code in load(name).codes if (lacks := untold(code))} == {}


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
THEIRS = {"pesquisa", "consultaSubcredito", "numeroBNDES", "UTF"}
"""The name of a question of theirs before their own words needs no language, nor does that of an encoding."""


def test_whatever_is_said_of_a_doubt_stands_in_the_catalogue() -> None:
    """No literal words in a doubt: a reader of Portuguese would meet them in English."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "include" / "malote").rglob("*.py")
        for node in nodes(path)
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


ERRORS = {each.__name__ for each in (MaloteError, *kinds(MaloteError))} - {"Overtaken"}
SAID = {**dict.fromkeys([*ERRORS, "misfit", "wrong", "doubt", "Absent", "Pending", "Wait"], 0),
        "note": 0,
        **dict.fromkeys(["about", "_about", "told", "_gateway"], 1), "doubt": 1}  # fmt: skip
"""What makes an error, tells why something is not there, or what was mended: at which place it is given that."""
KEPT_OF = (
    "address.py", "archive/*.py", "export/*.py", "hours/*.py", "institution.py", "institutions/*/*.py",
    "institutions/*/answers/*.py", "institutions/*/calls/*.py", "institutions/*/documents/*.py", "journal/*.py",
    "migrations/__init__.py", "migrations/roles.py", "reading/*.py", "reference.py", "rules.py", "treaty/*.py",
    "trip/*.py", "warehouse/*.py", "wire/*.py",
)  # fmt: skip
"""The rooms whose errors the journal keeps, or pages and mails show."""


AT_A_SHELL = (
    "commandline.py",
    "commands.py",
    "surroundings.py",
    "reading/explaining.py",
    "institutions/*/explaining.py",
)
"""What is typed at a shell is answered there, in English; a rehearsal of reading is nothing else."""
PROVIDER = ("bndes/*.py", "operators/*.py", "[!nt]*.py", "notifiers.py", "tasks.py", "triggers.py")
"""Not the connection test, which Airflow shows as it is, nor the timetables."""


@pytest.mark.parametrize("rooms", [*KEPT_OF, *(f"../../plugins/malote_provider/{each}" for each in PROVIDER)])
def test_what_happened_stands_in_the_catalogue_wherever_a_page_or_a_mail_shows_it(rooms: str) -> None:
    """The story says why something was not sent, answered, read; Today what is wrong with a connection; a mail all."""
    paths, found = sorted({*CORE.glob(rooms)} - {path for each in AT_A_SHELL for path in CORE.glob(each)}), []
    for path in paths:
        for node in nodes(path):
            at = SAID.get(called(node))
            given = node.args[at] if isinstance(node, ast.Call) and at is not None and len(node.args) > at else None
            if isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["what"]:
                given = node.value
            if given is not None and any(map(literal, spoken(given))):
                found.append(f"{path.name}:{node.lineno}")
    assert paths and found == []


def spoken(given: ast.AST) -> list[ast.AST]:
    """The texts that it may be; both where it is one or another, or they are put together."""
    if isinstance(given, ast.IfExp):
        return [*spoken(given.body), *spoken(given.orelse)]
    if isinstance(given, ast.BinOp):
        return [*spoken(given.left), *spoken(given.right)]
    said = isinstance(given, ast.JoinedStr) or (isinstance(given, ast.Constant) and isinstance(given.value, str))
    return [given] if said else []


ADVISING = {"misfit", "wrong", "_wrong"}
"""What makes an error of what happened and, last, of what to do now."""


def advised(node: ast.AST, names: set[str]) -> list[ast.expr]:
    """What a piece of code gives as what to do now, or as what is not lost; also under a name that is then given."""
    if isinstance(node, ast.Call):
        given = [each.value for each in node.keywords if each.arg in ("todo", "kept")]
        return given + (node.args[1:][-1:] if called(node) in ADVISING else [])
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [node.value] if names & {getattr(each, "id", "") for each in targets} else []
    if isinstance(node, ast.arguments):
        both = (*zip(reversed(node.args), reversed(node.defaults), strict=False),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True))  # fmt: skip
        return [default for arg, default in both if arg.arg in ("todo", "kept") and default is not None]
    if isinstance(node, ast.Dict):
        keys = [getattr(key, "value", None) for key in node.keys]
        return [value for key, value in zip(keys, node.values, strict=True) if key in ("todo", "kept")]
    return []


def test_what_to_do_now_and_what_is_not_lost_stand_in_the_catalogue() -> None:
    """Every error of the core and of the provider: a page, a required action or a mail may show it in Portuguese."""
    at_a_shell = {path for each in AT_A_SHELL for path in CORE.glob(each)}
    paths = sorted({*CORE.rglob("*.py"), *(ROOT / "plugins" / "malote_provider").rglob("*.py")} - at_a_shell)
    pieces = [(path, node) for path in paths for node in nodes(path)]
    given = [each for _, node in pieces for each in advised(node, set())]
    names = {each.id for each in given if isinstance(each, ast.Name)}
    found = [
        f"{path.relative_to(ROOT)}:{value.lineno}"
        for path, node in pieces
        for value in advised(node, names)
        if any(map(literal, spoken(value)))
    ]
    assert len(given) > 300 and {"todo", "_KEPT", "TODO"} <= names and found == []


@pytest.mark.parametrize(
    "code",
    [
        'Refused("it", todo="correct the rows")',
        'Refused("it", kept="nothing was sent" if new else english("s_unchanged"))',
        'misfit(what, f"use one of {names}")',
        'todo += "; then see the log"',
        '_KEPT: str = "nothing was sent"',
        'def told(what, *, kept="nothing was sent"): ...',
        'def misfit(what, todo="correct it"): ...',
        'more = {"kept": "nothing was sent"}',
    ],
)
def test_advice_without_portuguese_is_seen(code: str) -> None:
    found = [value for node in ast.walk(ast.parse(code)) for value in advised(node, {"todo", "_KEPT"})]
    assert any(literal(each) for value in found for each in spoken(value))


AT_WORK = (
    *AT_A_SHELL, "desk/plain.py", "desk/health.py", "export/exporting.py", "hours/counter.py", "migrations/*.py",
    "institutions/cielo/answers/meanings.py", "trip/decision.py", "trip/preparing.py", "trip/retiring.py",
    "warehouse/telling.py",
)  # fmt: skip
"""What is typed at a shell, kept in a log, or said of a measure or to whoever writes a program: in English."""
AIRFLOWS = (
    "declaration.py", "explaining.py", "metrics.py", "options.py", "operators/doubt.py", "provider.py", "reinf.py",
    "retries.py", "timetables.py", "waits.py",
)  # fmt: skip
"""What Airflow's own forms, lists and logs show, which know one language."""
PROGRAMMERS = {
    "a clock needs an aware instant",
    "at least one slot is reserved",
    "a request outside the journal may be sent twice: use the operators or the courier",
    "the body is shorter than it was said to be",
    "what came is not HTTP",
    "an upsert returns its row",
    "scheme or port",
    "not in the tables of rules.py",
    "Everything that travels, and everything that needs a person.",
}
"""What only a log, a traceback or the description of the API shows."""
SENTENCE = re.compile(
    r"\b(?:the|an|of|and|or|not|is|are|was|it|its|with|without|after|before|behind|where|says?|nothing|that|than|to|must"
    r"|be|by|has|have|from|which|without|any|more)\b"
)
NO_SENTENCE = re.compile(
    r"\b(?:select|insert|update|delete|create|copy|grant|vacuum|time zone|inherit)\b|count\(|is (?:not )?null"
    r"|[<>=(] ?%\(|= (?:any|'|[a-z_]+\b,)|\b(?:manual|sheet|inferred)\b|\[a-z|[çãõáéíóú]|^<|^\{\{",
    re.IGNORECASE,
)
"""SQL, patterns, templates, where a code was read, what is Portuguese already."""
UNHEARD = {"english", "compile", "info", "warning", "error", "debug", "exception", "search", "TypeError"}
"""Calls whose texts go nowhere but into a log, or come from the catalogue."""


def sentences(code: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """The English sentences in a piece of code, with their lines: no description, nothing of a log, no event's name."""
    apart = {id(node.value) for node in code if isinstance(node, ast.Expr)}
    for node in code:
        if called(node) in UNHEARD:
            apart |= set(map(id, ast.walk(node)))
        elif isinstance(node, ast.JoinedStr):
            apart |= set(map(id, node.values))
    for node in code:
        if id(node) in apart or not isinstance(node, (ast.JoinedStr, ast.Constant)):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in parts)
        words = len(re.findall(r"[^\W\d_]{2,}", text)) > 2
        if words and SENTENCE.search(text) and not NO_SENTENCE.search(text) and f"e_{text}" not in TEXTS:
            yield node.lineno, text


def test_no_sentence_that_a_person_reads_stands_outside_of_the_catalogue() -> None:
    """Whatever it is given to: a rule of a row, a reason inside another sentence, a detail of an API."""
    provider = ROOT / "plugins" / "malote_provider"
    apart = {*(each for glob in AT_WORK for each in CORE.glob(glob)), *(provider / each for each in AIRFLOWS)}
    paths = sorted({*CORE.rglob("*.py"), *provider.rglob("*.py")} - apart)
    said = [(path, *each) for path in paths for each in sentences(nodes(path))]
    assert [each for each in said if each[2] not in PROGRAMMERS] == []
    assert {text for *_, text in said} >= PROGRAMMERS


@pytest.mark.parametrize(
    "code",
    [
        'problem = Problem(None, "reference", "is empty: it is what may not travel twice")',
        'broken.append(("valor", f"is {value}: it must be {least} to {most} centavos"))',
        'WHOLE = "is no whole number of centavos"',
        'WANTED = {"numero": "the last of them right by Luhn"}',
        'def rule(): return "has no record" + ": it is not a contract file"',
        'raise HTTPException(404, "the address holds what is not text")',
        'told(why="it may still be under way")',
    ],
)
def test_a_sentence_without_portuguese_is_seen(code: str) -> None:
    assert list(sentences(list(ast.walk(ast.parse(code)))))

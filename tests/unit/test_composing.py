"""Normal forms of Unicode: the same as Unicode's own for what people write, and linear for what they do not."""

from __future__ import annotations

import ast
import unicodedata

import pytest

from malote import cards, composing
from malote.composing import PIECE, normal_form
from malote.institutions.bndes.answers.elements import plain
from malote.institutions.cielo.masking import masked
from malote.reading.explaining import discreet
from malote.reference import normal
from support import ROOT

WRITTEN = ["", "USINA", "Opera\u00e7\u00e3o", "Operac\u0327a\u0303o n\u00ba 1", "\uff14\uff10\uff11", "\u2460 \ufb01m",
           "\u1112\u1161\u11ab " * 300, "a\u0316\u0301" * 5000, "\u4e2d\u6587" * 3000]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
@pytest.mark.parametrize("text", WRITTEN, ids=lambda text: ascii(text[:12]))
def test_what_people_write_comes_out_as_unicode_has_it(form: str, text: str) -> None:
    assert normal_form(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


MARKS = "\u0301\u0316" * 20_000
TAKEN = {
    "a normal form": lambda text: normal_form("NFC", text),
    "a reference": normal,
    "a message of Cielo": masked,
    "a word of BNDES": plain,
    "what an explanation prints": discreet,
    "columns that may hold a card": lambda text: cards.holding(["4012", text]),
    "a text that may hold a card": cards.masked,
}


@pytest.mark.parametrize("text", [f"a{MARKS}", f"a{MARKS}b" * 2, MARKS], ids=["after a letter", "twice", "alone"])
@pytest.mark.parametrize("what", TAKEN)
def test_no_long_run_of_marks_is_ever_put_in_order_at_once(
    monkeypatch: pytest.MonkeyPatch, what: str, text: str
) -> None:
    runs = [0]

    def normalize(_form: str, given: str) -> str:
        runs.append(sum(not each.isascii() for each in given))
        return given

    monkeypatch.setattr(composing.unicodedata, "normalize", normalize)
    TAKEN[what](text)
    assert max(runs) <= PIECE


def test_texts_are_normalized_in_one_place() -> None:
    for folder in ("include/malote", "plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            names = {getattr(node, "attr", getattr(node, "name", "")) for node in ast.walk(ast.parse(path.read_text()))}
            assert "normalize" not in names or path.name == "composing.py", path

"""Card numbers in texts: found however they are written, and no false alarm where numbers are long by right."""

from __future__ import annotations

import base64
import pickle
import random
import sys
import uuid
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from malote import cards
from malote.cards.numbers import cnpj
from malote.errors import Invalid, MaloteError, Misconfigured, Problem
from support.reinf import cnpj_of

CARD = "4012001037141112"
PUBLIC = (CARD, "4012001038443335", "5453010000066167", "376449047333005", "36490102462661", "5078601912345600019",
          "6362970000457013", "3530111333300000", "6011020000245045", "2223000048400011", "4222222222222")  # fmt: skip


@pytest.mark.parametrize("card", PUBLIC)
@pytest.mark.parametrize("around", ["{}", "cliente {}", "{}-1", "PED{}X", "é{}", "7 {} 7", "n:{}/2026", "{}\n"])
def test_a_card_number_is_found_with_whatever_stands_around_it(card: str, around: str) -> None:
    text = around.format(card)
    assert cards.held(text)
    assert cards.masked(text) == around.format(f"{card[:6]}{'*' * (len(card) - 10)}{card[-4:]}")


@pytest.mark.parametrize(
    "sign",
    ["_", "/", "\t", "\u00a0", " ", ".", "-", ",", ":", "|", "\u200b", "\u00ad", "\u2009", "–", " - ", "\r\n", "=", "+",
     '"', "&nbsp;", "x", "%"],
)  # fmt: skip
def test_a_card_number_is_found_over_any_sign_between_its_groups(sign: str) -> None:
    text = f"pedido {sign.join(CARD[at : at + 4] for at in (0, 4, 8, 12))}"
    assert cards.held(text) and cards.masked(text) == "pedido 401200******1112"


PIECES = [CARD, CARD[:4], CARD[4:8], CARD[8:12], CARD[12:], "4", "0", "00000", "9" * 20, "&#52;", "&#x34;", "%34",
          "\\u0034", "４", "٤", "፩", "⁴", "é", "x", "PED", " ", "-", "</a><b>", '="', "\u200b"]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), min_size=1, max_size=3))
@example([CARD + "፩" * 5])
@example(["４０１２００１０３７１４１１１２" + "፩" * 5, "9" * 20])
def test_the_quick_look_at_many_texts_misses_nothing_that_a_close_one_finds(texts: list[str]) -> None:
    assert cards.suspect(texts) or not any(map(cards.held, texts))
    assert cards.holding(texts) == [at for at, text in enumerate(texts) if cards.held(text)]


@pytest.mark.parametrize("sign", ["_", "\u200b", " ", "."])
def test_digit_by_digit_is_no_hiding_place(sign: str) -> None:
    assert cards.masked(sign.join(CARD)) == "401200******1112"


@pytest.mark.parametrize("zero", ["０", "٠", "०", "𝟎", "⁰"])
def test_digits_of_any_alphabet_are_digits(zero: str) -> None:
    digits = "⁰¹²³⁴⁵⁶⁷⁸⁹" if zero == "⁰" else "".join(chr(ord(zero) + n) for n in range(10))
    text = "".join(digits[int(each)] for each in CARD)
    assert cards.held(text) and cards.masked(text) == "401200******1112"


@pytest.mark.parametrize("around", ["9{}", "{}9", "99{}", "000{}", "0000000{}"])
def test_further_digits_do_not_hide_it(around: str) -> None:
    assert cards.held(around.format(CARD)) and CARD not in cards.masked(around.format(CARD))


@pytest.mark.parametrize(
    "text",
    [
        "", "lote 87", "123456789012", "4012001037141113", "TID 10069930690000000001 e pedido 123456789012",
        "10069930690864271001", "2026-11-22 10:00:00 -0300", "2026-11-22T10:00:00.123-03:00", "401200******1112",
        "401200******1112, em 2026", "11.444.777/0001-61", "36490102000061", "PED20261122000123",
        "35261106698803000108550010000012341000012347", "ECOMM_1006993069_02_20261122_0000000087.xml",
        "TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=",
    ],
)  # fmt: skip
def test_what_is_no_card_number_stays_as_it_is(text: str) -> None:
    assert not cards.held(text) and cards.masked(text) == text


@pytest.mark.parametrize(
    "one",
    [
        lambda chance: f"2026{chance.randrange(10**10):010}",
        lambda chance: f"20261125{chance.randrange(10**8):08}",
        lambda chance: f"2026-11-25/CONTRATO-{chance.randrange(10**9):09}",
        lambda chance: f"1006993069{chance.randrange(10**10):010}",
        lambda chance: f"2026/{chance.randrange(10**7):07}",
        lambda chance: base64.b64encode(chance.randbytes(32)).decode(),
        lambda chance: str(uuid.UUID(bytes=chance.randbytes(16), version=4)),
    ],
)
def test_references_as_they_are_made_raise_no_false_alarm(one: object) -> None:
    chance = random.Random(7)
    assert sum(cards.held(one(chance)) for _ in range(3000)) <= 3  # type: ignore[operator]


def _cnpj(chance: random.Random) -> str:
    number = cnpj_of(f"{chance.randrange(1, 10**8):08}")
    assert cnpj(number)
    return number


def _receipt(chance: random.Random) -> str:
    month, (first, last) = chance.randrange(1, 13), (chance.randrange(10 ** chance.randrange(3, 13)) for _ in "12")
    return f"{first}-{chance.randrange(100):02}-{chance.choice((1000, 2010, 4010, 4020, 9000))}-26{month:02}-{last}"


@pytest.mark.parametrize(
    "one",
    [
        _cnpj,
        lambda chance: f"2026-10/{_cnpj(chance)}/{_cnpj(chance)}",
        _receipt,
        lambda chance: f"recibo {_receipt(chance)} de {_cnpj(chance)}",
    ],
    ids=["CNPJ", "reference of two CNPJs", "receipt", "receipt in words"],
)
def test_numbers_that_the_receita_gives_raise_no_alarm_at_all(one: object) -> None:
    chance = random.Random(7)
    found = [text for text in (one(chance) for _ in range(3000)) if cards.held(text)]  # type: ignore[operator]
    assert not found


@pytest.mark.parametrize("text", [f"{CARD}-01-4020-2610-7", f"7-01-4020-2610-{CARD}", "4012-00-1037-1411-12"])
def test_the_form_of_a_receipt_hides_no_card_number(text: str) -> None:
    assert cards.held(text)


def test_a_cnpj_with_its_own_check_digits_is_a_cnpj() -> None:
    cnpjs = (f"36490{n:03}0001{d:02}" for n in range(1000) for d in range(100))
    both = [each for each in cnpjs if cards.luhn(each) and cnpj(each)]
    assert both and not any(map(cards.held, both))


@pytest.mark.parametrize("unit", ["4 ", "1", "4012 ", CARD, "４", "é4", f"{CARD}1 ", "4é", "½", "*", "<a>4</a>"])
def test_the_work_of_a_look_is_linear(unit: str) -> None:
    def work(size: int) -> int:
        text = unit * (size // len(unit))
        calls = 0

        def count(_frame: object, event: str, _what: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            cards.masked(text)
        finally:
            sys.setprofile(None)
        return calls

    assert work(32 << 10) <= 10 * max(work(4 << 10), 100)


def test_many_values_are_looked_at_together() -> None:
    column = ["P1", None, CARD, 7, True, int(CARD), Decimal(CARD), Decimal(f"{CARD}.00"), ["x", CARD], "Transação", 1.5]
    assert cards.holding(column) == [2, 5, 6, 7, 8]
    assert cards.holding(["4012", "0010", "3714", "1112"]) == [], "a number is in one text"
    assert cards.holding(["a"] * 9) == cards.holding([1, 2, 3]) == cards.holding([None, "Ação"]) == []


def test_no_error_and_no_problem_says_a_card_number() -> None:
    spaced = "4012 0010 3714 1112"
    problem = Problem(f"R{CARD}", f"x.{CARD}", f"is {spaced}")
    errors = [
        MaloteError(f"is {CARD}", item=CARD, code=CARD, meaning=spaced, todo=spaced, kept=CARD, facts={"said": spaced}),
        Misconfigured(f"no {spaced}"),
        Invalid("1 problem", problems=(problem,)),
    ]
    for error in (*errors, *map(pickle.loads, map(pickle.dumps, errors))):
        assert not cards.held(str(error)) and not cards.held(repr(vars(error))) and not cards.held(repr(error.args))
    assert str(problem) == "item R401200******1112: x.401200******1112: is 401200******1112"


def test_inside_json_only_the_texts_change() -> None:
    told = f'{{"a": "{CARD}", "b": [{CARD}, true, 1.5], "c": {{"4012": "0010"}}}}'
    assert cards.masked_json(told) == (
        '{"a": "401200******1112", "b": ["401200******1112", true, 1.5], "c": {"4012": "0010"}}'
    )
    assert cards.masked_json('{"a":1}') == '{"a":1}'

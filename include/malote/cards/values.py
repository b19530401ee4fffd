"""Card numbers in many values at once: one look at a column tells whether it is worth to look at each."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from malote.cards.finding import FEW_LETTERS, held, masked
from malote.cards.numbers import LONGEST, SHORTEST
from malote.cards.spelling import ESCAPES
from malote.composing import normal_form

_LEAST = 10 ** (SHORTEST - 1)
_NUMBERS = (int, float, Decimal)
_HARMLESS = frozenset({bool, date, datetime, type(None)})

_APART = "x" * FEW_LETTERS + "\0"
"""Between texts that are looked at together: nothing belongs together over it."""

_LETTERS = bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B))
_SHAPE = bytes(0x30 if chr(at) in "0123456789" else 0x78 for at in range(256))
_ASIDE = bytes(at for at in range(1, 256) if at not in _LETTERS and not 0x30 <= at <= 0x39)
_ENOUGH = b"0" * SHORTEST
_LONG = re.compile(rb"(?<![0-9])[1-9][0-9]{19,}")
_LETTERED = re.compile(rb"0000x{1,6}0{4,6}x{1,6}0{4,5}")
_FOREIGN = re.compile(r"(?![0-9])\d")
_ESCAPED = re.compile(rb"&(?:#|[a-z][a-z0-9]{1,30};)|\\u[0-9a-f{]|\\x[0-9a-f]{2}|\\[nrt]|%u?[0-9a-f]{2}", re.IGNORECASE)
_ESCAPES = [each.encode() for each in ESCAPES]


def suspect(texts: Collection[str]) -> bool:
    """Whether it is worth to look at each of many texts: false for most, in a hundredth of the time."""
    together = _APART.join(texts)
    if not together.isascii():
        foreign = normal_form("NFKC", _APART.join([each for each in texts if not each.isascii()]))
        if _FOREIGN.search(foreign):
            return True
        texts = [foreign, *filter(str.isascii, texts)]
        together = _APART.join(texts)
    data = together.encode("ascii", errors="replace")
    if any(each in data for each in _ESCAPES) and _ESCAPED.search(data):
        return True
    shape = data.translate(_SHAPE, _ASIDE)
    if _ENOUGH in shape:  # columns of TIDs are made of numbers that are too long to be looked into
        short = [each for each in texts if len(each) <= LONGEST or each[0] == "0" or not each.isdecimal()]
        data = _APART.join(short).encode("ascii", errors="replace")
        shape = data.translate(_SHAPE, _ASIDE)
    if _ENOUGH in shape and _ENOUGH in (shape := _LONG.sub(b"x", data).translate(_SHAPE, _ASIDE)):
        return True
    if b"0000x" in shape and _LETTERED.search(shape):
        return True
    markup = b'="' in data or b"='" in data or b">" in data
    return markup and _ENOUGH in data.translate(_SHAPE, _ASIDE + _LETTERS)


def long(values: Iterable[Any]) -> list[str]:
    """The texts that could hold one: of so many signs, or with a sign that may stand for several digits."""
    return [each for each in values if type(each) is str and (len(each) >= SHORTEST or not each.isascii())]


def holding(values: Sequence[Any]) -> list[int]:
    """The places of values, such as a column's, that hold a card number: texts, whole numbers, arrays of them."""
    kinds = set(map(type, values))
    looked = suspect(long(values))
    if not looked and (others := kinds - _HARMLESS - {str}):
        looked = not max(each for each in values if type(each) is int) < _LEAST if others == {int} else True
    return [place for place, value in enumerate(values) if any(map(held, _texts(value)))] if looked else []


def masked_json(text: str) -> str:
    """As :func:`masked`, of each text and number inside a JSON value."""
    return json.dumps(masked_inside(json.loads(text)), ensure_ascii=False) if suspect((text,)) else text


def masked_inside(value: Any) -> Any:
    """The value with every card number cut out of its texts, numbers, names and parts."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked_inside(name): masked_inside(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_inside(each) for each in value]
    if isinstance(value, (int, float, Decimal)) and _large(value) and (found := [*filter(held, _texts(value))]):
        return masked(found[0])
    return value


def _large(value: Any) -> bool:
    kind = type(value)
    if kind in _NUMBERS:
        return (kind is not Decimal or value.is_finite()) and not -_LEAST < value < _LEAST
    return kind is not str and kind not in _HARMLESS


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, (int, float, Decimal)) and _large(value):
        # An amount of so many digits is none: 4012001038443335.00 came from a column of another type.
        if -(10**20) < value < 10**20 and (whole := int(value)) == value:
            yield str(whole)
    elif type(value) not in (*_NUMBERS, *_HARMLESS):
        yield str(value)

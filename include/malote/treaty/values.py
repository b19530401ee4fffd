"""How the values of a row are written as text that fits a simple type of a treaty."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from malote.clock import ZONE
from malote.texts import english

ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
"""For text and attribute values alike."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ISO = "%Y-%m-%dT%H:%M:%S"
_INSTANTS = ("%d/%m/%Y %H", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", _ISO, "%d/%m/%Y", "%Y-%m-%d", "%m/%Y", "%Y-%m")
_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%m/%Y", "%Y-%m")
_OWN = {"date": "%Y-%m-%d", "dateTime": _ISO, "gYearMonth": "%Y-%m"}
"""The mask of a primitive type, where its bounds leave the sample out."""
_SAMPLE = datetime(2026, 3, 15, 14)  # noqa: DTZ001 (wall time, only to try masks)


class Leaf:
    """A column whose path is known: the simple type that its text must fit, and how values are written for it.

    `str` as it is; `int` in digits; `Decimal` with the scale it has and the decimal sign that the type takes; `bool` as
    `true` and `false` where the type takes those; `datetime` by the first mask that the type takes, `DD/MM/AAAA HH`
    first, in ISO form cut to the second, aware ones as Brasília wall time; `date` likewise by masks without an hour;
    `None` is absent.

    :param column: the column's name
    :param path: its whole path below the record, without indexes
    :param kind: the type as xmlschema gives it, or None for any text
    :param sign: the decimal sign, `,` or `.`, of types that take both; a text of such a type may not hold the other one
    """

    def __init__(self, column: str, path: str, kind: Any, encoding: str, sign: str = ",") -> None:
        self.column = column
        self.path = path
        self._kind = kind
        self._encoding = encoding
        self._preferred = sign

    def _takes(self, text: str) -> bool:
        return self._kind is None or _takes(self._kind, text)

    @cached_property
    def _instant(self) -> str:
        own = _OWN.get(self._primitive, _INSTANTS[0])
        return next((mask for mask in _INSTANTS if self._takes(_SAMPLE.strftime(mask))), own)

    @cached_property
    def _day(self) -> str | None:
        own = _OWN.get(self._primitive)
        return next((mask for mask in _DAYS if self._takes(_SAMPLE.strftime(mask))), own if own in _DAYS else None)

    @cached_property
    def _primitive(self) -> str:
        primitive = getattr(self._kind, "primitive_type", None)
        return str(primitive.local_name) if primitive is not None else ""

    def _takes_sign(self, sign: str) -> bool:
        if self._primitive in ("decimal", "float", "double"):
            return sign == "."
        return any(self._takes(f"1{sign}{'1' * scale}") for scale in range(1, 9))

    @cached_property
    def _sign(self) -> str:
        other = "," if self._preferred == "." else "."
        return other if self._takes_sign(other) and not self._takes_sign(self._preferred) else self._preferred

    @cached_property
    def _sign_fits(self) -> bool:
        return self._takes_sign(self._sign)

    @cached_property
    def other_sign(self) -> str | None:
        """The decimal sign that a text must not hold: the type is one of numbers, takes both, and one was chosen."""
        both = self._kind is not None and self._takes_sign(",") and self._takes_sign(".") and not self._takes("a")
        return "," if both and self._sign == "." else "." if both else None

    def text(self, value: Any) -> str:
        """The value as unescaped text.

        :raises ValueError: with the broken rule in words
        """
        text = self.writer(type(value))(value)
        if self.other_sign is not None and self.other_sign in text:
            raise ValueError(english("s_row_sign", other=repr(self.other_sign), sign=repr(self._sign)))
        if found := _FORBIDDEN.search(text):
            raise ValueError(english("s_row_control", code=f"U+{ord(found[0]):04X}"))
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError as wrong:
            letter = text[wrong.start]
            said = f"{letter!r} (U+{ord(letter):04X})"
            raise ValueError(english("s_row_letter", letter=said, encoding=self._encoding)) from None
        return text

    def writer(self, kind: type) -> Callable[[Any], str]:
        """What writes values of a Python type; it raises ValueError with the broken rule in words."""
        if issubclass(kind, str):
            return self.same
        if kind is bool and self._takes("true"):
            return _boolean
        for known, written in ((Decimal, self._decimal), (datetime, self._datetime), (date, self._date)):
            if issubclass(kind, known):
                return written
        return str if issubclass(kind, int) and kind is not bool else _unknown

    @staticmethod
    def same(value: str) -> str:
        """Text is written as it is."""
        return value

    def _decimal(self, value: Decimal) -> str:
        if not value.is_finite():
            raise ValueError(english("s_row_infinite"))
        text = format(value, "f")
        written = text.replace(".", self._sign)
        if self._sign_fits or self._takes(written):
            return written
        other = text.replace(".", "," if self._sign == "." else ".")
        return other if self._takes(other) else written  # no sample fits its bounds

    def _datetime(self, value: datetime) -> str:
        wall = value.astimezone(ZONE).replace(tzinfo=None) if value.tzinfo else value
        if self._instant == _ISO:
            return wall.isoformat(timespec="seconds")
        text = wall.strftime(self._instant)
        if wall != _whole(wall, self._instant):
            raise ValueError(english("s_row_says_more", wall=wall.isoformat(), text=text))
        return text

    def _date(self, value: date) -> str:
        # An hour is never made up: 00 as the end of a contract would take its last day away.
        if self._day is None:
            raise ValueError(english("s_row_hour"))
        if "%d" not in self._day and value.day != 1:
            raise ValueError(english("s_row_says_more", wall=value.isoformat(), text=value.strftime(self._day)))
        return value.strftime(self._day)


@lru_cache(maxsize=8192)  # asked with the same few samples for every leaf, and there are new leaves with every run
def _takes(kind: Any, sample: str) -> bool:
    return bool(kind.is_valid(sample))


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _unknown(value: Any) -> str:
    raise ValueError(english("s_row_cast", kind=type(value).__name__))


def _whole(wall: datetime, mask: str) -> datetime:
    """What a mask keeps of an instant."""
    names = (("%d", "day", 1), ("%H", "hour", 0), ("%M", "minute", 0), ("%S", "second", 0), ("%f", "microsecond", 0))
    kept: dict[str, Any] = {name: least for field, name, least in names if field not in mask}
    return wall.replace(**kept)

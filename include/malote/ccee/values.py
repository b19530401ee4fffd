"""How the values of a row are written as text that fits a simple type of the treaty."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

BRASILIA = ZoneInfo("America/Sao_Paulo")

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INSTANTS = ("%d/%m/%Y %H", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y", "%Y-%m-%d", "%m/%Y")
_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%m/%Y")
_SAMPLE = datetime(2026, 3, 15, 14)  # noqa: DTZ001 (wall time, only to try masks)


class Leaf:
    """A column whose path is known: the simple type that its text must fit, and how values are written for it.

    `str` as it is; `int` in digits; `Decimal` with the scale it has and a comma, or a point where the type takes no
    comma; `datetime` by the first mask that the type takes, `DD/MM/AAAA HH` first, aware ones as Brasília wall time;
    `date` likewise by masks without an hour; `None` is absent.
    """

    def __init__(self, column: str, kind: Any, encoding: str) -> None:
        def takes(text: str) -> bool:
            return kind is None or bool(kind.is_valid(text))

        self.column = column
        self._encoding = encoding
        self._instant = next((mask for mask in _INSTANTS if takes(_SAMPLE.strftime(mask))), _INSTANTS[0])
        self._day = next((mask for mask in _DAYS if takes(_SAMPLE.strftime(mask))), None)
        scales = ["1" * scale for scale in range(1, 9)]
        point = not any(takes(f"1,{each}") for each in scales) and any(takes(f"1.{each}") for each in scales)
        self._comma = "." if point else ","

    def text(self, value: Any) -> str:
        """The value as unescaped text.

        :raises ValueError: with the broken rule in words
        """
        text = self._written(value)
        if found := _FORBIDDEN.search(text):
            raise ValueError(f"holds the control character U+{ord(found[0]):04X}, which XML forbids")
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError as wrong:
            letter = text[wrong.start]
            raise ValueError(f"holds {letter!r} (U+{ord(letter):04X}), which {self._encoding} cannot carry") from None
        return text

    def _written(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise ValueError("is no finite number")
            return format(value, "f").replace(".", self._comma)
        if isinstance(value, datetime):
            wall = value.astimezone(BRASILIA).replace(tzinfo=None) if value.tzinfo else value
            text = wall.strftime(self._instant)
            if datetime.strptime(text, self._instant) != wall:  # noqa: DTZ007 (wall time)
                raise ValueError(f"{wall.isoformat()} says more than the treaty can carry ({text})")
            return text
        if isinstance(value, date):
            # An hour is never made up: 00 as the end of a contract would take its last day away.
            if self._day is None:
                raise ValueError("is a date, and the treaty asks for the hour too: give a timestamp")
            return value.strftime(self._day)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ValueError(f"is a {type(value).__name__}: cast it to text, numeric or timestamp in the SQL")

"""Amounts, days and instants of answers, read where they can mean one thing only; what cannot is kept and counted."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from malote.clock import ZONE

R = TypeVar("R", bound="tuple[object, ...]")

_POINT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:[0-9]{1,18}|[0-9]{1,3}(?:\.[0-9]{3}){1,5})(?:,[0-9]{1,18})?", re.ASCII)
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)

_LARGEST = Decimal("1e18")

_DATE = r"(?:(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})|(?P<D>[0-9]{2})/(?P<M>[0-9]{2})/(?P<Y>[0-9]{4}))"
_TIME = r"(?P<H>[0-9]{2}):(?P<I>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,20}))?)?"
_ZONE = r"(?P<z>[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_DAY = re.compile(f"{_DATE}{_ZONE}", re.ASCII)
_INSTANT = re.compile(f"{_DATE}(?:[Tt]| {{1,3}}){_TIME} ?{_ZONE}", re.ASCII)


def amount(text: str) -> str | None:
    """An amount as PostgreSQL takes it: `1234.50` of a schema, or `1.234,50` and `1234,50` of a person in Brazil.

    None for everything else, and for what may be either: `1.234` and `1,234` (a thousand, or one and a bit),
    `1,234.50`, signs of a currency, digits of other scripts, 1e18 and more.
    """
    bare = text.strip()
    if _EITHER.fullmatch(bare):
        return None
    if _COMMA.fullmatch(bare) and not _POINT.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif not _POINT.fullmatch(bare):
        return None
    found = Decimal(bare)
    return format(found, "f") if abs(found) < _LARGEST else None


def day(text: str) -> date | None:
    """A date, `2027-01-15` or `15/01/2027`, with a zone or a time behind it or none; None where it is none.

    An instant of another zone that is another day in Brasília is none: which of the two is meant cannot be told.
    """
    bare = text.strip()
    if found := _DAY.fullmatch(bare):
        return _date(found)
    if (found := _INSTANT.fullmatch(bare)) is None or (at := _instant(found)) is None:
        return None
    said = _date(found)
    return said if said == at.astimezone(ZONE).date() else None


def instant(text: str) -> datetime | None:
    """An aware instant; Brasília time where it says no zone; None where it is none, or is not of 2000 to 2100."""
    found = _INSTANT.fullmatch(text.strip())
    at = _instant(found) if found else None
    return at if at is not None and 2000 <= at.year <= 2100 else None


def kept(unread: Mapping[str, str]) -> str | None:
    """What could not be read, as the text of a `nao_lido` column: JSON of column to text; None where all was read."""
    return json.dumps({name: text[:100] for name, text in unread.items()}, ensure_ascii=False) if unread else None


def counted(rows: Iterable[R], place: int, log: logging.Logger, what: str) -> Iterator[R]:
    """The rows, and at their end one warning of what could not be read, by column and how often; never a value.

    :param place: of `nao_lido` in a row
    """
    unread: Counter[str] = Counter()
    for row in rows:
        if row[place] is not None:
            unread.update(dict.fromkeys(json.loads(str(row[place])), 1))
        yield row
    if unread:
        told = ", ".join(f"{name} {times}" for name, times in sorted(unread.items()))
        log.warning(
            "%s: %d values can be read in more than one way, or in none (%s): null where they land, as they came in "
            "nao_lido; see report.nao_lidos", what, sum(unread.values()), told,
        )  # fmt: skip


def _date(found: re.Match[str]) -> date | None:
    year, month, of_month = (int(found[a] or found[b]) for a, b in (("y", "Y"), ("m", "M"), ("d", "D")))
    try:
        return date(year, month, of_month) if 1900 <= year <= 2200 else None
    except ValueError:
        return None


def _instant(found: re.Match[str]) -> datetime | None:
    said = _date(found)
    if said is None:
        return None
    micro = int(f"{found['f'] or '':0<6}"[:6])
    try:
        at = time(int(found["H"]), int(found["I"]), int(found["S"] or 0), micro, _zone(found["z"]))
    except ValueError:
        return None
    return datetime.combine(said, at)


def _zone(text: str | None) -> ZoneInfo | timezone:
    if text is None:
        return ZONE
    if text in "Zz":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    off = timedelta(hours=hours, minutes=minutes)
    return timezone(-off if text[0] == "-" else off)

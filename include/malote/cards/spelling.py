"""A text with its digits spelt 0 to 9: those of any alphabet, and those that are escaped for XML, JSON or a URL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from malote.composing import normal_form

_OTHER = re.compile(
    r"""&(?:amp;)*(?:\#x0*(?P<hex>[0-9a-f]{1,6});?|\#0*(?P<number>[0-9]{1,7});?|[a-z][a-z0-9]{1,30};)
        | (?-i:\\U)(?P<long>[0-9a-f]{8}) | \\u(?:(?P<json>[0-9a-f]{4})|\{0*(?P<braced>[0-9a-f]{1,6})\})
        | \\x(?P<byte>[0-9a-f]{2}) | \\[nrt] | %(?:25)*(?:u(?P<old>[0-9a-f]{4})|(?P<url>[0-9a-f]{2})) | [^\x00-\x7f]""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
ESCAPES = ("&", "%", "\\")


class Spelt(NamedTuple):
    """The text, and where each of its signs begins and ends in the original."""

    text: str
    starts: Sequence[int]
    stops: Sequence[int]


def readings(text: str) -> Iterator[Spelt]:
    """The ways to read a text: where a `%` stands, it may begin an escape, or be a sign as any other."""
    yield spelt(text)
    if "%" in text:
        yield spelt(text.replace("%", " "))


def spelt(text: str) -> Spelt:
    """The text with plain digits; most texts are as they were."""
    if text.isascii() and not any(each in text for each in ESCAPES):
        return Spelt(text, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    stops: list[int] = []
    at = 0
    for found in _OTHER.finditer(text):
        begin, end = found.span()
        sign = _sign(found[0])
        pieces += [text[at:begin], sign]
        starts += [*range(at, begin), *[begin] * len(sign)]
        stops += [*range(at + 1, begin + 1), *[end] * len(sign)]
        at = end
    pieces.append(text[at:])
    return Spelt("".join(pieces), [*starts, *range(at, len(text))], [*stops, *range(at + 1, len(text) + 1)])


@lru_cache(4096)
def _sign(text: str) -> str:
    if len(text) > 1:
        found = _OTHER.fullmatch(text)
        assert found is not None
        number = found["number"]
        code = next(filter(None, map(found.group, ("hex", "long", "json", "braced", "byte", "old", "url"))), None)
        value = int(number) if number else int(code, 16) if code else 0x20
        text = chr(value) if value < 0x110000 else " "
    signs = normal_form("NFKC", text)
    return "".join(str(unicodedata.decimal(each, each)) for each in signs) if signs else " "

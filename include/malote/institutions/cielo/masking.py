"""Takes card data out of what Cielo says: its error texts can quote the XML that was sent."""

from __future__ import annotations

import re

_RUN = re.compile(r"(?<!\d)\d(?:[ .-]?\d){11,18}(?!\d)")
_INSIDE_TAGS = re.compile(r">[^<>]+</|&gt;.+?&lt;/", re.DOTALL)
_QUOTED = re.compile(
    r"""(?<!\w)'.*?(?:'(?!\w)|\Z) | (?<!\w)".*?(?:"(?!\w)|\Z)
        | “.*?(?:”|\Z) | ‘.*?(?:’|\Z) | «.*?(?:»|\Z) | `.*?(?:[`´]|\Z)""",
    re.DOTALL | re.VERBOSE,
)
_SUSPECT = re.compile(r"""["'`“‘«<&]|\d(?:[ .-]?\d){11}""")


def masked(text: str) -> str:
    """The text without what could be a card's: quoted values and the text of quoted elements become `…`, a run of 12
    to 19 digits that passes Luhn its first 6 and last 4."""
    if not _SUSPECT.search(text):
        return text
    text = _INSIDE_TAGS.sub(lambda found: ">…</" if found[0][0] == ">" else "&gt;…&lt;/", text)
    text = _QUOTED.sub(lambda found: f"{found[0][0]}…{_CLOSES.get(found[0][0], found[0][0])}", text)
    return _RUN.sub(_card, text)


def truncated(number: str) -> str:
    """A card number as it may be kept: first 6 and last 4; one that is truncated already is returned as it is."""
    digits = re.sub(r"[ .-]", "", number)
    if digits.isdigit() and len(digits) > 10:
        return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"
    return _RUN.sub(lambda found: truncated(found[0]), number) if not digits.isdigit() else number


_CLOSES = {"“": "”", "‘": "’", "«": "»"}


def _card(found: re.Match[str]) -> str:
    return truncated(found[0]) if _luhn(found[0]) else found[0]


def _luhn(text: str) -> bool:
    digits = [int(each) for each in text if each.isdigit()][::-1]
    return (sum(digits[::2]) + sum(sum(divmod(2 * each, 10)) for each in digits[1::2])) % 10 == 0

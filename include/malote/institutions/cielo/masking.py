"""Takes card data out of what Cielo says: its error texts can quote the XML that was sent."""

from __future__ import annotations

import re

from malote import cards
from malote.composing import normal_form
from malote.institutions.cielo.rules import STATUS

_RUN = re.compile(r"(?<!\d)\d(?:[ .-]?\d){11,18}(?!\d)")
_INSIDE_TAGS = re.compile(r">[^<>]+</")
_OPEN, _CLOSE = "&gt;", "&lt;/"
_HARMLESS = frozenset(status.casefold() for status in STATUS.values())
_QUOTED = re.compile(
    r"""(?<!\w)'.*?(?:'(?!\w)|\Z) | (?<!\w)".*?(?:"(?!\w)|\Z)
        | “.*?(?:”|\Z) | ‘.*?(?:’|\Z) | «.*?(?:»|\Z) | `.*?(?:[`´]|\Z)""",
    re.DOTALL | re.VERBOSE,
)
_CODE = re.compile(
    r"((?:c[oó]d(?:igo)?[ ._-]{0,3}(?:de[ _-]{1,3})?seg(?:uran[cç]a)?|security[ _-]?code|\bc[vs][vc](?:[ _-]?2)?(?!\w))"
    r"[^<>\d(]{0,25})(?<!\d)\d{3,4}(?!\d)",
    re.IGNORECASE,
)
"""The code of a card's back, named, with some words between: no message needs it."""
_SUSPECT = re.compile("""["'`“‘«<&]""")


def masked(text: str) -> str:
    """The text without what could be a card's: quoted values (but the name of a status) and the text of quoted
    elements become `…`, a card number its first 6 and last 4 digits."""
    text = _CODE.sub(r"\1…", normal_form("NFC", text))
    if not _SUSPECT.search(text):
        return cards.masked(text)
    return cards.masked(_QUOTED.sub(_quoted, _inside_escaped_tags(_INSIDE_TAGS.sub(">…</", text))))


def _inside_escaped_tags(text: str) -> str:
    """`&gt;…&lt;/`, found from the left, never looked for twice: a pattern would begin anew at each `&gt;`."""
    parts, at = [], 0
    while (begins := text.find(_OPEN, at)) >= 0:
        ends = text.find(_CLOSE, begins + len(_OPEN) + 1)
        if ends < 0:
            break
        parts += [text[at:begins], _OPEN, "…", _CLOSE]
        at = ends + len(_CLOSE)
    return "".join((*parts, text[at:]))


def _quoted(found: re.Match[str]) -> str:
    """A quoted value as `…`, unless it is the name of a status: the one fact of "O status 'Criada' não permite"."""
    opening = found[0][0]
    closing = _CLOSES.get(opening, opening)
    value = found[0][1:].removesuffix(closing)
    return found[0] if value.casefold() in _HARMLESS else f"{opening}…{closing}"


def truncated(number: str) -> str:
    """A card number as it may be kept: first 6 and last 4; one that is truncated already is returned as it is."""
    digits = re.sub(r"[ .-]", "", number)
    if digits.isdigit() and len(digits) > 10:
        return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"
    return _RUN.sub(lambda found: truncated(found[0]), number) if not digits.isdigit() else number


_CLOSES = {"“": "”", "‘": "’", "«": "»"}

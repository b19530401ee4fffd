"""A card number as it may be written, and a look at what is left of it that knows nothing of the detector."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

CARD = "4012001037141112"


def _by(zero: str) -> str:
    return "".join(chr(ord(zero) + int(each)) for each in CARD)


def _in(sign: str, *cuts: int) -> str:
    return sign.join(CARD[a:b] for a, b in zip((0, *cuts), (*cuts, len(CARD)), strict=True))


FORMS = {
    "plain": CARD,
    "underscores": _in("_", 4, 8, 12),
    "slashes": _in("/", 4, 8, 12),
    "tabs": _in("\t", 4, 8, 12),
    "no-break spaces": _in("\u00a0", 4, 8, 12),
    "in two": _in("_", 8),
    "unevenly": _in("-", 1, 6, 7),
    "digit by digit": " ".join(CARD),
    "zero width": _in("\u200b", 4, 8, 12),
    "full width": _by("０"),
    "Arabic": _by("٠"),
    "Arabic in groups": "/".join(_by("٠")[at : at + 4] for at in (0, 4, 8, 12)),
    "bold": _by("𝟎"),
    "in a word": f"PED{CARD}X",
    "in words": f"cliente {CARD}, vencido",
    "with a digit more": f"{CARD}1",
    "in JSON": f'{{"numero": "{CARD}"}}',
    "as a number in JSON": f'{{"numero": {CARD}}}',
    "escaped for JSON": "".join(f"\\u003{each}" for each in CARD),
    "with an entity": f"&#52;{CARD[1:]}",
    "in entities": "".join(f"&#x3{each};" for each in CARD),
    "entities, escaped again": f"&amp;#52;{CARD[1:]}",
    "in long escapes": "".join(f"\\U0000003{each}" for each in CARD),
    "in old escapes of a URL": "".join(f"%u003{each}" for each in CARD),
    "with line ends that are written out": "\\n".join(CARD),
    "with entities of long names": "&NegativeThinSpace;".join((CARD[:4], CARD[4:8], CARD[8:12], CARD[12:])),
    "in a URL": "".join(f"%3{each}" for each in CARD),
    "in a URL, escaped again": "".join(f"%253{each}" for each in CARD),
    "escaped with braces": "".join(f"\\u{{3{each}}}" for each in CARD),
    "escaped as bytes": "".join(f"\\x3{each}" for each in CARD),
    "in entities that are not ended": "".join(f"&#x3{each}" for each in CARD),
    "superscript": "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(each)] for each in CARD),
    "on keys": "".join(f"{each}\ufe0f\u20e3" for each in CARD),
    "in a column of CSV": _in('","', 4, 8, 12),
    "over CDATA": _in("]]><![CDATA[", 6),
    "over lines": _in("\n", 4, 8, 12),
    "over soft hyphens": _in("\u00ad", 4, 8, 12),
    "as an amount in thousands": f"{int(CARD):,}",
    "with decimals": f"{CARD}.00",
    "blanks of a URL": _in("%20", 4, 8, 12),
    "an element": f"<numero>{CARD}</numero>",
    "over attributes": f'<cartao inicio="{CARD[:8]}" fim="{CARD[8:]}"/>',
    "over elements": f"<a>{CARD[:6]}</a><b>{CARD[6:]}</b>",
    "filled up with zeros": CARD.zfill(20),
    "beside digits that are no decimals": f"{CARD}{'፩' * 5}",
    "full width, behind such digits": f"{'፩' * 5}{_by('０')}",
}


def shows(text: str) -> bool:
    """Whether anybody who reads the text sees the number: its digits in their order, first 6 and last 4 apart."""
    for read in (text, unquote(text), text.replace("%20", " ")):
        plain = re.sub(
            r"(?:\\+(?:U000000|u00|x|u\{)|%u00)(3\d)\}?", lambda found: chr(int(found[1], 16)), unquote(read)
        )
        plain = html.unescape(html.unescape(plain))
        digits = "".join(
            str(unicodedata.digit(each)) for each in unicodedata.normalize("NFKC", plain) if each.isdigit()
        )
        if CARD in digits or CARD[4:14] in digits:
            return True
    return False

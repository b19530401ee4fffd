"""Unicode's normal forms in linear time: a long run of combining marks is put in order in the square of its length."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

PIECE = 100
"""Signs beyond ASCII, in one run, that are put into a normal form together."""

_BEYOND = bytes(at > 0x7F for at in range(256))
_RUN = b"\1" * 2 * PIECE
"""What a run of at least half as many signs comes to, in UTF-8."""
_PIECES = re.compile(rf"[\x00-\x7f]*[^\x00-\x7f]{{0,{PIECE}}}")


def normal_form(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """The text in a normal form of Unicode; of a run of more than :data:`PIECE` signs beyond ASCII, piece by piece."""
    if text.isascii():
        return text
    long = _RUN in text.encode("utf-8", "surrogatepass").translate(_BEYOND)
    pieces = _PIECES.findall(text) if long else (text,)
    return "".join(unicodedata.normalize(form, each) for each in pieces)

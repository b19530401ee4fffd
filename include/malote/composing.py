"""Unicode's normal forms in linear time: a long run of combining marks is put in order in the square of its length."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

PIECE = 100
"""Signs beyond ASCII, in one run, that are put into a normal form together."""

_RUN = re.compile(rf"[^\x00-\x7f]{{{PIECE + 1}}}")
_PIECES = re.compile(rf"[\x00-\x7f]*[^\x00-\x7f]{{0,{PIECE}}}")


def normal_form(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """The text in a normal form of Unicode; of a run of more than :data:`PIECE` signs beyond ASCII, piece by piece."""
    if text.isascii():
        return text
    pieces = _PIECES.findall(text) if _RUN.search(text) else (text,)
    return "".join(unicodedata.normalize(form, each) for each in pieces)

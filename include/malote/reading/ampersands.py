"""An `&` that begins nothing, or what XML does not know: mended where it stands, but inside of CDATA, which is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from itertools import chain

from malote.reading.repairs import STAND_IN, Repairs
from malote.texts import english

_LOOSE = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos|#0*[0-9]{1,8}|#x0*[0-9A-Fa-f]{1,8});)(?:(?:#|[A-Za-z])[A-Za-z0-9.+_-]{0,31};)?"
)
_CDATA, _CDATA_ENDS = b"<![CDATA[", b"]]>"


def without_loose(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """With `&amp;` for an `&` that begins nothing, as in `CIA & FILHOS`; what it begins that XML does not know becomes
    U+FFFD. Inside of CDATA it is text.

    :param pieces: of which none ends within a reference
    """
    inside, rest = False, b""
    for piece in chain(pieces, (None,)):
        data, at, done = rest + (piece or b""), 0, list[bytes]()
        while True:
            end = data.find(_CDATA_ENDS if inside else _CDATA, at)
            stop = end if end >= 0 else len(data) if piece is None else max(at, _whole(data, inside))
            done.append(data[at:stop] if inside else _tied(data[at:stop], repairs))
            if end < 0:
                break
            at, inside = stop, not inside
            if inside:
                at += len(_CDATA)
                done.append(_CDATA)
        rest = data[stop:]
        yield b"".join(done)


def _whole(data: bytes, inside: bool) -> int:
    """Up to where no mark of a section that is only begun stands at the end."""
    if inside:
        return len(data) - len(_CDATA_ENDS)
    begun = data.rfind(b"<", -len(_CDATA))
    return begun if begun >= 0 and _CDATA.startswith(data[begun:]) else len(data)


def _tied(data: bytes, repairs: Repairs) -> bytes:
    tied = _LOOSE.sub(_named, data) if b"&" in data else data
    if tied != data:
        mended = sum(tied.count(each) - data.count(each) for each in (b"&amp;", STAND_IN))
        repairs.note(english("s_mended_characters"), mended)
    return tied


def _named(found: re.Match[bytes]) -> bytes:
    """`&nbsp;` is a sign that XML cannot say; a name that nobody knows stays, and no parser takes it."""
    if len(found[0]) == 1:
        return b"&amp;"
    known = found[0][1:2] == b"#" or found[0][1:-1].decode() in name2codepoint
    return STAND_IN if known else found[0]

"""Any bytes of a server to UTF-8 that the parser takes: mended piece by piece, and what was mended is noted.

A character that XML forbids becomes U+FFFD, which is in no code, number or word that is known: so it never decides what
a value means. Nothing else of a text is changed; what was meant by its bytes is told by them, not by their label alone.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from malote.errors import Malformed
from malote.reading.ampersands import without_loose
from malote.reading.declaring import declaring
from malote.reading.pieces import CHUNK, Pieces
from malote.reading.repairs import STAND_IN, STRICT, Repairs
from malote.reading.utf16 import out_of_utf16
from malote.reading.wrappings import out_of_multipart
from malote.texts import english

HEAD = CHUNK
"""Bytes within which the root element begins, and a part of a multipart body."""

_BLANK, _BOM = b" \t\r\n", b"\xef\xbb\xbf"
_CONTROLS = bytes(code for code in range(0x20) if code not in _BLANK)
_AROUND = _BLANK + _CONTROLS
_NONCHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")
_AS_NUL = bytes(0 if code in _CONTROLS else code for code in range(256))
_REFERENCE = re.compile(rb"&#(?:x0*([0-9A-Fa-f]{1,8})|0*([0-9]{1,8}));")
_BEFORE = re.compile(rb"(?:[\x00-\x20\xef\xbb\xbf]|\xc2\xa0|\xe2\x80[\x8b-\x8f]|\xc3\xaf\xc2\xbb\xc2\xbf)+")
_UPPER = re.compile(rb"<\?xml(?=\s)", re.IGNORECASE)


class Mended(io.BufferedReader):
    """A server's answer as a stream of UTF-8 that XML permits, in flat memory.

    :param pieces: of it, as they come; or a file
    :param already: they are mended
    :ivar repairs: what was mended up to where it was read
    :raises Malformed: while reading, where the encoding that it declares is not read here
    """

    def __init__(self, pieces: Any, repairs: Repairs | None = None, *, already: bool = False) -> None:
        self.repairs = Repairs() if repairs is None else repairs
        come = iter(partial(pieces.read, CHUNK), b"") if hasattr(pieces, "read") else pieces
        super().__init__(Pieces(come if already else _mended(come, self.repairs), None), HEAD)


def mended(data: bytes, repairs: Repairs | None = None) -> bytes:
    """A whole answer as UTF-8 that XML permits; one that needs no repair stays equal.

    :raises Malformed: where the encoding that it declares is not read here
    """
    starts = range(0, len(data), CHUNK)
    pieces = iter((data,)) if len(data) <= CHUNK else (data[at : at + CHUNK] for at in starts)
    return b"".join(_mended(pieces, Repairs() if repairs is None else repairs))


def repair(data: bytes) -> bytes:
    """Mend what real servers do at the beginning: a byte order mark, white space before the declaration, ``<?XML``.

    Bytes in, bytes out; nothing else is changed, and well-formed data is returned as it is.
    """
    if found := _BEFORE.match(data):
        data = data[found.end() :]
    return b"<?xml" + data[5:] if _UPPER.match(data) and not data.startswith(b"<?xml") else data


def _mended(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    plain = _bare(out_of_utf16(_full(pieces), repairs), repairs)
    return _text(out_of_multipart(plain, repairs, _part), repairs)


def _part(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    return _text(out_of_utf16(_full(pieces), repairs), repairs)


def _text(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    return _full(without_loose(_permitted(_as_utf8(_bare(pieces, repairs), repairs), repairs), repairs))


def _full(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of :data:`CHUNK` or more, but for the last: where a reader was cut decides nothing."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        if not gathered and len(piece) >= CHUNK:
            yield piece
            continue
        gathered.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(gathered)
            gathered.clear()
            size = 0
    if size:
        yield b"".join(gathered)


def _bare(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """From the first byte that means something on."""
    for piece in pieces:
        if found := repair(piece):
            if found != piece.removeprefix(_BOM) and found.startswith(b"<?xml") and repairs is not STRICT:
                repairs.note(english("s_mended_before"))
            yield found
            break
    yield from pieces


def _as_utf8(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """UTF-8, whatever it was declared as: the bytes decide where they contradict the declaration, and it is mended."""
    head, said, meant, unknown = declaring(next(pieces, b""), repairs)
    eight_bit = None if meant in ("utf-8", "utf-16") else meant
    decided, rest = eight_bit is None or repairs is STRICT, b""
    for piece in chain((head,), pieces):
        if piece.isascii() and not rest:
            yield piece
            continue
        data = rest + piece
        whole = len(data) - (_begun(data) if eight_bit is None or not decided else 0)
        data, rest = data[:whole], data[whole:]
        if not decided and not data.isascii():
            decided = True
            if _mostly_utf8(data):
                repairs.note(english("s_mended_utf8", said=said))
                eight_bit = None
            else:
                data, rest = data + rest, b""
        yield _decoded(data, eight_bit, said, repairs, unknown)
    if rest:
        yield _decoded(rest, eight_bit, said, repairs, unknown)


def _decoded(data: bytes, eight_bit: str | None, said: str, repairs: Repairs, unknown: Malformed | None) -> bytes:
    if data.isascii():
        return data
    if eight_bit:
        return data.decode(eight_bit, "malote.latin1").encode()
    try:
        data.decode()
    except UnicodeDecodeError:
        if unknown:
            raise unknown from None
        told = english("s_mended_latin1", said=said) if said else english("s_mended_undeclared")
        repairs.note(told)
        return data.decode("utf-8", "malote.latin1").encode()
    return data


def _latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("malote.latin1", _latin1)


def _begun(data: bytes) -> int:
    """How many bytes at the end begin a character of UTF-8 that is not whole yet."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
        if byte < 0x80:
            break
    return 0


def _mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    strange = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * strange


def _permitted(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """UTF-8 without what XML forbids; what follows the document and means nothing is dropped."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        held = len(data)
        if data[-1:] <= b" ":
            held = len(data.rstrip(_AROUND))
            short = len(data) - held <= 2 * CHUNK
            held = held if short and data[held:].translate(None, _BLANK) else len(data)
        elif (at := data.rfind(b"&", -40)) >= 0 and b";" not in data[at:]:
            held = at
        data, rest = data[:held], data[held:]
        yield _without(data, repairs)
    if end := rest.rstrip(_AROUND):
        yield _without(end, repairs)
    elif rest.translate(None, _BLANK):
        repairs.note(english("s_mended_after"))


def _without(data: bytes, repairs: Repairs) -> bytes:
    strange = 0
    # One byte is found ten times as fast as two.
    if b"\xef" in data and b"\xef\xbf" in data:
        data, strange = _NONCHARACTERS.subn(STAND_IN, data)
    if controls := len(data) - len(data.translate(None, _CONTROLS)):
        data = data.translate(_AS_NUL).replace(b"\0", STAND_IN)
        strange += controls
    if b"&" in data and b"&#" in data:
        before = data.count(STAND_IN)
        data = _REFERENCE.sub(_referred, data)
        strange += data.count(STAND_IN) - before
    if strange:
        repairs.note(english("s_mended_characters"), strange)
    return data


def _referred(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2])
    permitted = 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF or code in (9, 10, 13)
    return found[0] if permitted else STAND_IN

"""UTF-16 as UTF-8, piece by piece."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from malote.reading.repairs import Repairs


def out_of_utf16(pieces: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """UTF-16, by its byte order mark or by its first `<`, as UTF-8."""
    decode = None
    for piece in pieces:
        if decode is None:
            begun = piece[:3]
            order = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le"}.get(begun[:2])
            order = order or ("utf-16-be" if begun == b"\0<\0" else None)
            if order is None:
                yield piece
                break
            repairs.note("UTF-16")
            decode = codecs.getincrementaldecoder(order)("replace").decode
        yield decode(piece).encode("utf-8", "replace")
    yield from pieces

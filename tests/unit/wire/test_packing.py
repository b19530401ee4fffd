"""A packed body is the same however the network cuts it: one that ends early for a cut would be a result lost."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable

import pytest

from malote.wire.packing import Unpackable, Unpacking

BODY = b"<r>" + b"ok" * 20 + b"</r>"
TWO = gzip.compress(BODY[:4]) + gzip.compress(BODY[4:])
BROKEN = TWO[:-12] + bytes(4) + TWO[-8:]
PACKED: dict[str, tuple[str, bytes, bytes | None]] = {  # what is said, what comes, what it is; None: refused
    "once": ("gzip", gzip.compress(BODY), BODY),
    "in two members": ("gzip", TWO, BODY),
    "in three members, one empty": ("gzip", gzip.compress(b"") + TWO, BODY),
    "twice": ("gzip", gzip.compress(gzip.compress(BODY)), BODY),
    "twice, in two members": ("gzip", gzip.compress(TWO), BODY),
    "NULs after it": ("gzip", gzip.compress(BODY) + bytes(9), BODY),
    "junk after it": ("gzip", gzip.compress(BODY) + b"\r\njunk", BODY),
    "junk, then what looks packed": ("gzip", gzip.compress(BODY) + b"junk" + gzip.compress(b"more"), BODY),
    "junk that begins like a member": ("gzip", gzip.compress(BODY) + b"\x1f\x8bjunk", BODY),
    "one byte of a member after it": ("gzip", gzip.compress(BODY) + b"\x1f", BODY),
    "deflate": ("deflate", zlib.compress(BODY), BODY),
    "deflate without its head": ("deflate", zlib.compress(BODY)[2:-4], BODY),
    "plain, though gzip is said": ("gzip", BODY, BODY),
    "a name that is no packing": ("utf-8", b"--a\r\n\r\n" + BODY, b"--a\r\n\r\n" + BODY),
    "another one, and a text": ("8bit", b"Expediente encerrado", b"Expediente encerrado"),
    "a packing that is not unpacked here": ("br", b"Expediente encerrado", None),
    "a second member that breaks after its beginning": ("gzip", BROKEN, None),
}


def unpacked(said: str, pieces: Iterable[bytes]) -> tuple[bytes, bool] | None:
    unpacking = Unpacking(said, 1 << 20)
    try:
        came = b"".join(out for piece in pieces for out in unpacking.take(piece)) + b"".join(unpacking.end())
    except Unpackable:
        return None
    return came, unpacking.whole


@pytest.mark.parametrize("form", PACKED)
def test_a_packed_body_is_the_same_wherever_it_is_cut(form: str) -> None:
    said, comes, wanted = PACKED[form]
    cuts = [[comes[:at], comes[at:]] for at in range(len(comes) + 1)]
    cuts += [[comes[at : at + size] for at in range(0, len(comes), size)] for size in (1, 2, 3, 7)]
    expected = None if wanted is None else (wanted, True)
    assert [cut for cut in cuts if unpacked(said, cut) != expected] == []


@pytest.mark.parametrize("missing", [1, 4, 8, 12])
def test_a_packed_body_that_ends_too_early_is_not_whole(missing: int) -> None:
    for pieces in ([TWO[:-missing]], [bytes([each]) for each in TWO[:-missing]]):
        came = unpacked("gzip", pieces)
        assert came is not None and not came[1]

"""The return file out of whatever it came in: bare, or as the text or base64 of `arquivo` in a download answer."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import BinaryIO

from malote.errors import Malformed
from malote.reading import Mended, chunks, markup, mended, repair
from malote.texts import english

PEEK = 64 << 10
"""Bytes of a reply that show what it is."""

_HEAD = 4 << 10

_FILLED = re.compile(rb"<(?:[\w.-]{1,80}:)?arquivo(?:\s[^<>]*)?>\s*(?=[^\s<]|<!\[CDATA\[)")
_NESTED = re.compile(rb"<(?:[\w.-]{1,80}:)?arquivo(?:\s[^<>]*)?>\s*<(?:[\w.-]{1,80}:)?(?:retorno-lote|Include)[\s/>]")
_ENTITY = re.compile(rb"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"', b"apos": b"'"}
_NAMESPACE = re.compile(rb"""\sxmlns(:[\w.-]{1,80})?\s{0,20}=\s{0,20}("[^"<>]{0,1000}"|'[^'<>]{0,1000}')""")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"


def spaceless(head: bytes) -> bytes:
    """Without the default namespace, and without blanks around others, as they are declared at the beginning.

    The manual's samples have such blanks, over which libxml2 ends in an error; and local names are all that is read,
    which lxml hands out twice as fast when they are in no namespace.
    """
    return _NAMESPACE.sub(_declared, head[:_HEAD]) + head[_HEAD:]


def _declared(found: re.Match[bytes]) -> bytes:
    value = found[2]
    return b" xmlns%b=%b%b%b" % (found[1], value[:1], value[1:-1].strip(), value[:1]) if found[1] else b""


def holds_return(head: bytes, *, attached: bool = False) -> bool:
    """Whether a reply that begins so is, or holds, a return file (sheet 2 and 3).

    :param attached: it says `Content-Disposition: attachment`
    """
    named = _NESTED.search(head)  # where it is included from a part that comes later
    with suppress(Malformed):
        head = mended(head[:PEEK])
    root = markup.root_of(head)
    if root == "retorno-lote":
        return True
    if root == "retorno-download-lote":
        return (named or _FILLED.search(head) or _NESTED.search(head)) is not None
    return attached and root not in ("", "erro") and root.lower() != "html"


def unwrapped(stream: BinaryIO) -> Mended:
    """The return file as a stream of its own; what is no download answer with a filled `arquivo` as it is.

    :param stream: whose bytes are mended first; the file inside it is mended on its own, and noted in the same place
    :raises Malformed: while reading, where `arquivo` holds neither XML nor base64, or is cut off
    """
    answer = stream if isinstance(stream, Mended) else Mended(stream)
    head = answer.read(PEEK)
    found = _FILLED.search(head) if markup.root_of(head) == "retorno-download-lote" else None
    if found is None:
        return Mended(chain([spaceless(head)], chunks(answer)), answer.repairs, already=True)
    text = _text(chain([head[found.end() :]], chunks(answer)))
    return Mended(_headed(Mended(_payload(text), answer.repairs)), answer.repairs, already=True)


def _headed(file: Mended) -> Iterator[bytes]:
    yield spaceless(file.read(PEEK))
    yield from chunks(file)


def _text(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The text of the element that has just begun: its entities resolved, its CDATA sections bare."""
    data, section = b"", False
    for piece in pieces:
        data, at = data + piece, 0
        while True:
            end = data.find(_CDATA_END if section else b"<", at)
            if end < 0 or (not section and len(data) - end < len(_CDATA)):
                break
            yield data[at:end] if section else _resolved(data[at:end])
            if not section and not data.startswith(_CDATA, end):
                return
            at = end + len(_CDATA_END if section else _CDATA)
            section = not section
        data, end = data[at:], end - at
        # What the next piece may go on with stays: the end of a section, a tag, an entity.
        ready = len(data) - 2 if section else end if end >= 0 else _before_entity(data)
        if ready > 0:
            yield data[:ready] if section else _resolved(data[:ready])
            data = data[ready:]
    raise _malformed(english("s_cielo_cut_off"))


def _before_entity(data: bytes) -> int:
    begun = data.rfind(b"&", max(0, len(data) - 12))
    return len(data) if begun < 0 or b";" in data[begun:] else begun


def _resolved(data: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return _NAMED[found[1]]
        number = int(found[2]) if found[2] else int(found[3], 16)
        return chr(min(number, 0x10FFFF)).encode("utf-8", "replace")

    return _ENTITY.sub(one, data) if b"&" in data else data


def _payload(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """XML without a declaration, as it is in the encoding of what is around it; or what base64 encodes."""
    begun = b""
    for piece in pieces:
        begun = (begun + piece).lstrip()
        if len(begun) >= _HEAD:
            break
    begun = repair(begun)
    if not begun.startswith(b"<"):
        yield from _decoded(chain([begun], pieces))
        return
    yield begun[begun.find(b"?>") + 2 :] if begun.startswith(b"<?xml") else begun
    yield from pieces


def _decoded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    try:
        for piece in pieces:
            rest += b"".join(piece.split())
            whole = len(rest) // 4 * 4
            yield base64.b64decode(rest[:whole], validate=True)
            rest = rest[whole:]
        yield base64.b64decode(rest, validate=True)
    except binascii.Error:
        raise _malformed(english("s_cielo_neither")) from None


def _malformed(what: str) -> Malformed:
    return Malformed(
        english("s_cielo_arquivo", what=what),
        institution="cielo",
        todo=english("s_do_ask_arquivo"),
    )

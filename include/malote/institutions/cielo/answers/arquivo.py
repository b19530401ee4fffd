"""The return file out of whatever it came in: bare, or as the text or base64 of `arquivo` in a download answer."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from malote.errors import Malformed
from malote.reading import as_file, chunks, markup

PEEK = 64 << 10
"""Bytes of a reply that show what it is."""

_HEAD = 4 << 10

_ROOT = re.compile(
    rb"(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:[A-Za-z_\x80-\xff][^\s/>:]*:)?([A-Za-z_\x80-\xff][^\s/>]*)", re.DOTALL
)
_FILLED = re.compile(rb"<(?:[\w.-]+:)?arquivo(?:\s[^<>]*)?>\s*(?=[^\s<]|<!\[CDATA\[)")
_ENTITY = re.compile(rb"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"', b"apos": b"'"}
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*\?>", re.IGNORECASE)
_NAMESPACE = re.compile(rb"""\sxmlns\s*=\s*(?:"[^"<>]*"|'[^'<>]*')""")
_PREFIXED = re.compile(rb"""(\sxmlns:[\w.-]+\s*=\s*)(["'])\s*([^"'<>]*?)\s*\2""")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"


def root_of(head: bytes) -> str:
    """The local name of the root element, from the beginning of a document that may be cut off; "" where none is."""
    found = _ROOT.match(markup.repair(head))
    return found[1].decode("utf-8", "replace") if found else ""


def mended(head: bytes) -> bytes:
    """Without the default namespace, and without blanks around others, as they are declared at the beginning.

    The manual's samples have such blanks, over which libxml2 ends in an error; and local names are all that is read,
    which lxml hands out twice as fast when they are in no namespace.
    """
    return _PREFIXED.sub(rb"\1\2\3\2", _NAMESPACE.sub(b"", head))


def holds_return(head: bytes, *, attached: bool = False) -> bool:
    """Whether a reply that begins so is, or holds, a return file (sheet 2 and 3).

    :param attached: it says `Content-Disposition: attachment`
    """
    root = root_of(head)
    if root == "retorno-lote":
        return True
    if root == "retorno-download-lote":
        return _FILLED.search(head) is not None
    return attached and root not in ("", "erro") and root.lower() != "html"


def unwrapped(stream: BinaryIO) -> BinaryIO:
    """The return file as a stream of its own bytes; what is no download answer with a filled `arquivo` as it is.

    :raises Malformed: while reading, where `arquivo` holds neither XML nor base64, or is cut off
    """
    head = b""
    while len(head) < PEEK and (more := stream.read(PEEK - len(head))):
        head += more
    found = _FILLED.search(head) if root_of(head) == "retorno-download-lote" else None
    if found is None:
        return as_file(_mended(chain([head], chunks(stream))))
    encoding = markup.declared_encoding(head)
    text = _text(chain([head[found.end() :]], chunks(stream)), encoding)
    return as_file(_mended(_payload(text, head, encoding)))


def _mended(pieces: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _HEAD:
            break
    yield mended(head)
    yield from pieces


def _text(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The text of the element that has just begun: its entities resolved, its CDATA sections bare."""
    data, section = b"", False
    for piece in pieces:
        data += piece
        while (end := data.find(_CDATA_END if section else b"<")) >= 0 and (section or len(data) - end >= len(_CDATA)):
            yield data[:end] if section else _resolved(data[:end], encoding)
            if not section and not data.startswith(_CDATA, end):
                return
            data = data[end + len(_CDATA_END if section else _CDATA) :]
            section = not section
        # What the next piece may go on with stays: the end of a section, a tag, an entity.
        ready = len(data) - 2 if section else end if end >= 0 else _before_entity(data)
        if ready > 0:
            yield data[:ready] if section else _resolved(data[:ready], encoding)
            data = data[ready:]
    raise _malformed("is cut off")


def _before_entity(data: bytes) -> int:
    begun = data.rfind(b"&", max(0, len(data) - 12))
    return len(data) if begun < 0 or b";" in data[begun:] else begun


def _resolved(data: bytes, encoding: str) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return _NAMED[found[1]]
        number = int(found[2]) if found[2] else int(found[3], 16)
        return chr(min(number, 0x10FFFF)).encode(encoding, "xmlcharrefreplace")

    return _ENTITY.sub(one, data) if b"&" in data else data


def _payload(pieces: Iterator[bytes], head: bytes, encoding: str) -> Iterator[bytes]:
    """XML with a declaration of the encoding that it is in here, or what base64 encodes."""
    begun = b""
    for piece in pieces:
        begun += piece
        if len(begun.lstrip()) >= _HEAD:
            break
    begun = markup.repair(begun)
    if not begun.startswith(b"<"):
        yield from _decoded(chain([begun], pieces))
        return
    if b"encoding" in head[: head.find(b">") + 1]:  # otherwise it is undeclared, which is read leniently
        yield f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    yield _DECLARATION.sub(b"", begun, count=1)
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
        raise _malformed("holds neither XML nor base64") from None


def _malformed(what: str) -> Malformed:
    return Malformed(
        f"the `arquivo` of the download answer {what}",
        institution="cielo",
        todo="nothing, it is asked again; where it stays so, ask Cielo what `arquivo` holds: no sample of it is known",
    )

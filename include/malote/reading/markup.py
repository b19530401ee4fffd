"""XML that comes in: repaired, checked and parsed in one hardened place.

No DTD, hence no entities; no network; depth at most 256 and one text at most 10 MB (libxml2's own bounds); only
encodings whose markup is ASCII, so that a DOCTYPE can be seen before libxml2 sees it. Every failure is a
:class:`malote.errors.Malformed` that says what and where, never the payload.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from lxml import etree

from malote.errors import Malformed

LIMIT = 64 << 20
"""Bytes that :func:`parse` takes by default: 27,000 authorisations come back as 34 MB."""

ENCODINGS = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252", "CP1252", "LATIN1"})
"""Encodings that are read. UTF-16 and UTF-7, in which a DOCTYPE could hide, are not."""

_HEAD = 64 << 10
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_UPPER = re.compile(rb"<\?xml(?=\s)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_ROOT = re.compile(rb"<(?:[A-Za-z_\x80-\xff][^\s/>:]*:)?([A-Za-z_\x80-\xff][^\s/>]*)")
_HARDENED: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "collect_ids": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
_TODO = "ask again; where it stays so, compare their bytes with the manual"


def repair(data: bytes) -> bytes:
    """Mend what real servers do at the beginning: a byte order mark, white space before the declaration, ``<?XML``.

    Bytes in, bytes out; nothing else is changed, and well-formed data is returned as it is.
    """
    data = data.lstrip(_BLANK + _BOM)
    return b"<?xml" + data[5:] if _UPPER.match(data) and not data.startswith(b"<?xml") else data


def declared_encoding(data: bytes) -> str:
    """The encoding that the XML declaration names, in upper case; ``"UTF-8"`` where it names none.

    :raises Malformed: where it is none of :data:`ENCODINGS`
    """
    return _declared(repair(data[:_HEAD])) or "UTF-8"


def parse(data: bytes, *, limit: int = LIMIT) -> etree._Element:
    """The root element of a whole document, at most ``limit`` bytes. Comments and processing instructions are dropped.

    Without a declared encoding, bytes that are no UTF-8 are taken as ISO-8859-1.

    :raises Malformed: where it is no well-formed XML, has a DOCTYPE, or is an HTML page
    """
    if len(data) > limit:
        raise Malformed(f"the XML has {len(data)} bytes, more than the {limit} that are read", todo=_TODO)
    data = repair(data)
    encoding = _check(data[:_HEAD], whole=len(data) <= _HEAD)
    if encoding is None:
        data, encoding = _Lenient().decode(data, final=True), "UTF-8"
    try:
        return etree.fromstring(data, etree.XMLParser(encoding=encoding, **_HARDENED))
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def records(stream: BinaryIO, *local_names: str, unless_inside: str = "") -> Iterator[etree._Element]:
    """Each element with one of these local names, whatever its prefix and namespace, in document order, in flat memory.

    An element is good until the next one is asked for: then it and everything before it are cleared. At the first one,
    all that stands before it (the head of the file) is still there: ``element.getroottree()``. Elements of these names
    do not nest.

    :param unless_inside: local name of a parent whose own are no records: they stay, and are read with what holds it
    :raises Malformed: where it is no well-formed XML (also after some records), has a DOCTYPE, or is an HTML page
    """
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head = repair(head + more)
    encoding = _check(head, whole=len(head) < _HEAD)
    source = _Source(head, stream, _Lenient() if encoding is None else None)
    tags = [f"{{*}}{name}" for name in local_names]
    around: etree._Element | None = None
    try:
        for _, element in etree.iterparse(source, events=("end",), tag=tags, encoding=encoding or "UTF-8", **_HARDENED):
            parent = element.getparent()
            moved = parent is not around  # mostly not: a list of ten thousand has one parent, looked at once
            if moved and parent is not None and unless_inside and local(parent.tag) == unless_inside:
                continue
            yield element
            element.clear()
            if parent is not None:
                _forget_before(element, parent)
            if moved:
                _forget_above(parent)
                around = parent
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def local(tag: str | Any) -> str:
    """The local name of a tag: ``"{http://…}codigo"`` and ``"codigo"`` are both ``"codigo"``."""
    return str(tag).rpartition("}")[2]


def first_text(element: etree._Element, local_name: str) -> str | None:
    """The text of the first element of that local name, at or below ``element``, stripped; None where there is none."""
    found = next(element.iter(f"{{*}}{local_name}"), None)
    return None if found is None else "".join(map(str, found.itertext())).strip()


class _Lenient:
    """Bytes without a declared encoding to UTF-8, chunk by chunk: what is no UTF-8 is taken as ISO-8859-1."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("malote.latin1")

    def decode(self, data: bytes, *, final: bool) -> bytes:
        return self._decoder.decode(data, final).encode()


def _latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("malote.latin1", _latin1)


class _Source:
    """What iterparse reads from: the repaired head, then the stream."""

    def __init__(self, head: bytes, stream: BinaryIO, lenient: _Lenient | None) -> None:
        self._head, self._stream, self._lenient = head, stream, lenient

    def read(self, size: int = -1) -> bytes:
        while True:
            raw, self._head = self._head or self._stream.read(size), b""
            data = self._lenient.decode(raw, final=not raw) if self._lenient else raw
            if data or not raw:
                return data


def _declared(head: bytes) -> str | None:
    found = _DECLARED.match(head)
    if found is None:
        return None
    encoding = found[1].decode("ascii").upper()
    if encoding not in ENCODINGS:
        raise Malformed(f"the XML declares the encoding {encoding}, which is not read here", todo=_TODO)
    return encoding


def _check(head: bytes, *, whole: bool) -> str | None:
    """Refuse what must not reach libxml2, by the repaired beginning; return the declared encoding.

    A DOCTYPE can stand only before the root element, so a scan up to there is enough.
    """
    if not head:
        raise Malformed("empty where XML was expected", todo=_TODO)
    encoding = _declared(head)
    at = 0
    while True:
        at += len(head[at:]) - len(head[at:].lstrip(_BLANK))
        closing = b"-->" if head.startswith(b"<!--", at) else b"?>" if head.startswith(b"<?", at) else b""
        if not closing:
            break
        end = head.find(closing, at + 2 + len(closing) - 1)
        if end < 0:
            raise Malformed("no root element " + ("at all" if whole else f"within {_HEAD} bytes"), todo=_TODO)
        at = end + len(closing)
    if head[at : at + 9].upper() == b"<!DOCTYPE":
        html = head[at + 9 : at + 40].strip().lower().startswith(b"html")
        raise Malformed(
            "an HTML page where XML was expected" if html else "XML with a DOCTYPE, which is refused", todo=_TODO
        )
    root = _ROOT.match(head, at)
    if root is None:
        raise Malformed("no XML: it does not begin with an element", todo=_TODO)
    if root[1].lower() == b"html":
        raise Malformed("an HTML page where XML was expected", todo=_TODO)
    return encoding


def _forget_before(element: etree._Element, parent: etree._Element) -> None:
    while parent[0] is not element:
        del parent[0]


def _forget_above(here: etree._Element | None) -> None:
    while here is not None:
        parent = here.getparent()
        if parent is not None:
            _forget_before(here, parent)
        here = parent


def _malformed(error: etree.XMLSyntaxError) -> Malformed:
    # libxml2's own message can quote the document ("Entity 'x' not defined"): only the kind and the place are kept.
    name = str(etree.ErrorTypes._getName(getattr(error, "code", None), "ERR_SYNTAX"))
    line, column = error.position
    place = f" at line {line}, column {column}" if line else ""
    what = name.removeprefix("ERR_").replace("_", " ").lower()
    return Malformed(f"the XML is not well-formed or cut short: {what}{place}", todo=_TODO)

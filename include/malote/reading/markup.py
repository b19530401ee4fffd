"""XML that comes in: repaired, checked and parsed in one hardened place.

No DTD, hence no entities; no network; depth at most 256 and one text at most 10 MB (libxml2's own bounds); libxml2 is
given UTF-8 only, in which a DOCTYPE can be seen before libxml2 sees it. Every failure is a
:class:`malote.errors.Malformed` that says what and where, never the payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from lxml import etree

from malote.errors import Malformed
from malote.reading.declaring import PROPER, TODO, declared
from malote.reading.mending import HEAD, Mended, mended, repair
from malote.reading.repairs import Repairs
from malote.texts import english

ENCODINGS = PROPER
"""Encodings of files of our own side that are read."""

LIMIT = 64 << 20
"""Bytes that :func:`parse` takes by default: 27,000 authorisations come back as 34 MB."""

NODES = 500_000
"""Elements and attributes that are held in memory at a time: some 100 MB. Four bytes of markup can cost 120."""

ATTRIBUTES = 100
"""Of one element that are looked at."""

_IDLE = 1 << 20
"""Bytes without a record after which nodes are counted."""

_ROOT = re.compile(rb"<(?:[A-Za-z_\x80-\xff][^\s/>:]*:)?([A-Za-z_\x80-\xff][^\s/>]*)")
_BLANKS = re.compile(rb"[ \t\r\n]*")
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


def declared_encoding(data: bytes) -> str:
    """The encoding that the XML declaration of a file of our own side names, in upper case; ``"UTF-8"`` without one.

    :raises Malformed: where it is none of :data:`ENCODINGS`
    """
    encoding = declared(repair(data[:HEAD])) or "UTF-8"
    if encoding not in ENCODINGS:
        raise Malformed(english("s_xml_encoding", encoding=encoding), todo=TODO)
    return encoding


def parse(data: bytes, *, limit: int = LIMIT, repairs: Repairs | None = None) -> etree._Element:
    """The root element of a whole document, at most ``limit`` bytes. Comments and processing instructions are dropped.

    :param repairs: is told what was mended, see :mod:`malote.reading.mending`; :data:`STRICT` refuses that
    :raises Malformed: where it is no well-formed XML, has a DOCTYPE or more than :data:`NODES`, or is an HTML page
    """
    if len(data) > limit:
        raise Malformed(english("s_xml_large", n=len(data), limit=limit), todo=TODO)
    data = mended(data, repairs)
    _check(data[:HEAD], whole=len(data) <= HEAD)
    if len(data) > _IDLE and _nodes(data) > NODES:
        raise _too_many()
    try:
        return etree.fromstring(data, etree.XMLParser(encoding="UTF-8", **_HARDENED))
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def records(
    stream: BinaryIO, *local_names: str, unless_inside: Sequence[str] = (), repairs: Repairs | None = None
) -> Iterator[etree._Element]:
    """Each element with one of these local names, whatever its prefix and namespace, in document order, in flat memory.

    An element is good until the next one is asked for: then it and everything before it are cleared. At the first one,
    all that stands before it (the head of the file) is still there: ``element.getroottree()``. Elements of these names
    do not nest.

    :param stream: a :class:`Mended` one is taken as it is
    :param unless_inside: local names of elements inside of which is no record: it stays, and is read with what holds it
    :param repairs: as of :func:`parse`
    :raises Malformed: where it is no well-formed XML (also after some records), has a DOCTYPE, is an HTML page, or has
        more than :data:`NODES` without a record
    """
    answer = stream if isinstance(stream, Mended) else Mended(stream, repairs)
    head = answer.peek(HEAD)
    _check(head, whole=len(head) < HEAD)
    source = _Source(answer)
    tags = [f"{{*}}{name}" for name in local_names]
    around: etree._Element | None = None
    try:
        for _, element in etree.iterparse(source, events=("end",), tag=tags, encoding="UTF-8", **_HARDENED):
            parent = element.getparent()
            moved = parent is not around  # mostly not: a list of ten thousand has one parent, looked at once
            if moved and unless_inside and any(local(above.tag) in unless_inside for above in element.iterancestors()):
                continue
            yield element
            source.idle = 0
            element.clear()
            if parent is not None:
                _forget_before(element, parent)
            if moved:
                _forget_above(parent)
                around = parent
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def root_of(head: bytes) -> str:
    """The local name of the root element, from the beginning of a document that may be cut off; "" where none is."""
    root = _ROOT.match(head, _past_prolog(repair(head)))
    return root[1][:80].decode("utf-8", "replace") if root else ""


def local(tag: str | Any) -> str:
    """The local name of a tag: ``"{http://…}codigo"`` and ``"codigo"`` are both ``"codigo"``."""
    return str(tag).rpartition("}")[2]


def outermost(element: etree._Element, is_one: Callable[[str], bool]) -> Iterator[etree._Element]:
    """The elements below an element whose tag is one, but those that stand inside another of them."""
    for child in element:
        if is_one(str(child.tag)):
            yield child
        else:
            yield from outermost(child, is_one)


def attributes(element: etree._Element) -> list[tuple[Any, Any]]:
    """The attributes of an element, names and values; none where there are more than :data:`ATTRIBUTES`."""
    # lxml's time to list them grows with the square of their number.
    return element.attrib.items() if len(element.attrib) <= ATTRIBUTES else []


def text_of(element: etree._Element) -> str:
    """All text of an element that has some of its own, what stands inside as blanks (`a<br/>b`); "" where only the
    elements inside of it have any."""
    pieces = [element.text]
    for child in element:
        pieces += child.text, child.tail
    own = any(each and not each.isspace() for each in pieces[::2])
    return " ".join(filter(None, pieces)) if own else ""


def first_text(element: etree._Element, local_name: str) -> str | None:
    """The text of the first element of that local name, at or below ``element``, stripped; None where there is none."""
    found = next(element.iter(f"{{*}}{local_name}"), None)
    return None if found is None else "".join(map(str, found.itertext())).strip()


class _Source:
    """What iterparse reads from; counts what is held in memory while no record comes.

    :ivar idle: bytes read since the last record
    """

    def __init__(self, answer: Mended) -> None:
        self._answer, self._nodes, self.idle = answer, 0, 0

    def read(self, size: int) -> bytes:
        data = self._answer.read(size)
        self.idle += len(data)
        if self.idle <= _IDLE:
            self._nodes = 0
            return data
        self._nodes += _nodes(data)
        if self._nodes > NODES:
            raise _too_many()
        return data


def _nodes(data: bytes) -> int:
    return data.count(b"<") - data.count(b"</") + data.count(b"=")


def _too_many() -> Malformed:
    return Malformed(english("s_xml_nodes", n=NODES), todo=TODO)


def _past_prolog(head: bytes) -> int:
    """Where the first thing begins that is no blank, comment, declaration or processing instruction; -1 where none."""
    at = 0
    while True:
        at = _BLANKS.match(head, at).end()  # type: ignore[union-attr]
        closing = b"-->" if head.startswith(b"<!--", at) else b"?>" if head.startswith(b"<?", at) else b""
        if not closing:
            return at
        end = head.find(closing, at + 2 + len(closing) - 1)
        if end < 0:
            return -1
        at = end + len(closing)


def _check(head: bytes, *, whole: bool) -> None:
    """Refuse what must not reach libxml2, by the mended beginning.

    A DOCTYPE can stand only before the root element, so a scan up to there is enough.
    """
    if not head:
        raise Malformed(english("s_xml_empty"), todo=TODO)
    at = _past_prolog(head)
    if at < 0:
        raise Malformed(english("s_xml_no_root") if whole else english("s_xml_late_root", limit=HEAD), todo=TODO)
    if head[at : at + 9].upper() == b"<!DOCTYPE":
        html = head[at + 9 : at + 40].strip().lower().startswith(b"html")
        raise Malformed(english("s_xml_html") if html else english("s_xml_doctype"), todo=TODO)
    root = _ROOT.match(head, at)
    if root is None:
        raise Malformed(english("s_xml_none"), todo=TODO)
    if root[1].lower() == b"html":
        raise Malformed(english("s_xml_html"), todo=TODO)


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
    what = name.removeprefix("ERR_").replace("_", " ").lower()
    said = (
        english("s_xml_broken_at", what=what, line=line, column=column) if line else english("s_xml_broken", what=what)
    )
    return Malformed(said, todo=TODO)

"""The return file to rows that land: streamed, checked to be that of the lot that was sent (sheet 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from lxml import etree

from malote import markup
from malote.cielo import elements
from malote.cielo.arquivo import unwrapped
from malote.cielo.elements import Names
from malote.errors import Malformed
from malote.institution import AnswerRow

_ROOTS = ("retorno-lote", "retorno-download-lote")
_NUMBER, _LIST = "numero-lote", "lista"
_KINDS = Names(
    transacao=elements.transacao,
    retorno_token=elements.retorno_token,
    erro=elements.erro,
    numero_lote=_NUMBER,
    lista=_LIST,
)
_TAGS = [f"{{*}}{name}" for name in ("transacao", "retorno-token", "erro", "numero-lote", "lista")]


def rows(stream: BinaryIO, operation: str, number: int) -> Iterator[AnswerRow]:
    """Each `transacao`, `retorno-token` and `erro` of the list as a row, in document order, in flat memory.

    :param stream: the kept answer; a return file inside `arquivo` is unwrapped
    :param operation: `02` to `08`, of the lot that was sent: the return does not say it
    :param number: of the lot that was sent; one that is absent from the answer is taken as this
    :raises Malformed: where it is broken, is no return file, or is that of another lot
    """
    lot = str(number)
    begun = False
    for kind, element in _children(unwrapped(stream)):
        if not begun and (root := markup.local(element.getroottree().getroot().tag)) not in _ROOTS:
            raise _malformed(f"it is no return file ({root})")
        begun = True
        if kind is _NUMBER:
            said = (element.text or "").strip()
            if not (said.isascii() and said.isdigit() and len(said) < 20 and int(said) == number):
                raise _malformed("it is the return file of another lot", said=said[:20], asked=lot)
        elif kind is not _LIST:
            yield kind(element, operation, lot)
    if not begun:
        raise _malformed("it is no return file")


def _children(stream: BinaryIO) -> Iterator[tuple[Any, etree._Element]]:
    """As :func:`malote.markup.records`, but the `erro` inside a `token` stays where it is: it is read with its parent.

    `records` would forget it, and with it all that stands before it in its transaction.
    """
    head = b""
    while len(head) < markup._HEAD and (more := stream.read(markup._HEAD - len(head))):
        head = markup.repair(head + more)
    encoding = markup._check(head, whole=len(head) < markup._HEAD)
    source = markup._Source(head, stream, markup._Lenient() if encoding is None else None)
    walk = etree.iterparse(source, events=("end",), tag=_TAGS, encoding=encoding or "UTF-8", **markup._HARDENED)
    try:
        for _, element in walk:
            kind = _KINDS[element.tag]
            if kind is elements.erro and elements.inside_token(element):
                continue
            yield kind, element
            while (before := element.getprevious()) is not None:
                before.getparent().remove(before)
    except etree.XMLSyntaxError as error:
        raise markup._malformed(error) from None


def _malformed(what: str, **facts: str) -> Malformed:
    return Malformed(
        what, institution="cielo", todo="nothing, it is asked again; where it stays so, ask Cielo", facts=facts
    )

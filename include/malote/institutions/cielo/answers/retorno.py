"""The return file to rows that land: streamed, checked to be that of the lot that was sent (sheet 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from malote.errors import Malformed
from malote.institution import AnswerRow
from malote.institutions.cielo.answers import elements
from malote.institutions.cielo.answers.arquivo import unwrapped
from malote.institutions.cielo.answers.elements import Names
from malote.reading import markup
from malote.texts import english

_ROOTS = ("retorno-lote", "retorno-download-lote")
_NUMBER, _LIST = "numero-lote", "lista"
_KINDS = Names(
    transacao=elements.transacao,
    retorno_token=elements.retorno_token,
    erro=elements.erro,
    numero_lote=_NUMBER,
    lista=_LIST,
)
_NAMES = ("transacao", "retorno-token", "erro", "numero-lote", "lista")
_HOLDING = ("token", "transacao", "retorno-token", "erro")


def rows(stream: BinaryIO, operation: str, number: int) -> Iterator[AnswerRow]:
    """Each `transacao`, `retorno-token` and `erro` of the list as a row, in document order, in flat memory.

    :param stream: the kept answer; a return file inside `arquivo` is unwrapped
    :param operation: `02` to `08`, of the lot that was sent: the return does not say it
    :param number: of the lot that was sent; one that is absent from the answer is taken as this
    :raises Malformed: where it is broken, is no return file, or is that of another lot
    """
    lot = str(number)
    begun = False
    # What stands inside of a record is about it: the erro of a token, for one, is read with its transaction.
    for element in markup.records(unwrapped(stream), *_NAMES, unless_inside=_HOLDING):
        kind = _KINDS[element.tag]
        if not begun and (root := markup.local(element.getroottree().getroot().tag)) not in _ROOTS:
            raise _malformed(english("s_cielo_no_return_but", root=root))
        begun = True
        if kind is _NUMBER:
            said = (element.text or "").strip()
            if not (said.isascii() and said.isdigit() and len(said) < 20 and int(said) == number):
                raise _malformed(english("s_cielo_other_lot"), said=said[:20], asked=lot)
        elif kind is not _LIST:
            yield kind(element, operation, lot)
    if not begun:
        raise _malformed(english("s_cielo_no_return"))


def _malformed(what: str, **facts: str) -> Malformed:
    return Malformed(what, institution="cielo", todo=english("s_do_ask_cielo"), facts=facts)

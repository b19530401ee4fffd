"""Answers to rows that land: the `detalhe` of an `obterResultadoProcessamentoResponse`, streamed (manual 5.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO, NoReturn

from lxml import etree

from malote.errors import Malformed
from malote.institution import AnswerRow
from malote.institutions.ccee.rules import STATUS
from malote.reading import markup
from malote.texts import english


def details(stream: BinaryIO, code: str | None, fault: Callable[[etree._Element], NoReturn]) -> Iterator[AnswerRow]:
    """The `detalhe` of an answer as rows that land, streamed in flat memory (manual 5.1.2, 5.1.5).

    :param code: the `codigoProcessamento` that was asked for; one that is absent from the answer is taken as this
    :param fault: called with a SOAP fault, whatever its prefixes; raises
    :raises Malformed: where it is no SOAP envelope, is broken, or is the answer for another code
    """
    said: str | None = None
    body = found = False
    for element in markup.records(stream, "detalhe", "codigoProcessamento", "Fault", "Body"):
        name = markup.local(element.tag)
        if name == "detalhe":
            found = True
            yield _row(element, said or code)
        elif name == "codigoProcessamento":
            said = (element.text or "").strip() or None
            if said and code and said.lstrip("0") != code.strip().lstrip("0"):
                raise _malformed(english("s_ccee_other_code"), said=said, asked=code)
        elif name == "Fault":
            fault(element)
        else:
            inside = [markup.local(child.tag) for child in element]
            body = markup.local(element.getroottree().getroot().tag) == "Envelope"
            if body and inside and not (said or found) and not inside[0].startswith("obterResultadoProcessamento"):
                raise _malformed(english("s_ccee_other_question", root=inside[0]))
    if not body:
        raise _malformed(english("s_ccee_no_envelope"))


_local = lru_cache(maxsize=256)(markup.local)


def _row(detalhe: etree._Element, code: str | None) -> AnswerRow:
    # One pass over the children: a search per field costs four times as much.
    status = descricao = None
    contract: tuple[str | None, ...] = (None, None, None, None)
    for field in detalhe:
        name = _local(field.tag)
        if name == "status":
            said = _text(field)
            # A second one that says otherwise makes neither of them true.
            status = said if status in (None, said) else f"{status}; {said}"
        elif name == "descricao":
            descricao = " ".join(markup.text_of(field).split()) or None
        elif name == "contrato":
            contract = _contract(field)
    outcome = STATUS[status].outcome if status and status in STATUS else "unanswered"
    return (code, status, descricao, *contract, contract[0] or contract[1], outcome, status, descricao)


def _contract(contrato: etree._Element) -> tuple[str | None, ...]:
    """codigoOrigem, codigo, and the parties' codes over all vigencias, distinct and in order."""
    origem = codigo = None
    parties: dict[str, dict[str, None]] = {"comprador": {}, "vendedor": {}}
    for part in contrato:
        name = _local(part.tag)
        if name == "codigoOrigem":
            origem = _text(part)
        elif name == "codigo":
            codigo = _text(part)
        elif name == "vigencias":
            for vigencia in part:
                for party in vigencia:
                    _party(party, parties.get(_local(party.tag)))
    return origem, codigo, ";".join(parties["comprador"]) or None, ";".join(parties["vendedor"]) or None


def _party(party: etree._Element, codes: dict[str, None] | None) -> None:
    for each in party if codes is not None else ():
        if _local(each.tag) == "codigo" and (text := _text(each)) and codes is not None:
            codes[text] = None


def _text(element: etree._Element) -> str | None:
    text = element.text
    return text.strip() or None if text else None


def _malformed(what: str, **facts: str) -> Malformed:
    todo = english("s_do_ask_ccee")
    return Malformed(what, institution="ccee", todo=todo, facts=facts)

"""A rehearsal of reading an answer of CCEE's: what each element is, and what would come of it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

from lxml import etree

from malote.errors import Malformed
from malote.institution import Reply
from malote.institutions.ccee.answers import details
from malote.institutions.ccee.calls import Calls, Fault
from malote.institutions.ccee.rules import STATUS
from malote.reading import explaining, markup
from malote.submission import Standing, Stored, Submission

_READ: dict[tuple[str, ...], str] = {
    ("detalhe", "status"): "status",
    ("detalhe", "descricao"): "descricao",
    ("contrato", "codigoOrigem"): "codigo_origem, the reference",
    ("contrato", "codigo"): "codigo_contrato",
    ("comprador", "codigo"): "comprador_codigo",
    ("vendedor", "codigo"): "vendedor_codigo",
}
_ANYWHERE = {
    "codigoProcessamento": "codigo_processamento, the receipt",
    **dict.fromkeys(("errorCode", "faultcode"), "code of the fault"),
    **dict.fromkeys(("message", "faultstring", "Text"), "words of the fault"),
    **dict.fromkeys(("uri", "transactionId"), "facts of the fault"),
}
_NOBODY = Submission(
    "ccee-0", "p", "ccee", "simulator", "", "contratos", "contratos", Standing.SENDING, "x", Stored("x", "", 0), 1, {}
)  # fmt: skip


def explained(calls: Calls, answer: bytes, status: int) -> Iterator[str]:
    """The lines of a rehearsal."""
    root = markup.parse(answer)
    yield from explaining.lines(root, _meaning)
    for each in root.iter("{*}Fault"):
        fault = Fault.of(each)
        told = fault.kind or "not known to us: doubt at a submit, asked again at a question"
        yield explaining.discreet(f"fault {fault.code or '-'} {fault.element}: {told}. {fault.action or ''}".rstrip())
    reply = Reply(status, {"content-type": "text/xml"}, answer)
    yield explaining.heard(
        "the reply to importarArquivo", lambda: f"received, code {calls.receipt(_NOBODY, reply).number}"
    )
    yield explaining.heard("an answer to obterResultadoProcessamento", lambda: _result(answer))


_ALONE = "accepted, where no other about the contract refuses it"


def _meaning(names: tuple[str, ...]) -> str | None:
    return _READ.get(names[-2:]) or _ANYWHERE.get(names[-1])


def _result(answer: bytes) -> str:
    def fault(element: etree._Element) -> NoReturn:
        raise Malformed(f"a fault: {Fault.of(element).kind or 'not known'}", todo="see above")

    rows = [(str(row[-2]), row[-4], row[-3]) for row in details(io.BytesIO(answer), None, fault)]
    told = Counter((status, _ALONE if became == "noted" else became) for status, _, became in rows)
    found = [f"{n} {status[:40]} ({became}{'' if status in STATUS else ', a status not known to us'})"
             for (status, became), n in told.items()]  # fmt: skip
    nameless = sum(not echo for _, echo, _ in rows)
    return f"{len(rows)} detalhe: {', '.join(found[:20]) or 'asked again'}" + (
        f"; {nameless} without contrato, about nobody that was sent" if nameless else ""
    )

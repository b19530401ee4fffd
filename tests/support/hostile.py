"""Answers of each institution, hostile bodies of many shapes, and every reader that may be given one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from malote.institution import Access, Reply, load
from malote.institutions.cielo.masking import masked
from malote.reading import Mended
from malote.submission import Standing, Stored, Submission
from support.reinf import event, reinf, retorno
from support.reinf import submission as reinf_lote

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<bm:obterResultadoProcessamentoResponse xmlns:bm="http://xmlns.energia.org.br/BM/v1"><bm:resultado>'
    "<bm:codigoProcessamento>77</bm:codigoProcessamento><bm:detalhe><bm:status>SUCESSO</bm:status>"
    "<bm:descricao>{text}</bm:descricao><bm:contrato><bm:codigoOrigem>ADV-12</bm:codigoOrigem>"
    "<bm:codigo>555</bm:codigo></bm:contrato></bm:detalhe></bm:resultado></bm:obterResultadoProcessamentoResponse>"
    "</soapenv:Body></soapenv:Envelope>"
)
RETORNO = (
    "<retorno-lote><numero-lote>77</numero-lote><lista><transacao><tid>1</tid><dados-pedido><numero>ADV-12</numero>"
    "</dados-pedido><status>6</status><autorizacao><mensagem>{text}</mensagem></autorizacao></transacao></lista>"
    "</retorno-lote>"
)
RESULTADO = (
    "<retorno><numeroProtocolo>77</numeroProtocolo><status>rejeitado</status><critica><descricao>{text}</descricao>"
    "</critica></retorno>"
)


@dataclass(frozen=True)
class Room:
    """How one institution is asked in these tests."""

    service: str
    operation: str
    answer: str
    access: dict[str, Any]


ROOMS = {
    "ccee": Room("contratos", "1", ENVELOPE, {"extra": {"codigo_perfil_agente": "1"}}),
    "cielo": Room("autorizacao", "02", RETORNO, {}),
    "bndes": Room("financiamento", "financiamento", RESULTADO, {"extra": {"cnpj": "12345678000195"}}),
}


def institution(name: str) -> Any:
    access = Access(name, "simulator", "https://localhost", "1006993069", "x", **ROOMS[name].access)
    return load(name)(access)


def submission(name: str) -> Submission:
    stored = Stored("s", "0" * 64, 1, True)
    return Submission(
        f"{name}-1", "p", name, "simulator", "1", ROOMS[name].service, ROOMS[name].operation, Standing.ANSWERED, "n",
        stored, 1, {"numero_lote": 77, "reference": "ADV-12"}, receipt="77",
    )  # fmt: skip


def shape(head: str, part: str, tail: str = "") -> Callable[[int], bytes]:
    return lambda size: (head + part * ((size - len(head) - len(tail)) // len(part)) + tail).encode()


TOTALS = retorno(2, event(0).replace("</evtRet>", "<h>|</h></evtRet>")).split("|")
RECEIVED = retorno(2, "|").split("|")

HOSTILE: dict[str, Callable[[int], bytes]] = {
    "instructions": shape("", "<?a?>"),
    "blanks": shape("", " "),
    "blanks in a root": shape("<retorno-download-lote><arquivo>", " "),
    "blanks in a text": shape("<r><numeroProtocolo>", " "),
    "comments": shape("", "<!---->"),
    "comments that do not end": shape("<r>", "<!--"),
    "escaped ends": shape("<retorno><erro><mensagem>", "&amp;gt;", "</mensagem></erro></retorno>"),
    "quotes": shape("<retorno><erro><mensagem>", "' \" «", "</mensagem></erro></retorno>"),
    "digits": shape("<retorno><erro><mensagem>", "4012 ", "</mensagem></erro></retorno>"),
    "starts of tags": shape("", "<a"),
    "prefixes": shape("<", "a."),
    "names": shape("", "numeroProtocolo "),
    "names with signs": shape("", "protocolo = "),
    "codes": shape("<x>", "<codigoProcessamento "),
    "faults": shape("<x>", "<Fault></"),
    "namespaces": shape("<r ", ' xmlns:a="'),
    "empty elements": shape("<retorno>", "<a/>", "</retorno>"),
    "errors": shape("<retorno-lote>", "<erro/>", "</retorno-lote>"),
    "events": shape("<r><operacao>", "<liberacao><status>x</status></liberacao>", "</operacao></r>"),
    "parties": shape(
        "<e><detalhe><contrato><vigencias><v>", "<comprador><codigo>1</codigo></comprador>",
        "</v></vigencias></contrato></detalhe></e>",
    ),
    "attributes": lambda size: b"<r " + b" ".join(b'a%d=""' % n for n in range(size // 11)) + b"/>",
    "references": shape("<r><t>", "&#31;", "</t></r>"),
    "references that do not end": shape("<r><t>", "&#x0", "</t></r>"),
    "NULs": shape("<r/>", "\0"),
    "combining marks": shape("<retorno><critica>", "\u0301\u0316", "</critica></retorno>"),
    "parts": shape("", "\n--a\nContent-"),
    "one tag": shape("<r><", "tag", "/></r>"),
    "ends of parts": shape("--a\nContent-ID: b\n\n<r>", "\n--a\n"),
    "parts in base64": shape("--a\nContent-Transfer-Encoding: base64\n\n", "PGE+", "\n--a--"),
    "includes": shape("--a\nContent-ID: b\n\n<r>", '<Include href="cid:', "\n--a--"),
    "includes of nothing": shape("--a\nContent-ID: b\n\n<r>", '<x:Include href="cid:c"/>', "</r>\n--a--"),
    "totals": shape(TOTALS[0], "<CRM>1</CRM>", TOTALS[1]),
    "totals of many kinds": shape(TOTALS[0], "<CRM>1</CRM><b>1</b>", TOTALS[1]),
    "events of nothing": shape(RECEIVED[0], "<evento Id='x'/>", RECEIVED[1]),
    "an included part of blanks": shape(
        '--a\nContent-ID: b\n\n<r><Include href="cid:c"/></r>\n--a\nContent-ID: c\n\n<t>', " ", "</t>\n--a--"
    ),
    "ampersands": shape("<r><t>", "& ", "</t></r>"),
    "names of nothing": shape("<r><t>", "&nbsp;", "</t></r>"),
    "blanks and NULs": shape("<r/>", " " * 99 + "\0"),
    "sections of ampersands": shape("<r><t>", "<![CDATA[&]]>&", "</t></r>"),
    "proposals in proposals": shape("<r>", "<x><numeroProposta>1</numeroProposta>"),
    "sections": shape("<retorno-download-lote><arquivo>", "<![CDATA[ ]]>"),
}  # fmt: skip


def readers() -> Iterator[tuple[str, Callable[[bytes], object]]]:
    for name in ROOMS:
        there, one = institution(name), submission(name)
        yield f"{name} answer", lambda data, there=there, one=one: list(there.read(one, Mended(io.BytesIO(data))))
        calls = {"check": (there.check(one), 200), "fetch": (there.fetch(one), 503), "probe": (there.probe(), 400)}
        for verb, (call, status) in calls.items():
            yield f"{name} {verb}", lambda data, c=call, s=status: c.read(Reply(s, {}, data))
    receipts: dict[str, Callable[[Reply], object]] = {
        "ccee": lambda reply: institution("ccee")._calls.receipt(submission("ccee"), reply),
        "cielo": lambda reply: _cielo_receipt(reply),
        "bndes": lambda reply: institution("bndes")._reading.receipt(
            institution("bndes").catalogue["financiamento"], submission("bndes"), reply
        ),
    }
    for name, receipt in receipts.items():
        yield f"{name} receipt", lambda data, read=receipt: read(Reply(200, {}, data))
    bndes = institution("bndes")
    yield "bndes refusal", lambda data: receipts["bndes"](Reply(400, {}, data))
    yield "ccee refusal", lambda data: receipts["ccee"](Reply(500, {}, data))
    yield "bndes operations", lambda data: list(bndes.read_operacoes(io.BytesIO(data)))
    yield "bndes subcredito", lambda data: list(bndes.read_subcredito(io.BytesIO(data)))
    yield "bndes reasons", lambda data: bndes.reasons(submission("bndes")).read(Reply(200, {}, data))
    lote = reinf_lote(events=1)
    yield "reinf check", lambda data: reinf().check(lote).read(Reply(200, {}, data))
    yield "reinf receipt", lambda data: reinf()._calls.receipt(lote, Reply(201, {}, data))
    yield "reinf refusal", lambda data: reinf()._calls.receipt(lote, Reply(422, {}, data))
    yield "reinf recibo", lambda data: reinf()._calls.shown(Reply(200, {}, data))
    yield "reinf ocorrencias", lambda data: reinf()._calls.ocorrencias(lote).read(Reply(200, {}, data))
    yield "cielo masking", lambda data: masked(data.decode("utf-8", "replace").replace("&amp;", "&"))


def _cielo_receipt(reply: Reply) -> object:
    from malote.institutions.cielo.calls import replies

    return replies.receipt(submission("cielo"), 77, "1006993069", reply)


READERS = dict(readers())

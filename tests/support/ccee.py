"""What the spec tests of CCEE stand on: the institution, a submission, envelopes written by hand."""

from __future__ import annotations

from typing import Any

from malote.archive import Archive
from malote.institution import Access, Reply
from malote.institutions.ccee.institution import Ccee
from malote.submission import Standing, Stored, Submission
from support import DATA

CCEE = DATA / "ccee"
FAULT_4001 = (CCEE / "sheet_1.5_fault_4001.xml").read_bytes()
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header>'
    '<m:messageHeader xmlns:m="http://xmlns.energia.org.br/MH/v1"><m:transactionId>t-1</m:transactionId></m:messageHeader>'
    "</e:Header><e:Body>{}</e:Body></e:Envelope>"
)


def envelope(inside: str) -> bytes:
    return ENVELOPE.format(inside).encode()


def fault(code: str, element: str, message: str = "m", faultcode: str = "Server.1") -> bytes:
    return envelope(
        f"<NS1:Fault xmlns:NS1='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>{faultcode}</faultcode>"
        f"<faultstring>f</faultstring><detail><x:{element} xmlns:x='http://xmlns.energia.org.br/FM'>"
        f"<x:errorCode>{code}</x:errorCode><x:message>{message}</x:message><x:uri>/u</x:uri>"
        f"<x:transactionId>t-9</x:transactionId></x:{element}></detail></NS1:Fault>"
    )


def result(*details: tuple[str, str], code: str | None = "77", space: str = "BO/v1", name: str = "q") -> bytes:
    inside = f"<{name}:codigoProcessamento>{code}</{name}:codigoProcessamento>" if code else ""
    listed = "".join(
        f"<{name}:detalhe><{name}:status>{status}</{name}:status><{name}:contrato><{name}:codigoOrigem>{origem}"
        f"</{name}:codigoOrigem></{name}:contrato></{name}:detalhe>"
        for status, origem in details
    )
    return envelope(
        f"<{name}:obterResultadoProcessamentoResponse xmlns:{name}='http://xmlns.energia.org.br/{space}'>"
        f"<{name}:resultadoProcessamento>{inside}<{name}:ResultadosProcessamentoImportacaoContrato>{listed}"
        f"</{name}:ResultadosProcessamentoImportacaoContrato></{name}:resultadoProcessamento>"
        f"</{name}:obterResultadoProcessamentoResponse>"
    )


def ccee(environment: str = "simulator", base_url: str = "https://localhost:8443", **extra: Any) -> Ccee:
    more = {"codigo_perfil_agente": "1234", **extra}
    return Ccee(Access("ccee", environment, base_url, "user", "p<&>s", more))


def one(stored: Stored | None = None, items: int = 2, receipt: str | None = "77") -> Submission:
    return Submission(
        "ccee-1", "p", "ccee", "simulator", "1234", "contratos", "ContratosCCEAL-1", Standing.RECEIVED, "x.xml",
        stored or Stored("x", "0" * 64, 1), items, {}, receipt=receipt,
    )  # fmt: skip


def kept(archive: Archive, data: bytes) -> Submission:
    with archive.write("ccee/sent", "x.xml") as sheet:
        sheet.write(data)
    return one(sheet.stored, receipt=None)


def submit(archive: Archive, status: int, reply: bytes, data: bytes = b"<ContratosCCEAL/>") -> Any:
    return ccee().submit(kept(archive, data), archive).read(Reply(status, {}, reply))


def check(status: int, reply: bytes, items: int = 2, **headers: str) -> Any:
    return ccee().check(one(items=items)).read(Reply(status, headers, reply))

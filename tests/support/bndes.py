"""What the spec tests of BNDES stand on: the institution, a submission, hand-made replies, a find played through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs

from malote.archive import Archive
from malote.errors import MaloteError
from malote.institution import Access, Call, Reply, Request
from malote.institutions.bndes.institution import Bndes
from malote.submission import Finding, Standing, Stored, Submission

CNPJ = "33657248000189"
NOON = datetime(2026, 11, 23, 15, tzinfo=timezone.utc)
MADE = {"preparado_em": NOON.isoformat()}
FACTS = {"reference": "2026/17", "anoProposta": "2026", "numeroProposta": "17", **MADE}


def bndes(environment: str = "homologacao", base_url: str = "", **extra: Any) -> Bndes:
    return Bndes(Access("bndes", environment, base_url, extra={"cnpj": CNPJ, **extra}))


def pretended(**extra: Any) -> Bndes:
    return bndes("simulator", "https://localhost:8443/apa", **extra)


def submission(service: str = "financiamento", receipt: str | None = "P-1", **changes: Any) -> Submission:
    given: dict[str, Any] = {"facts": FACTS, "sent_at": NOON, "received_at": NOON, "attempt": 1, **changes}
    facts = given.pop("facts")
    return Submission(
        "bndes-1", "p", "bndes", "homologacao", CNPJ, service, service, Standing.RECEIVED, "x.xml",
        Stored("bndes/sent/x.xml", "0" * 64, 10), 1, facts, receipt=receipt, **given,
    )  # fmt: skip


def reply(status: int, body: str | bytes = "", kind: str = "text/xml; charset=utf-8", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else body.encode()
    return Reply(status, {"content-type": kind, **headers}, data)


def form(request: Request) -> dict[str, list[str]]:
    assert request.body is not None
    with request.body.open() as file:
        return parse_qs(file.read().decode("ascii"), keep_blank_values=True, strict_parsing=True)


def played(asking: Any, answer: Callable[[Call[Any]], Reply | MaloteError]) -> tuple[Finding, list[Call[Any]]]:
    """Drive a `find` as the courier does: each call is answered, what it reads into or raises goes back in."""
    calls: list[Call[Any]] = []
    try:
        call = next(asking)
        while True:
            calls.append(call)
            given = answer(call)
            try:
                if isinstance(given, MaloteError):
                    raise given
                value = call.read(given)
            except MaloteError as error:
                call = asking.throw(error)
            else:
                call = asking.send(value)
    except StopIteration as end:
        return end.value, calls


def by_name(answers: Mapping[str, Reply | MaloteError]) -> Callable[[Call[Any]], Reply | MaloteError]:
    return lambda call: answers[call.name]


DOCUMENTED = ("financiamento", "contratacao", "liberacao", "cancelamento")
NAMES = {name: name for name in DOCUMENTED} | {
    "prorrogacao_prazo": "prorrogacaoPrazo",
    "cancelamento_saldo": "cancelamentoSaldo",
    "aditivo": "aditivo",
    "previa_financiamento": "previaFinanciamento",
    "simular_contratacao": "simularContratacao",
    "simular_liberacao": "simularLiberacao",
}
"""As they stand in a path: the undocumented ones by the manual's own pattern, `consultaSubcredito`."""
BASE = "https://ws-h.bndes.gov.br/apa/"


def retorno(service: str = "financiamento", status: str = "processando", more: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{service}_retorno><status>{status}</status>'
        f"<numeroProtocolo>P-1</numeroProtocolo>{more}</{service}_retorno>"
    )


REASON = (
    "<mensagens><mensagem><codigo>E042</codigo><descricao>Beneficiário sem cadastro</descricao></mensagem></mensagens>"
)


def posted(archive: Archive, service: str, data: bytes = b"<x/>", changes: Any = None, **extra: Any) -> Call[Any]:
    with archive.write("bndes/sent", "x.xml") as sheet:
        sheet.write(data)
    sent = replace(submission(service, None, **(changes or {})), stored=sheet.stored)
    return bndes(**extra).submit(sent, archive)

"""Reads what CCEE is sent and writes what it answers: SOAP 1.1 envelopes of the v1 services, faults.

Manual: "Módulo de Resultado Processamento" (sections in brackets below). What it leaves open follows CCEE's own samples
of sister services; each such choice says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

ENV = "http://schemas.xmlsoap.org/soap/envelope/"
MH = "http://xmlns.energia.org.br/MH/v1"
BM = "http://xmlns.energia.org.br/BM/v1"
BO = "http://xmlns.energia.org.br/BO/v1"
FM = "http://xmlns.energia.org.br/FM"
OAS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

PREFIXES: dict[str, dict[str, str]] = {
    "manual": {"env": "soap-env", "mh": "mh", "bm": "out", "bo": "out2", "fm": "flt"},
    "soapenv": {"env": "soapenv", "mh": "mh", "bm": "bm", "bo": "bo", "fm": "flt"},
    "env": {"env": "env", "mh": "hdr", "bm": "bmv1", "bo": "bov1", "fm": "fltv1"},
    "NS1": {"env": "NS1", "mh": "NS2", "bm": "NS3", "bo": "NS4", "fm": "NS5"},
    "io2": {"env": "io2", "mh": "hdr", "bm": "out", "bo": "out2", "fm": "flt"},
    "v21": {"env": "soapenv", "mh": "v2", "bm": "v21", "bo": "v22", "fm": "fltv2"},
    "none": {"env": "soapenv", "mh": "", "bm": "", "bo": "bo", "fm": ""},
}
"""Styles of prefixes: the manual's (5.1.5), and those seen in samples of other years and services."""

_SPACES = {"env": ENV, "mh": MH, "bm": BM, "bo": BO, "fm": FM}


class Unreadable(ValueError):
    """What came is not the XML that it has to be."""


@dataclass(frozen=True, slots=True)
class Record:
    """One `Contrato` of a contract file; a code that the file does not give is an empty text.

    `sign` holds the decimal signs of its amounts: ",", "." or both.
    """

    referencia: str
    comprador: str
    vendedor: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A SOAP request: its header's fields, the operation's element, and where it departs from the manual's names."""

    perfil: str
    username: str
    password: str
    body: etree._Element
    departures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One `detalhe` (5.1.2.1); `codigo` is empty for a contract not registered, `record` None for a whole file."""

    record: Record | None
    status: str
    descricao: str
    codigo: str


def parse(data: bytes) -> etree._Element:
    """The root element; Unreadable when it is not well-formed or has a DTD (SOAP 1.1 section 3 forbids them)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("DTD não é permitida")
    return root


def read_request(data: bytes) -> Request:
    """A request, by local names [4.1, 4.2, 5.1.3]; Unreadable when it is not an envelope with one element."""
    root = parse(data)
    header, body = _child(root, "Header"), _child(root, "Body")
    operations = [] if body is None else [each for each in body if isinstance(each.tag, str)]
    if root.tag != f"{{{ENV}}}Envelope" or len(operations) != 1:
        raise Unreadable("não é um envelope SOAP 1.1 com um elemento no Body")
    message_header = _child(header, "messageHeader")
    token = _child(_child(header, "Security"), "UsernameToken")
    named = {f"{{{MH}}}messageHeader": message_header, f"{{{OAS}}}Security": _child(header, "Security")}
    named |= {f"{{{BM}}}{local(operations[0])}": operations[0]}
    return Request(
        perfil=text(_child(message_header, "codigoPerfilAgente")),
        username=text(_child(token, "Username")),
        password=text(_child(token, "Password")),
        body=operations[0],
        departures=tuple(
            f"{each.tag} instead of {tag}" for tag, each in named.items() if each is not None and each.tag != tag
        ),
    )


class Writer:
    """Writes envelopes with one choice of prefixes and encoding."""

    def __init__(self, prefixes: str | Mapping[str, str], *, encoding: str = "UTF-8") -> None:
        self._encoding = encoding
        chosen: Mapping[str, str] = (
            PREFIXES[prefixes] if isinstance(prefixes, str) else {**PREFIXES["manual"], **prefixes}
        )
        self._prefixes: dict[str, Any] = {key: prefix or None for key, prefix in chosen.items()}

    def imported(self, perfil: str, codigo: str, *, namespace: str) -> bytes:
        """The reply of importarArquivo. Only its path is documented: the code's `namespace` (bm, bo) is a choice."""
        body = self._element("bm", "importarArquivoResponse", "bm", "bo")
        self._add(body, namespace, "codigoProcessamento", codigo)
        return self._envelope(perfil, body)

    def result(self, perfil: str, codigo: str | None, details: Iterable[Detail] | None) -> bytes:
        """The reply of obterResultadoProcessamento [5.1.5]; without a code or details those elements are left out."""
        body = self._element("bm", "obterResultadoProcessamentoResponse", "bm", "bo")
        result = self._add(body, "bm", "resultadoProcessamento")
        if codigo is not None:
            self._add(result, "bo", "codigoProcessamento", codigo)
        if details is not None:
            results = self._add(result, "bo", "ResultadosProcessamentoImportacaoContrato")
            for detail in details:
                self._detail(results, detail)
        return self._envelope(perfil, body)

    def _detail(self, results: etree._Element, detail: Detail) -> None:
        element = self._add(results, "bo", "detalhe")
        self._add(element, "bo", "status", detail.status)
        self._add(element, "bo", "descricao", detail.descricao)
        if detail.record is None:
            return
        contrato = self._add(element, "bo", "contrato")
        for name, value in (("codigoOrigem", detail.record.referencia), ("codigo", detail.codigo)):
            if value:
                self._add(contrato, "bo", name, value)
        named = (("comprador", detail.record.comprador), ("vendedor", detail.record.vendedor))
        if parties := [(party, code) for party, code in named if code]:  # an edition of a contract does not name them
            vigencia = self._add(self._add(contrato, "bo", "vigencias"), "bo", "vigencia")
            for party, code in parties:
                self._add(self._add(vigencia, "bo", party), "bo", "codigo", code)

    def fault(
        self,
        *,
        code: str,
        faultcode: str,
        faultstring: str,
        actor: str,
        element: str,
        message: str,
        uri: str,
        namespace: str = FM,
    ) -> bytes:
        """A SOAP fault, shaped like the one that CCEE's own collection of samples holds."""
        envelope = self._element("env", "Envelope", "env")
        fault = self._add(self._add(envelope, "env", "Body"), "env", "Fault")
        for name, value in (("faultcode", faultcode), ("faultstring", faultstring), ("faultactor", actor)):
            etree.SubElement(fault, name).text = value
        detail = etree.SubElement(fault, "detail")
        inner = etree.SubElement(detail, f"{{{namespace}}}{element}", nsmap={self._prefixes["fm"]: namespace})
        values = {"errorCode": code, "message": message, "uri": uri, "transactionId": str(uuid.uuid4())}
        for name, value in values.items():
            etree.SubElement(inner, f"{{{namespace}}}{name}").text = value
        return _written(envelope, self._encoding)

    def _envelope(self, perfil: str, content: etree._Element) -> bytes:
        envelope = self._element("env", "Envelope", "env")
        header = self._element("mh", "messageHeader", "mh", within=self._add(envelope, "env", "Header"))
        self._add(header, "mh", "codigoPerfilAgente", perfil)
        self._add(header, "mh", "transactionId", str(uuid.uuid4()))
        self._add(envelope, "env", "Body").append(content)
        return _written(envelope, self._encoding)

    def _element(self, space: str, name: str, *declared: str, within: etree._Element | None = None) -> etree._Element:
        tag, nsmap = f"{{{_SPACES[space]}}}{name}", {self._prefixes[key]: _SPACES[key] for key in declared}
        return etree.Element(tag, nsmap=nsmap) if within is None else etree.SubElement(within, tag, nsmap=nsmap)

    def _add(self, parent: etree._Element, space: str, name: str, value: str | None = None) -> etree._Element:
        child = etree.SubElement(parent, f"{{{_SPACES[space]}}}{name}")
        child.text = value
        return child


def _written(root: etree._Element, encoding: str) -> bytes:
    markup: bytes = etree.tostring(root, encoding=encoding, xml_declaration=True).partition(b"?>\n")[2]
    return b'<?xml version="1.0" encoding="%s"?>\n' % encoding.encode() + markup


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for a comment."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _child(parent: etree._Element | None, name: str) -> etree._Element | None:
    return next((each for each in (() if parent is None else parent) if local(each) == name), None)


def find(parent: etree._Element | None, *path: str) -> etree._Element | None:
    """The element at a path of local names below `parent`."""
    for name in path:
        parent = _child(parent, name)
    return parent


def text(element: etree._Element | None) -> str:
    """An element's text without the white space around it, which clients pad it with; empty without the element."""
    return "" if element is None else (element.text or "").strip()

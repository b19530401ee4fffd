"""A caller of the simulated CCEE, and its envelopes."""

from __future__ import annotations

import re

import requests
from lxml import etree

import malote_sim

IMPORT, RESULT = "importarArquivo", "obterResultadoProcessamento"
PATHS = {IMPORT: "/ws/cntr/ImportarArquivoBSv1", RESULT: "/ws/cntr/ResultadoProcessamentoBSv1"}
BM, BO = "{http://xmlns.energia.org.br/BM/v1}", "{http://xmlns.energia.org.br/BO/v1}"
# The manual's request, section 5.1.3, with room for the code.
ASK = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
xmlns:mh="http://xmlns.energia.org.br/MH/v1" xmlns:oas="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
xmlns:bm="http://xmlns.energia.org.br/BM/v1" xmlns:bo="http://xmlns.energia.org.br/BO/v1">
   <soapenv:Header>
      <mh:messageHeader>
         <mh:codigoPerfilAgente>1234</mh:codigoPerfilAgente>
      </mh:messageHeader>
      <oas:Security>
         <oas:UsernameToken>
            <oas:Username>user</oas:Username>
            <oas:Password>pass</oas:Password>
         </oas:UsernameToken>
      </oas:Security>
   </soapenv:Header>
   <soapenv:Body>
      <bm:obterResultadoProcessamentoRequest>
         <bm:processamento>
            <!-- Este é o código retornado pelo serviço ImportarArquivo -->
            <bo:codigoProcessamento>5458942</bo:codigoProcessamento>
         </bm:processamento>
      </bm:obterResultadoProcessamentoRequest>
   </soapenv:Body>
</soapenv:Envelope>"""


def contract_file(*references: str, encoding: str = "ISO-8859-1") -> str:
    contracts = "".join(
        f'<Contrato referencia="{each}" idComprador="64983" idVendedor="66242"/>' for each in references
    )
    return f'<?xml version="1.0" encoding="{encoding}"?><ContratosCCEAL tipoGeracao="1">{contracts}</ContratosCCEAL>'


def import_envelope(file: str, *, cdata: bool = True) -> str:
    text = f"\n\t\t<![CDATA[{file}]]>\n" if cdata else file.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"<bm:obter.*</bm:obter\w+>", lambda _: f"<bm:importarArquivo><bm:arquivo>{text}</bm:arquivo></bm:importarArquivo>", ASK, flags=re.S)  # fmt: skip  # noqa: E501


class Caller:
    """Sends to the pretended CCEE as anybody could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session = sim, session

    def post(self, operation: str, envelope: str, **options: object) -> requests.Response:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": operation, **options.pop("headers", {})}
        url = self.sim.url("ccee") + PATHS[operation]
        return self.session.post(url, envelope.encode(), headers=headers, timeout=5, **options)

    def send(self, *references: str, **options: object) -> requests.Response:
        return self.post(IMPORT, import_envelope(contract_file(*references)), **options)

    def sent(self, *references: str) -> str:
        return texts(self.send(*references), "codigoProcessamento")[0]

    def ask(self, codigo: str, **options: object) -> requests.Response:
        return self.post(RESULT, ASK.replace("5458942", codigo), **options)


def texts(response: requests.Response, name: str) -> list[str]:
    return [each.text for each in etree.fromstring(response.content).iter("{*}" + name)]


def fault(response: requests.Response) -> tuple[str, str, str]:
    root = etree.fromstring(response.content)
    detail = root.find(".//detail/*")
    return root.findtext(".//faultcode"), detail.findtext("{*}errorCode"), etree.QName(detail).localname


def outline(root: etree._Element) -> list[tuple[int, str]]:
    return [(len(list(each.iterancestors())), each.tag) for each in root.iter() if isinstance(each.tag, str)]

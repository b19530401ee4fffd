"""A caller of the simulated EFD-Reinf: its events, signed with other code than the simulator checks them with."""

from __future__ import annotations

import base64
import copy
import hashlib
import os
import re
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from lxml import etree

import malote_sim
from malote_sim.certificates import CNPJ, PASSWORD
from support import ROOT

NOW = "2026-11-03T10:00:00-03:00"
MONTH = "2026-10"
ROOT_OF_CNPJ = CNPJ[:8]
SUPPLIER, OTHER_SUPPLIER, PERSON = "33000167000101", "60746948000112", "52998224725"
SCHEMAS = "http://www.reinf.esocial.gov.br/schemas/"
ENVIO, RETORNO = f"{SCHEMAS}envioLoteEventosAssincrono/v1_00_00", f"{SCHEMAS}retornoLoteEventosAssincrono/v1_00_00"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
XSD = Path(os.environ.get("REINF_XSD") or ROOT.parent / "shared" / "reinf" / "xsd")
"""The official XSDs, where a developer has them: they are not part of the project."""

HEADER = "<tpAmb>2</tpAmb><procEmi>1</procEmi><verProc>malote</verProc>"
CONTRI = f"<ideContri><tpInsc>1</tpInsc><nrInsc>{ROOT_OF_CNPJ}</nrInsc></ideContri>"
ESTAB = f"<tpInscEstab>1</tpInscEstab><nrInscEstab>{CNPJ}</nrInscEstab>"
_numbers = iter(range(1, 99999))


def identity(sequence: int | None = None) -> str:
    """An Id that nobody has had, or the one with that sequence."""
    return f"ID1{ROOT_OF_CNPJ.ljust(14, '0')}20261103100000{next(_numbers) if sequence is None else sequence:05d}"


def unsigned(schema: str, main: str, inside: str, id_: str = "") -> str:
    """An event without its signature."""
    return f'<Reinf xmlns="{SCHEMAS}{schema}/v2_01_02"><{main} id="{id_ or identity()}">{inside}</{main}></Reinf>'


def header(*, period: str = MONTH, retif: str = "", kind: str = "periodic") -> str:
    """ideEvento and ideContri; `retif` is the receipt of what is rectified."""
    told = {
        "table": "",
        "month": f"<perApur>{period}</perApur>",
        "periodic": f"<indRetif>{'2' if retif else '1'}</indRetif>"
        f"{f'<nrRecibo>{retif}</nrRecibo>' if retif else ''}<perApur>{period}</perApur>",
    }
    return f"<ideEvento>{told[kind]}{HEADER}</ideEvento>{CONTRI}"


def r1000(action: str = "inclusao", start: str = "2020-01", regime: str = "99", **more: str) -> str:
    about = "" if action == "exclusao" else (
        f"<infoCadastro><classTrib>{regime}</classTrib><indEscrituracao>0</indEscrituracao>"
        "<indDesoneracao>0</indDesoneracao><indAcordoIsenMulta>0</indAcordoIsenMulta><contato><nmCtt>MARIA</nmCtt>"
        f"<cpfCtt>{PERSON}</cpfCtt></contato></infoCadastro>"
    )  # fmt: skip
    inside = (
        f"<infoContri><{action}><idePeriodo><iniValid>{start}</iniValid></idePeriodo>{about}</{action}></infoContri>"
    )
    return unsigned("evtInfoContribuinte", "evtInfoContri", header(kind="table") + inside, **more)


def r1070(number: str = "123") -> str:
    inside = (
        f"<infoProcesso><inclusao><ideProcesso><tpProc>2</tpProc><nrProc>{number}</nrProc><iniValid>2020-01</iniValid>"
        "<infoSusp><indSusp>01</indSusp><dtDecisao>2020-01-02</dtDecisao><indDeposito>N</indDeposito></infoSusp>"
        "</ideProcesso></inclusao></infoProcesso>"
    )
    return unsigned("evtTabProcesso", "evtTabProcesso", header(kind="table") + inside)


def r2010(gross: str = "1000,00", retained: str = "110,00", *, retif: str = "", period: str = MONTH) -> str:
    inside = (
        f"<infoServTom><ideEstabObra>{ESTAB}<indObra>0</indObra><idePrestServ><cnpjPrestador>{SUPPLIER}</cnpjPrestador>"
        f"<vlrTotalBruto>{gross}</vlrTotalBruto><vlrTotalBaseRet>{gross}</vlrTotalBaseRet>"
        f"<vlrTotalRetPrinc>{retained}</vlrTotalRetPrinc><indCPRB>0</indCPRB><nfs><serie>1</serie>"
        f"<numDocto>7</numDocto><dtEmissaoNF>2026-10-05</dtEmissaoNF><vlrBruto>{gross}</vlrBruto><infoTpServ>"
        f"<tpServico>100000001</tpServico><vlrBaseRet>{gross}</vlrBaseRet><vlrRetencao>{retained}</vlrRetencao>"
        "</infoTpServ></nfs></idePrestServ></ideEstabObra></infoServTom>"
    )
    return unsigned("evtTomadorServicos", "evtServTom", header(retif=retif, period=period) + inside)


def r4020(
    tax: str = "15,00", supplier: str = SUPPLIER, *, retif: str = "", period: str = MONTH, day: str = "05",
    process: str = "", name: str = "", **more: str,
) -> str:  # fmt: skip
    who = f"<nmBenef>{name}</nmBenef>" if name else f"<cnpjBenef>{supplier}</cnpjBenef>"
    retained = f"<retencoes><vlrBaseIR>1000,00</vlrBaseIR><vlrIR>{tax}</vlrIR></retencoes>"
    if process:
        retained += f"<infoProcRet><tpProcRet>2</tpProcRet><nrProcRet>{process}</nrProcRet></infoProcRet>"
    inside = (
        f"<ideEstab>{ESTAB}<ideBenef>{who}<idePgto><natRend>15001</natRend><infoPgto><dtFG>{period}-{day}</dtFG>"
        f"<vlrBruto>1000,00</vlrBruto>{retained}</infoPgto></idePgto></ideBenef></ideEstab>"
    )
    return unsigned("evt4020PagtoBeneficiarioPJ", "evtRetPJ", header(retif=retif, period=period) + inside, **more)


def r4010(person: str = PERSON) -> str:
    inside = (
        f"<ideEstab>{ESTAB}<ideBenef><cpfBenef>{person}</cpfBenef><idePgto><natRend>11001</natRend><infoPgto>"
        f"<dtFG>{MONTH}-05</dtFG><vlrRendBruto>500,00</vlrRendBruto><vlrRendTrib>500,00</vlrRendTrib>"
        "<vlrIR>7,50</vlrIR></infoPgto></idePgto></ideBenef></ideEstab>"
    )
    return unsigned("evt4010PagtoBeneficiarioPF", "evtRetPF", header() + inside)


def r4099(reopen: bool = False, period: str = MONTH) -> str:
    inside = f"<infoFech><fechRet>{int(reopen)}</fechRet></infoFech>"
    return unsigned("evt4099FechamentoDirf", "evtFech", header(kind="month", period=period) + inside)


def r2099(period: str = MONTH, **there: str) -> str:
    names = ("evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis")
    told = "".join(f"<{name}>{there.get(name, 'N')}</{name}>" for name in names)
    inside = header(kind="month", period=period) + f"<infoFech>{told}</infoFech>"
    return unsigned("evtFechamento", "evtFechaEvPer", inside)


def r2098(period: str = MONTH) -> str:
    return unsigned("evtReabreEvPer", "evtReabreEvPer", header(kind="month", period=period))


def r9000(receipt: str, code: str = "R-4020", period: str = MONTH) -> str:
    inside = f"<infoExclusao><tpEvento>{code}</tpEvento><nrRecEvt>{receipt}</nrRecEvt><perApur>{period}</perApur></infoExclusao>"  # noqa: E501
    return unsigned("evtExclusao", "evtExclusao", header(kind="table") + inside)


class Signer:
    """Signs as M 3.7 wants it, with C14N by libxml2 and RSA by cryptography."""

    def __init__(self, packed: Path) -> None:
        self.key, self.certificate, _ = load_key_and_certificates(packed.read_bytes(), PASSWORD.encode())

    def __call__(self, event: str, **changes: str) -> str:
        root = etree.fromstring(event)
        # Of a copy: of an element in its document libxml2 writes xmlns="" where there is none.
        digest = base64.b64encode(
            hashlib.sha256(etree.tostring(copy.deepcopy(root[0]), method="c14n")).digest()
        ).decode()
        told = {"c14n": C14N, "signing": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "uri": root[0].get("id")}
        told |= {"digesting": "http://www.w3.org/2001/04/xmlenc#sha256", "digest": digest, "transform": C14N} | changes
        signed = (
            f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{told["c14n"]}"/>'
            f'<SignatureMethod Algorithm="{told["signing"]}"/><Reference URI="#{told["uri"]}"><Transforms>'
            f'<Transform Algorithm="{DSIG}enveloped-signature"/><Transform Algorithm="{told["transform"]}"/>'
            "</Transforms>"
            f'<DigestMethod Algorithm="{told["digesting"]}"/><DigestValue>{told["digest"]}</DigestValue></Reference>'
            "</SignedInfo>"
        )
        canonical = etree.tostring(etree.fromstring(signed), method="c14n")
        value = base64.b64encode(self.key.sign(canonical, PKCS1v15(), hashes.SHA256())).decode()
        held = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        signature = (
            f'<Signature xmlns="{DSIG}">{signed.replace(f" xmlns={chr(34)}{DSIG}{chr(34)}", "")}'
            f"<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data><X509Certificate>{held}</X509Certificate>"
            "</X509Data></KeyInfo></Signature>"
        )
        return event.removesuffix("</Reinf>") + signature + "</Reinf>"


def id_of(event: str) -> str:
    return re.search(r' id="([^"]*)"', event)[1]


def lote(*signed: str, tp: str = "1", nr: str = ROOT_OF_CNPJ, **ids: str) -> bytes:
    """A lote of signed events."""
    inside = "".join(f'<evento Id="{id_of(event)}">{event}</evento>' for event in signed)
    about = f"<ideContribuinte><tpInsc>{tp}</tpInsc><nrInsc>{nr}</nrInsc></ideContribuinte>"
    body = f'<Reinf xmlns="{ENVIO}"><envioLoteEventos>{about}<eventos>{inside}</eventos></envioLoteEventos></Reinf>'
    return (DECLARATION + body).encode()


class Caller:
    """Sends to the pretended EFD-Reinf as anybody with a certificate could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session, sign: Signer) -> None:
        self.sim, self.session, self.sign = sim, session, sign

    def post(self, body: bytes, content_type: str = "application/xml", **more: Any) -> requests.Response:
        headers = {"Content-Type": content_type}
        return self.session.post(
            f"{self.sim.url('reinf')}/recepcao/lotes", data=body, headers=headers, timeout=10, **more
        )

    def send(self, *events: str) -> requests.Response:
        return self.post(lote(*map(self.sign, events)))

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.sim.url('reinf')}/{path}", timeout=10)

    def ask(self, protocol: str) -> requests.Response:
        return self.get(f"consulta/lotes/{protocol}")

    def run(self, *events: str) -> requests.Response:
        """The result of a lote, ten seconds later."""
        reply = self.send(*events)
        assert reply.status_code == 201, reply.text
        return self.later(text(reply, "protocoloEnvio"))

    def later(self, protocol: str) -> requests.Response:
        self.sim.clock.advance(10)
        result = self.ask(protocol)
        assert result.status_code == 200, result.text
        return result

    def declare(self, *events: str) -> list[str]:
        """The receipts of events that are all accepted."""
        result = self.run(*events)
        assert text(result, "cdResposta") == "2", result.text
        return receipts(result)

    def registered(self) -> None:
        """The contributor is there."""
        self.declare(r1000())

    def recibo(self, path: str) -> requests.Response:
        return self.get(f"consulta/reciboevento/{path}")


def root(reply: requests.Response) -> etree._Element:
    return etree.fromstring(reply.content)


def text(reply: requests.Response, name: str) -> str:
    return root(reply).findtext(f".//{{*}}{name}") or ""


def texts(reply: requests.Response, name: str) -> list[str]:
    return [each.text or "" for each in root(reply).iter(f"{{*}}{name}")]


def events(reply: requests.Response) -> list[etree._Element]:
    return list(root(reply).iter(f"{{{RETORNO}}}evento"))


def receipts(reply: requests.Response) -> list[str]:
    return [each.findtext(".//{*}nrRecArqBase") or "" for each in events(reply)]


def codes(reply: requests.Response) -> list[list[str]]:
    """Of each event of a result, the codes that were said."""
    return [[code.text or "" for code in each.iter("{*}codResp")] for each in events(reply)]


def outcomes(reply: requests.Response) -> list[str]:
    """Of each event of a result, its cdRetorno."""
    return [each.findtext(".//{*}cdRetorno") or "" for each in events(reply)]

"""A caller of the simulated Cielo, and its lots."""

from __future__ import annotations

import re

import requests
from lxml import etree

import malote_sim
from malote_sim.cielo.item import OPERATIONS

EC, CHAVE = "1006993069", "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3"
NS = "http://ecommerce.cbmp.com.br"
UP, DOWN = "/lote/ecommwsecLoteUpload.do", "/lote/ecommwsecLoteDownload.do"
VISA, VISA_TRUNCATED, MASTER = "4012001038443335", "401200******3335", "5453010000066167"
ELEMENTS = {code: name for name, code in OPERATIONS.items()}
TID = "10069930690000001234"
STORE = f"<dados-ec><numero>{EC}</numero><chave>{CHAVE}</chave></dados-ec>"
PENDING = (
    '<?xml version="1.0" encoding="ISO-8859-1" ?>\n'
    '<retorno-download-lote xmlns="http://ecommerce.cbmp.com.br">\n<erro>\n  <codigo>81</codigo>\n'
    "  <mensagem>Upload Realizado. Aguardando Processamento.</mensagem>\n</erro>\n</retorno-download-lote>\n"
)


def sale(order: str, valor: int = 1000, *, autorizar: int = 3, capturar: bool = True, **more: str) -> str:
    """One requisicao-transacao; `card`, `token`, `more` and others replace parts."""
    card = f"<numero>{more.get('card', VISA)}</numero><validade>{more.get('validade', '209905')}</validade>"
    card += "<indicador>1</indicador><codigo-seguranca>123</codigo-seguranca>"
    holder = f"<token>{more['token']}</token>" if "token" in more else card
    gerar = "<gerar-token>true</gerar-token>" if "gerar" in more else ""
    return (
        f'<requisicao-transacao id="i-{order}" versao="1.2.1"><dados-portador>{holder}</dados-portador><dados-pedido>'
        f"<numero>{order}</numero><valor>{valor}</valor><moeda>986</moeda><data-hora>2026-11-22T08:00:00</data-hora>"
        f"<descricao>Maçã &amp; cia</descricao></dados-pedido><forma-pagamento><bandeira>{more.get('bandeira', 'visa')}"
        f"</bandeira><produto>{more.get('produto', '1')}</produto><parcelas>1</parcelas></forma-pagamento>"
        f"<autorizar>{autorizar}</autorizar><capturar>{str(capturar).lower()}</capturar>{gerar}</requisicao-transacao>"
    )


def by_tid(operation: str, tid: str, more: str = "", *, identity: str = "a") -> str:
    element = ELEMENTS[operation]
    return f'<{element} id="{identity}" versao="1.2.1"><tid>{tid}</tid>{STORE}{more}</{element}>'


def lot(operation: str, *items: str, numero: object = 1, store: str = STORE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><requisicao-lote xmlns="{NS}">{store}'
        f"<numero-lote>{numero}</numero-lote><tipo-operacao>{int(operation)}</tipo-operacao><lista-requisicoes>{''.join(items)}</lista-requisicoes>"
        "</requisicao-lote>"
    ).encode()


class Caller:
    """Sends to the pretended Cielo as anybody could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session, self.last = sim, session, 0

    def upload(self, content: bytes, name: str) -> requests.Response:
        return self.session.post(self.sim.url("cielo") + UP, files={"arqLoteUp": (name, content)}, timeout=20)

    def send(self, operation: str, *items: str) -> int:
        self.last += 1
        name = f"ECOMM_{EC}_{operation}_20261122_{self.last:010d}.xml"
        reply = self.upload(lot(operation, *items, numero=self.last), name)
        assert "retorno-upload-lote" in reply.text, reply.text
        return self.last

    def ask(self, numero: object, store: str = STORE) -> requests.Response:
        message = (
            f'<?xml version="1.0"?><requisicao-download-retorno-lote xmlns="{NS}" id="1" versao="1.2.1">{store}'
            f"<numero-lote>{numero}</numero-lote></requisicao-download-retorno-lote>"
        )
        return self.session.post(self.sim.url("cielo") + DOWN, data={"mensagem": message}, timeout=20)

    def run(self, operation: str, *items: str) -> etree._Element:
        """The `lista` of the return of these items, thirteen hours later."""
        numero = self.send(operation, *items)
        self.sim.clock.advance(13 * 3600)
        return lista(self.ask(numero))


def lista(reply: requests.Response) -> etree._Element:
    assert "attachment" in reply.headers["Content-Disposition"], reply.text
    return etree.fromstring(reply.content).find("{*}lista")


def codigo(reply: requests.Response) -> str:
    return re.search(r"<codigo>(\d+)</codigo>", reply.text)[1]


def texts(element: etree._Element, path: str) -> list[str]:
    return [each.text for each in element.findall("/".join("{*}" + name for name in path.split("/")))]


def kinds(element: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in element]


GOOD = f"ECOMM_{EC}_02_20261122_0000000001.xml"

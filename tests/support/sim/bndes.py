"""A caller of the simulated BNDES, and its documents."""

from __future__ import annotations

import requests
from lxml import etree

import malote_sim

MONDAY = "2026-11-23T10:00:00-03:00"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
FIN, CON, LIB, CAN = "financiamento", "contratacao", "liberacao", "cancelamento"


def document(service: str, inside: str = "", **leaves: object) -> bytes:
    told = "".join(f"<{name}>{value}</{name}>" for name, value in leaves.items())
    return f"{DECLARATION}<{service}>{told}{inside}</{service}>".encode()


class Caller:
    """Sends to the pretended BNDES as anybody with a certificate could."""

    def __init__(self, sim: malote_sim.Running, session: requests.Session) -> None:
        self.sim, self.session = sim, session

    def url(self, path: str) -> str:
        return f"{self.sim.url('bndes')}/apa/{path}"

    def post(self, service: str, content: bytes, field: str = "xml", **more: object) -> requests.Response:
        return self.session.post(self.url(f"api/v1/{service}"), data={field: content}, timeout=10, **more)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url(path), timeout=10)

    def retorno(self, service: str, protocol: str) -> requests.Response:
        return self.get(f"api/v1/{service}/retorno/{protocol}")

    def take(self, service: str, **leaves: object) -> str:
        """The protocol of a document that is received."""
        reply = self.post(service, document(service, **leaves))
        assert reply.status_code == 202, reply.text
        return text(reply, "numeroProtocolo")

    def run(self, service: str, **leaves: object) -> requests.Response:
        """The final answer to a document, ten seconds later."""
        protocol = self.take(service, **leaves)
        self.sim.clock.advance(10)
        reply = self.retorno(service, protocol)
        assert reply.status_code == 200, reply.text
        return reply

    def approved(self, number: object = 1, valor: str = "1000.00") -> str:
        """The numeroBNDES of a financiamento that is approved."""
        return text(self.run(FIN, anoProposta=2026, numeroProposta=number, valorFinanciamento=valor), "numeroBNDES")

    def contracted(self, number: object = 1, valor: str = "1000.00") -> str:
        numero = self.approved(number, valor)
        assert text(self.run(CON, numeroBNDES=numero), "status") == "aprovado"
        return numero

    def search(self, **leaves: object) -> requests.Response:
        return self.post("pesquisa", document("pesquisa_operacao", **leaves))


def root(reply: requests.Response) -> etree._Element:
    return etree.fromstring(reply.content)


def text(reply: requests.Response, name: str) -> str:
    return root(reply).findtext(f".//{{*}}{name}") or ""


def texts(reply: requests.Response, name: str) -> list[str]:
    return [each.text or "" for each in root(reply).iter(f"{{*}}{name}")]


GOOD = document(FIN, anoProposta=2026, numeroProposta=1)

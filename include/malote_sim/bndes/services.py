"""The services of BNDES's APA as its manual lists them: those with an endpoint, and those that only have a name."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "/apa/"
"""The base URL of the manual (section 4) ends in it; every path is below."""


@dataclass(frozen=True, slots=True)
class Service:
    """One asynchronous service: POST `path`, then GET `path`/retorno/{numeroProtocolo}."""

    name: str
    layout: str
    """The answer's layout in the manual's table of versions; by default the name of the answer's root too."""
    section: str
    documented: bool = True
    """False: the manual names the service (2.3, 2.5, 3.3) and says neither path nor layout. Both are then our guess."""
    once: bool = True
    """Whether an operation takes it once; of the others several may be meant, and only their bytes tell them apart."""
    after: str = ""
    """What must have been approved before: "", "financiamento" or "contratacao"."""

    @property
    def path(self) -> str:
        """Below the base URL."""
        return f"api/v1/{self.name}"


def _listed(name: str, *, once: bool, after: str) -> Service:
    return Service(name, f"{name}_retorno", "2.3", documented=False, once=once, after=after)


ASYNCHRONOUS = {
    each.name: each
    for each in (
        Service("financiamento", "financiamento_retorno", "5.5"),
        Service("contratacao", "contratacao_retorno", "5.7", after="financiamento"),
        Service("liberacao", "liberacao_retorno", "5.9", once=False, after="contratacao"),
        Service("cancelamento", "cancelamento_retorno", "5.12", after="financiamento"),
        _listed("prorrogacaoPrazo", once=True, after="financiamento"),
        _listed("cancelamentoSaldo", once=True, after="contratacao"),
        _listed("aditivo", once=False, after="financiamento"),
        _listed("previaFinanciamento", once=False, after=""),
        _listed("simularContratacao", once=False, after="financiamento"),
        _listed("simularLiberacao", once=False, after="contratacao"),
    )
}
"""By name, which is also the operation that faults and settings name; its result is `{name}_retorno`."""

PROPOSES = ("financiamento", "previaFinanciamento")
"""The services whose documents tell of a proposal; the others are about an operation that has a numeroBNDES."""

PESQUISA, SUBCREDITO, CRITICAS, STATUS = "pesquisa", "consultaSubcredito", "logCriticas", "status"
SYNCHRONOUS = {
    PESQUISA: ("POST", "api/v1/pesquisa", "pesquisa_operacao_retorno"),
    SUBCREDITO: ("GET", "api/v1/consultaSubcredito", "subcreditoRetorno"),
    CRITICAS: ("GET", "api/v1/logCriticas", "consulta_verificacao_retorno"),
    STATUS: ("GET", "api/status", ""),
}
"""Method, path and layout of the answer (5.3, 5.4, 5.15, 5.11)."""

RETORNO = "_retorno"
OPERATIONS = (*ASYNCHRONOUS, *(name + RETORNO for name in ASYNCHRONOUS), *SYNCHRONOUS)


def layout_of(operation: str) -> str:
    """The layout of what an operation answers."""
    if operation in SYNCHRONOUS:
        return SYNCHRONOUS[operation][2]
    return ASYNCHRONOUS[operation.removesuffix(RETORNO)].layout

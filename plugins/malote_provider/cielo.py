"""Cielo in Airflow's words: the names that DAG files import. Declarations only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from malote_provider.operators import LandOperator, SubmitOperator
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook

    class CieloHook(MaloteHook):
        """Cielo as its connection describes it."""


__all__ = [
    "OPERACOES",
    "TRANSACAO",
    "CieloHook",
    "CieloLandOperator",
    "CieloLoteRetornoSensor",
    "CieloSubmitOperator",
]

OPERACOES = {
    "autorizacao": "02 Autorização",
    "cancelamento": "03 Cancelamento",
    "captura": "04 Captura",
    "tokenizacao": "05 Tokenização",
    "consulta": "06 Consulta",
    "consulta_chsec": "07 Consulta por número do pedido",
    "autorizacao_tid": "08 Autorização de TID",
}
"""The services, and how a form shows each: Cielo's code of the operation, and its name."""

TRANSACAO = Asset("malote://cielo/transacao")
"""What ``land`` emits: outcomes of items have landed in ``cielo.transacao``."""


class CieloSubmitOperator(SubmitOperator):
    """Uploads lots to Cielo, one EC and one operation each; see :class:`SubmitOperator`."""

    institution = "cielo"


class CieloLoteRetornoSensor(ReceiptSensor):
    """Waits for the return files of lots, 12 to 24 hours; see :class:`ReceiptSensor`."""

    institution = "cielo"


class CieloLandOperator(LandOperator):
    """Lands the return files in ``cielo.transacao``; see :class:`LandOperator`."""

    institution = "cielo"
    asset = TRANSACAO


def __getattr__(name: str) -> Any:
    """``CieloHook``, made when first asked for: a DAG file need not import requests and aiohttp (0.7 s)."""
    if name != "CieloHook":
        raise AttributeError(name)
    from malote_provider.hooks import MaloteHook

    class CieloHook(MaloteHook):
        """Cielo as its connection describes it."""

        institution = "cielo"
        conn_type = "cielo"
        default_conn_name = "cielo_default"
        hook_name = "Cielo"
        seals = True
        shows_certificate = False

    CieloHook.__qualname__ = "CieloHook"
    globals()["CieloHook"] = CieloHook
    return CieloHook

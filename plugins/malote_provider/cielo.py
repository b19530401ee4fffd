"""Cielo in Airflow's words: the names that DAG files import. Declarations only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Asset

from malote_provider.declaration import CIELO
from malote_provider.operators import DoubtOperator, LandOperator, SubmitOperator
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook as CieloHook

__all__ = [
    "OPERACOES",
    "TRANSACAO",
    "CieloDoubtOperator",
    "CieloHook",
    "CieloLandOperator",
    "CieloLoteRetornoSensor",
    "CieloSubmitOperator",
]
__getattr__ = CIELO.hook_class

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

TRANSACAO = Asset(CIELO.asset)
"""What ``land`` emits: outcomes of items have landed in ``cielo.transacao``."""


class CieloSubmitOperator(SubmitOperator, of=CIELO):
    """Uploads lots to Cielo, one EC and one operation each; see :class:`SubmitOperator`."""


class CieloLoteRetornoSensor(ReceiptSensor, of=CIELO):
    """Waits for the return files of lots, 12 to 24 hours; see :class:`ReceiptSensor`."""


class CieloLandOperator(LandOperator, of=CIELO):
    """Lands the return files in ``cielo.transacao``; see :class:`LandOperator`."""


class CieloDoubtOperator(DoubtOperator, of=CIELO):
    """Asks a person about what may or may not have reached Cielo; see :class:`DoubtOperator`."""

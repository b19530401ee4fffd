"""CCEE in Airflow's words: the names that DAG files import. Declarations only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Asset

from malote_provider.declaration import CCEE
from malote_provider.operators import DoubtOperator, LandOperator, SubmitOperator
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook as CceeHook

__all__ = [
    "RESULTADO_PROCESSAMENTO",
    "CceeDoubtOperator",
    "CceeHook",
    "CceeLandOperator",
    "CceeResultadoSensor",
    "CceeSubmitOperator",
]
__getattr__ = CCEE.hook_class

RESULTADO_PROCESSAMENTO = Asset(CCEE.asset)
"""What ``land`` emits: results have landed in ``ccee.resultado_processamento``."""


class CceeSubmitOperator(SubmitOperator, of=CCEE):
    """Sends contract files to the CCEE (``importarArquivo``); see :class:`SubmitOperator`."""


class CceeResultadoSensor(ReceiptSensor, of=CCEE):
    """Waits for the CCEE's results (``obterResultadoProcessamento``); see :class:`ReceiptSensor`."""


class CceeLandOperator(LandOperator, of=CCEE):
    """Lands the CCEE's results in ``ccee.resultado_processamento``; see :class:`LandOperator`."""


class CceeDoubtOperator(DoubtOperator, of=CCEE):
    """Asks a person about what may or may not have reached the CCEE; see :class:`DoubtOperator`."""

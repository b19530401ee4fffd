"""CCEE in Airflow's words: the names that DAG files import. Declarations only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from malote_provider.operators import LandOperator, SubmitOperator
from malote_provider.sensors import ReceiptSensor

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook

    class CceeHook(MaloteHook):
        """The CCEE as its connection describes it."""


__all__ = ["RESULTADO_PROCESSAMENTO", "CceeHook", "CceeLandOperator", "CceeResultadoSensor", "CceeSubmitOperator"]

RESULTADO_PROCESSAMENTO = Asset("malote://ccee/resultado_processamento")
"""What ``land`` emits: results have landed in ``ccee.resultado_processamento``."""


class CceeSubmitOperator(SubmitOperator):
    """Sends contract files to the CCEE (``importarArquivo``); see :class:`SubmitOperator`."""

    institution = "ccee"


class CceeResultadoSensor(ReceiptSensor):
    """Waits for the CCEE's results (``obterResultadoProcessamento``); see :class:`ReceiptSensor`."""

    institution = "ccee"


class CceeLandOperator(LandOperator):
    """Lands the CCEE's results in ``ccee.resultado_processamento``; see :class:`LandOperator`."""

    institution = "ccee"
    asset = RESULTADO_PROCESSAMENTO


def __getattr__(name: str) -> Any:
    """``CceeHook``, made when first asked for: a DAG file need not import requests and aiohttp (0.7 s)."""
    if name != "CceeHook":
        raise AttributeError(name)
    from malote_provider.hooks import MaloteHook

    class CceeHook(MaloteHook):
        """The CCEE as its connection describes it."""

        institution = "ccee"
        conn_type = "ccee"
        default_conn_name = "ccee_default"
        hook_name = "CCEE"

    CceeHook.__qualname__ = "CceeHook"
    globals()["CceeHook"] = CceeHook
    return CceeHook

"""The shipped flows as functions, each making one DAG: a DAG file of three lines calls one, and upgrades mend it."""

from __future__ import annotations

from malote_provider.flows.bndes import bndes_operacoes
from malote_provider.flows.ccee import ccee_contratos
from malote_provider.flows.cielo import cielo_lote
from malote_provider.flows.expurgo import malote_expurgo
from malote_provider.flows.reinf import reinf_eventos
from malote_provider.flows.relatorio import relatorio_diario
from malote_provider.flows.retencao import retencao
from malote_provider.flows.vigia import malote_vigia

__all__ = [
    "bndes_operacoes",
    "ccee_contratos",
    "cielo_lote",
    "malote_expurgo",
    "malote_vigia",
    "reinf_eventos",
    "relatorio_diario",
    "retencao",
]

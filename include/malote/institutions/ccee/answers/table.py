"""The columns in which CCEE's results land; what outgoing SQL may name is the contract file's schema."""

from __future__ import annotations

from malote.institution import Table

TABLE = Table(
    "ccee.resultado_processamento",
    (
        "codigo_processamento",
        "status",
        "descricao",
        "codigo_origem",
        "codigo_contrato",
        "comprador_codigo",
        "vendedor_codigo",
    ),
    shown=("status", "descricao", "codigo_contrato"),
    known_by="codigo_contrato",
)
"""Where results land: one row per `detalhe` (manual 5.1.2.1)."""

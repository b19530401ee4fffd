"""The tables in which the EFD-Reinf's answers land; what outgoing SQL may name is the layouts'."""

from __future__ import annotations

from malote.institution import Table

EVENTO = Table(
    "reinf.evento",
    (
        "evento", "id_evento", "per_apur", "tp_insc_estab", "nr_insc_estab", "nr_insc_benef", "ide_evt_adic",
        "ind_retif", "nr_recibo_base", "fech_ret", "situacao", "cd_retorno", "descricao", "duplicado", "nr_recibo",
        "nr_protocolo", "recebido_em", "processado_em", "hash", "totais", "ocorrencias", "codigo", "mensagem",
        "nao_lido",
    ),
    shown=("evento", "per_apur", "situacao", "cd_retorno", "nr_recibo", "recebido_em", "codigo"),
)  # fmt: skip
"""One row per event, of whichever kind. `mensagem` is not shown: what they quote may be a name."""

OCORRENCIA = Table(
    "reinf.ocorrencia",
    ("evento", "id_evento", "nr_protocolo", "origem", "tipo", "codigo", "descricao", "localizacao"),
)
"""One row per ocorrência: of a refused lote (`origem` `porta`), or of events of one with a refused one (`evento`)."""

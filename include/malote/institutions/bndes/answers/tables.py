"""The tables in which BNDES's answers land; what outgoing SQL may name is the layout's."""

from __future__ import annotations

from malote.institution import Table

RESULTADO = Table(
    "bndes.resultado",
    (
        "servico", "numero_protocolo", "status", "situacao", "ano_proposta", "numero_proposta", "numero_bndes",
        "numero_contrato_bndes", "data_termino_carencia", "data_primeira_amortizacao", "data_ultima_amortizacao",
        "recebido_em", "data_prevista_liberacao", "codigo", "mensagem", "conteudo", "nao_lido",
    ),
    shown=("situacao", "status", "numero_protocolo", "numero_bndes", "data_prevista_liberacao", "codigo", "mensagem"),
)  # fmt: skip
"""One row per answered request, of whichever service."""

CRITICA = Table(
    "bndes.critica", ("servico", "numero_protocolo", "origem", "codigo", "mensagem", "campo", "tipo", "conteudo")
)
"""One row per reason of a refusal. `origem`: `porta` (the 400), `log` (logCriticas), `log recusado`."""

OPERACAO = Table(
    "bndes.operacao",
    (
        "ano_proposta", "numero_proposta", "numero_protocolo", "status", "numero_bndes", "numero_contrato_bndes",
        "recebido_em", "beneficiario", "valor", "conteudo", "nao_lido",
    ),
)  # fmt: skip
"""One row per operation that a pesquisa shows; key `query_id, ordem`."""

SUBCREDITO = Table(
    "bndes.subcredito",
    (
        "numero_contrato_bndes", "numero_bndes", "evento", "numero_protocolo", "status", "recebido_em", "valor",
        "data_termino_carencia", "data_primeira_amortizacao", "data_ultima_amortizacao", "conteudo",
        "nao_lido",
    ),
)  # fmt: skip
"""One row per event (financiamento, contratacao, liberacao, cancelamento) of a subcrédito; key `query_id, ordem`."""

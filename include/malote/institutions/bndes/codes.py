"""What BNDES's HTTP statuses mean, as a table that a business person can read (manual 5.2 and each service)."""

from __future__ import annotations

from collections.abc import Mapping

from malote.rules import Code
from malote.texts import english

ALREADY_THERE = "400 já existe"
"""A refusal that says so after an earlier attempt of the same document: our code, BNDES's words are not known."""

CLOSED = "fora do horário"
"""What BNDES says of a closed counter, in whatever words and status: our code."""

CODES: tuple[Code, ...] = (
    Code(
        "400", "Solicitação rejeitada. O motivo pode ser consultado no XML de retorno",
        english("s_bndes_rejected"),
        "refused", True, "manual 5.5 to 5.12",
    ),
    Code(
        ALREADY_THERE, english("s_bndes_there_is"),
        english("s_bndes_there"),
        "arrived", False, "inferred (sheet 4): what a repeated proposal gets is not documented",
    ),
    Code("401", "Acesso indevido a um serviço", english("s_bndes_denied"), "misconfigured", False, "manual 5.2"),
    Code("403", "Acesso indevido a um serviço", english("s_bndes_denied"), "misconfigured", False, "manual 5.2"),
    Code(
        "404", "Não foi encontrado um pedido associado ao numeroProtocolo",
        english("s_bndes_unknown"),
        "doubt", False, "manual 5.6 to 5.14",
    ),
    Code(
        "500", "Erro interno do servidor impediu o processamento. Nenhuma ação terá sido realizada",
        english("s_bndes_broken"),
        "transient", False, "manual 5.2",
    ),
    Code(
        "503", "Servidor está fora do ar para manutenção",
        english("s_bndes_down"),
        "transient", False, "manual 5.2, 5.11",
    ),
    Code(
        CLOSED, "Qualquer requisição enviada fora desse horário não será atendida",
        english("s_bndes_closed"),
        "wait", False, "manual 2.5; the words and the status are inferred",
    ),
    Code(
        "202", "Recebido e em processamento; para as duas pesquisas: recebido e completo",
        english("s_bndes_result"), "wait", False, "manual 5.3 to 5.14",
    ),
    Code(
        "processando", "O processamento ainda não terminou", english("s_bndes_later"), "wait", False, "manual 5.5, 5.6",
    ),
)  # fmt: skip
"""Every status we know. Any other is doubt on a submit, and no answer on a question."""

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}

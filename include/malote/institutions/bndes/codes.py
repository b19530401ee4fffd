"""What BNDES's HTTP statuses mean, as a table that a business person can read (manual 5.2 and each service)."""

from __future__ import annotations

from collections.abc import Mapping

from malote.rules import Code

ALREADY_THERE = "400 já existe"
"""A refusal that says so after an earlier attempt of the same document: our code, BNDES's words are not known."""

CLOSED = "fora do horário"
"""What BNDES says of a closed counter, in whatever words and status: our code."""

_DENIED = "Nothing is sent any more. The e-CNPJ of the connection must be that of the credenciamento, and in force."

CODES: tuple[Code, ...] = (
    Code(
        "400", "Solicitação rejeitada. O motivo pode ser consultado no XML de retorno",
        "Its reasons are in bndes.critica. Correct the row; asked for, it travels again: a financiamento if changed.",
        "refused", True, "manual 5.5 to 5.12",
    ),
    Code(
        ALREADY_THERE, "Solicitação rejeitada: já existe (after an earlier attempt of the same document)",
        "The first attempt arrived. It is looked for by pesquisa; nothing is sent again.",
        "arrived", False, "inferred (sheet 4): what a repeated proposal gets is not documented",
    ),
    Code("401", "Acesso indevido a um serviço", _DENIED, "misconfigured", False, "manual 5.2"),
    Code("403", "Acesso indevido a um serviço", _DENIED, "misconfigured", False, "manual 5.2"),
    Code(
        "404", "Não foi encontrado um pedido associado ao numeroProtocolo",
        "It is asked again. Where it stays so, see that environment and service are right, and ask BNDES.",
        "doubt", False, "manual 5.6 to 5.14",
    ),
    Code(
        "500", "Erro interno do servidor impediu o processamento. Nenhuma ação terá sido realizada",
        "Nothing was done: it is sent again later. Only BNDES's own XML says so; any other 5xx is doubt.",
        "transient", False, "manual 5.2",
    ),
    Code(
        "503", "Servidor está fora do ar para manutenção",
        "It is sent again once api/status answers. A gateway's HTML page, or one about an upstream, is doubt.",
        "transient", False, "manual 5.2, 5.11",
    ),
    Code(
        CLOSED, "Qualquer requisição enviada fora desse horário não será atendida",
        "It goes on by itself when the counter opens. Where that is often: correct opening_hours and closed_days.",
        "wait", False, "manual 2.5; the words and the status are inferred",
    ),
    Code(
        "202", "Recebido e em processamento; para as duas pesquisas: recebido e completo",
        "The result is asked for by the protocol.", "wait", False, "manual 5.3 to 5.14",
    ),
    Code("processando", "O processamento ainda não terminou", "Asked again later.", "wait", False, "manual 5.5, 5.6"),
)  # fmt: skip
"""Every status we know. Any other is doubt on a submit, and no answer on a question."""

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}

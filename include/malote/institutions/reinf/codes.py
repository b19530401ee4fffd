"""What the EFD-Reinf's `cdResposta` and HTTP statuses mean, as a table that a business person can read (M 4.4)."""

from __future__ import annotations

from collections.abc import Mapping

from malote.rules import Code

ALREADY_THERE = "7 já recebido"
"""A refusal of a lote that says so after an earlier attempt: our code, the Receita's words are not known."""

CODES: tuple[Code, ...] = (
    Code(
        "1", "Lote recebido com sucesso; em processamento", "Nothing: its result is asked for by the protocol.",
        "wait", False, "M 4.4.1.2, 4.4.2.2",
    ),
    Code(
        "7", "Lote não recebido: há ocorrências",
        "Its ocorrências are in reinf.ocorrencia, origem `porta`. Correct the rows, the certificate or the schema and "
        "run again: nothing of the lote was taken.",
        "refused", True, "M 4.4.1.1, 4.4.1.2 (HTTP 422)",
    ),
    Code(
        ALREADY_THERE, "Lote não recebido: já recebido (after an earlier attempt of the same lote)",
        "The first attempt arrived. It is looked for by reciboevento; nothing is sent again.",
        "arrived", False, "inferred (sheet, what is not known: whether a lote sent twice gets two protocols)",
    ),
    Code(
        "415", "O conteúdo enviado não é XML", "Nothing was taken. Tell the makers of malote: it sends nothing else.",
        "refused", True, "M 4.4.1",
    ),
    Code(
        "495", "Certificado não aceito",
        "Nothing was taken. The e-CNPJ must be in force, of the contributor or of who acts for it (procuração).",
        "misconfigured", False, "M 4.4",
    ),
    Code(
        "496", "Certificado não apresentado", "As 495: set client_certificate of the connection.",
        "misconfigured", False, "M 4.4",
    ),
    Code(
        "8", "Consulta inválida", "It is asked again. Where it stays so, see that environment and protocol are right.",
        "doubt", False, "M 4.4.2.2",
    ),
    Code(
        "9", "Lote não encontrado",
        "It is asked again. Produção restrita is emptied now and then; in produção look for it in the portal (e-CAC).",
        "doubt", False, "M 4.4.2.2, 6.1",
    ),
    Code(
        "99", "Erro interno",
        "On a send it does not say whether the lote was taken: reciboevento tells. On a query it is asked again.",
        "doubt", False, "M 4.4.1.2, 4.4.2.2 (HTTP 500)",
    ),
)  # fmt: skip
"""Codes of events (MS…) are published on the portal only: they land as they are, and a refused event is free."""

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}

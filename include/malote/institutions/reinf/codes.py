"""What the EFD-Reinf's `cdResposta` and HTTP statuses mean, as a table that a business person can read (M 4.4)."""

from __future__ import annotations

from collections.abc import Mapping

from malote.rules import Code
from malote.texts import english

ALREADY_THERE = "7 já recebido"
"""A refusal of a lote that says so after an earlier attempt: our code, the Receita's words are not known."""

CODES: tuple[Code, ...] = (
    Code(
        "1", "Lote recebido com sucesso; em processamento", english("s_reinf_received"),
        "wait", False, "M 4.4.1.2, 4.4.2.2",
    ),
    Code(
        "7", "Lote não recebido: há ocorrências",
        english("s_reinf_refused"),
        "refused", True, "M 4.4.1.1, 4.4.1.2 (HTTP 422)",
    ),
    Code(
        ALREADY_THERE, english("s_reinf_there_is"),
        english("s_reinf_there"),
        "arrived", False, "inferred (sheet, what is not known: whether a lote sent twice gets two protocols)",
    ),
    Code(
        "415", "O conteúdo enviado não é XML", english("s_reinf_no_xml"),
        "refused", True, "M 4.4.1",
    ),
    Code(
        "495", "Certificado não aceito",
        english("s_reinf_certificate"),
        "misconfigured", False, "M 4.4",
    ),
    Code(
        "496", "Certificado não apresentado", english("s_reinf_no_certificate"),
        "misconfigured", False, "M 4.4",
    ),
    Code(
        "8", "Consulta inválida", english("s_reinf_question"),
        "doubt", False, "M 4.4.2.2",
    ),
    Code(
        "9", "Lote não encontrado",
        english("s_reinf_no_lote"),
        "doubt", False, "M 4.4.2.2, 6.1",
    ),
    Code(
        "99", "Erro interno",
        english("s_reinf_broken"),
        "doubt", False, "M 4.4.1.2, 4.4.2.2 (HTTP 500)",
    ),
)  # fmt: skip
"""Codes of events (MS…) are published on the portal only: they land as they are, and a refused event is free."""

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}

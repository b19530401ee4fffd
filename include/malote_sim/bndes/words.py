"""The codes and words of the pretended BNDES. The true list (Anexo III) is not public: all of these are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORDS = {
    "form": ("1001", "O parâmetro {campo} deve ser informado uma vez."),
    "utf8": ("1002", "O parâmetro {campo} não está em UTF-8."),
    "xml": ("1003", "XML inválido: {porque}."),
    "schema": ("1004", "XML não validado pelo esquema: {porque}."),
    "closed": ("1101", "Fora do horário de protocolo ({horas})."),
    "already_there": ("2001", "Já existe solicitação de {servico} para a proposta {proposta}."),
    "unchanged": ("2002", "A proposta {proposta} foi rejeitada e não foi modificada."),
    "no_operation": ("2003", "Operação não encontrada: {numero}."),
    "not_approved": ("2004", "O financiamento da proposta {proposta} não está aprovado."),
    "not_contracted": ("2005", "A operação {numero} não está contratada."),
    "cancelled": ("2006", "A operação {numero} está cancelada."),
    "released": ("2007", "A operação {numero} já teve liberação."),
    "no_balance": ("2101", "Não há saldo a liberar na operação {numero}."),
    "beyond_balance": ("2102", "O valor pedido é maior que o saldo a liberar ({saldo})."),
    "no_criterion": ("3001", "Informe ao menos um critério de pesquisa."),
    "nothing_found": ("3002", "Nenhuma operação encontrada."),
    "no_subcredit": ("3003", "Subcrédito não encontrado: {numero}."),
    "unknown_protocol": ("3004", "Não foi encontrada solicitação de {servico} com o protocolo {numero}."),
    "processing": ("3005", "A solicitação {numero} ainda está em processamento."),
    "refused": ("4000", "Solicitação rejeitada."),
    "above_limit": ("4001", "Valor acima do limite do programa."),
    "cadin": ("4002", "Beneficiário com pendência no CADIN."),
    "guarantee": ("4101", "Garantia perto do mínimo exigido."),
    "internal": ("9001", "Erro interno do servidor. Nenhuma ação foi realizada. Tente novamente mais tarde."),
}
"""Code and words by the name that the setting `messages` and this package know them by."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an answer. `alert`: it was noted and did not hinder the approval."""

    code: str
    words: str
    alert: bool = False


def said(
    settings: Mapping[str, Any], key: str, about: Mapping[str, object] | None = None, *, alert: bool = False
) -> Message:
    """The message known as `key`, as the setting `messages` has it; a key that is not known is its own code."""
    code, words = settings["messages"].get(key) or WORDS.get(key, (key, "Crítica simulada."))
    return Message(str(code), words.format_map(_Blank(about or {})), alert)


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""

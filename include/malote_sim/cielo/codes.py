"""The numbers that Cielo answers with, and its words for them: of whole lots, and of single items."""

from __future__ import annotations

LOTS = {
    71: "Inconsistência no formato do arquivo",
    72: "Este arquivo já foi enviado para processamento",
    73: "Tipo de transação inválido",
    74: "Arquivo inexistente",
    75: "Formatação do XML inválida",
    76: "Nomenclatura incorreta",
    79: "Erro inesperado",
    80: "Inconsistência no conteúdo e nomenclatura",
    81: "Upload Realizado. Aguardando Processamento.",
    82: "Arquivo expirado",
    83: "Numero de lote inválido",
    84: "Número de EC Inválido",
    85: "Credenciais inválidas",
    100: "Nomenclatura inválida. \nNúmero de lote já existente ou inválido.",
}
"""Of a lot: the manual's table "Códigos de resposta", but 81 and 100, which are as recorded (100 is in no table)."""

ITEMS = {
    1: "Mensagem inválida.",
    2: "Credenciais inválidas.",
    3: "Transação inexistente.",
    10: "Inconsistência no envio do cartão.",
    11: "Modalidade não habilitada.",
    12: "Número de parcelas inválido.",
    17: "Código de segurança ausente.",
    20: "Status não permite autorização.",
    21: "Prazo de autorização vencido.",
    30: "A transação não permite captura: status inválido.",
    31: "Prazo de captura vencido.",
    32: "Valor de captura inválido.",
    33: "Falha ao capturar.",
    40: "Prazo de cancelamento vencido.",
    41: "Status não permite cancelamento.",
    42: "Falha ao cancelar.",
    52: "Token inválido.",
    53: "Recorrência não habilitada.",
    57: "Erro na geração do token.",
    97: "Sistema indisponível.",
    98: "Timeout.",
    99: "Erro inesperado.",
    475: "Timeout no cancelamento.",
}
"""Of an item: the on-line service's table, in our own words (only what the numbers mean is known)."""

APPROVED = ("00", "000", "11")
"""The values of `lr` that authorise."""


def item_words(code: int) -> str:
    """What goes with an item's code; a made-up phrase for a code that is not in the table."""
    return ITEMS.get(code, "Erro.")


def written(code: int, *, digits: str, lot: bool) -> str:
    """`codigo` as text. Recorded: lots bare (81), items with three digits (030); or all `padded`, or all `bare`."""
    bare = digits == "bare" or (digits == "recorded" and lot)
    return str(code) if bare else f"{code:03d}"

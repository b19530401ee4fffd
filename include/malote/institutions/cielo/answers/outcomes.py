"""What becomes of an item: Cielo's statuses, LR and errors of single transactions, as tables that anyone can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from malote.institutions.cielo import rules

STATUS = rules.STATUS

APPROVED = frozenset({"4", "6"})
DENIED = "5"
CANCELLED = "9"

ERRO, SEM_RETORNO, DESCONHECIDO, TOKENIZADA = "erro", "sem_retorno", "status desconhecido", "Tokenizada"
"""What `situacao` says where no status is there that is known."""


class Lr(NamedTuple):
    """One LR (resposta do emissor): whether a denied authorisation may be tried again, and what it means.

    :param meaning: "" where the fact sheet has no text of it
    """

    code: str
    retry: bool
    meaning: str = ""


_LR_MEANING = {
    "00": "Transação autorizada",
    "000": "Transação autorizada",
    "11": "Transação autorizada, cartão emitido no exterior",
    "FF": "Cancelamento OK",
}
_LR_RETRY = "05 19 25 28 51 57 60 61 62 65 67 70 89 91 92 96 98 99 999 AA AE AV BL BO DF DM DS EB EK R1"
_LR_FINAL = (
    "00 000 01 02 03 04 06 07 08 11 12 13 14 15 21 22 23 24 30 39 41 43 52 53 54 55 58 59 63 64 72 74 75 76 77 78 80 "
    "82 83 85 86 90 93 97 AC AF AG AH AI AJ BD BM BN BP BV CF CG DA DQ EE FA FC FD FE FF FG FG GA GD HJ IA JB KA KB KE "
    "N7 U3"
)

LR_ROWS: tuple[Lr, ...] = tuple(
    Lr(code, retry, _LR_MEANING.get(code, ""))
    for codes, retry in ((_LR_RETRY, True), (_LR_FINAL, False))
    for code in codes.split()
)
"""The 107 rows of the table of 2017, "Permite Retentativa" (sheet 4.6; the manual prints FG twice).

In force since 2020-07-15 is another one, per brand (ABECS Normativo 21, sheet 4.6); its texts are not at hand. The two
differ in places (57 is final for Elo), and retries beyond the brands' limits cost money: so nothing that was denied
travels again by itself, and only what this table permits when it is asked for.
"""

LR: Mapping[str, Lr] = {row.code: row for row in LR_ROWS}

LR_AUTHORISED = frozenset({"00", "000", "11"})


def may_retry(lr: str | None) -> bool:
    """Whether an LR permits another try: "códigos não listados: assumir que não são passíveis de retentativa"."""
    found = LR.get((lr or "").strip().upper())
    return found is not None and found.retry


def lr_meaning(lr: str | None) -> str | None:
    """An LR in words: the sheet's text where it has one, else what the table says about trying again."""
    code = (lr or "").strip().upper()
    if not code:
        return None
    found = LR.get(code)
    if found is None:
        return "LR fora da tabela: não permite retentativa"
    return found.meaning or f"Não autorizada: {'permite' if found.retry else 'não permite'} retentativa"


class Erro(NamedTuple):
    """One error of a single transaction.

    :param meaning: after the manual of Webservice 1.5 ("Tabela de erros de integração")
    :param outcome: `refused` (nothing was done; it may travel again when asked for) or `unanswered` (it may have
        happened: query the transaction first)
    """

    meaning: str
    outcome: str = "refused"


_AGAIN = "pode ser tentado de novo"
_QUERY = "pode ter acontecido, consulte antes de enviar de novo"

ERROS: Mapping[int, Erro] = {
    1: Erro("Mensagem inválida"),
    2: Erro("Credenciais inválidas"),
    3: Erro("Transação inexistente"),
    8: Erro("Código de segurança inválido"),
    10: Erro("Inconsistência no envio do cartão"),
    11: Erro("Modalidade não habilitada"),
    12: Erro("Número de parcelas inválido"),
    13: Erro("Flag de autorização automática incompatível com a forma de pagamento"),
    14: Erro("Autorização direta inválida"),
    15: Erro("Autorização direta sem cartão"),
    16: Erro(f"Identificador, TID, inválido: o TID fornecido está duplicado: {_QUERY}", "unanswered"),
    17: Erro("Código de segurança ausente"),
    18: Erro("Indicador de código de segurança inconsistente"),
    19: Erro("URL de retorno não fornecida"),
    20: Erro("Status não permite autorização"),
    21: Erro("Prazo de autorização vencido"),
    22: Erro("Número de parcelas inválido para autorização"),
    25: Erro("Encaminhamento a autorização não permitido pelo resultado da autenticação"),
    30: Erro("Status inválido para captura"),
    31: Erro("Prazo de captura vencido"),
    32: Erro("Valor de captura inválido"),
    33: Erro(f"Falha ao capturar: {_AGAIN}"),
    34: Erro("Valor da taxa de embarque obrigatório numa captura parcial"),
    35: Erro("Bandeira inválida para utilização da taxa de embarque"),
    36: Erro("Produto inválido para utilização da taxa de embarque"),
    40: Erro("Prazo de cancelamento vencido"),
    41: Erro("Status não permite cancelamento"),
    42: Erro(f"Falha ao cancelar: {_AGAIN}"),
    43: Erro("Valor de cancelamento maior que o valor autorizado"),
    51: Erro("Recorrência inválida"),
    52: Erro("Token inválido"),
    53: Erro("Recorrência não habilitada"),
    54: Erro("Transação com token inválida"),
    55: Erro("Número do cartão não fornecido para a criação do token"),
    56: Erro("Validade do cartão não fornecida para a criação do token"),
    57: Erro(f"Erro gerando token: {_AGAIN}"),
    61: Erro("Transação recorrente inválida"),
    77: Erro("XID não fornecido"),
    78: Erro("CAVV não fornecido"),
    86: Erro("XID e CAVV não fornecidos"),
    87: Erro("CAVV com tamanho divergente"),
    88: Erro("XID com tamanho divergente"),
    89: Erro("ECI com tamanho divergente"),
    90: Erro("ECI inválido"),
    95: Erro("Erro interno de autenticação"),
    97: Erro(f"Sistema indisponível: {_QUERY}", "unanswered"),
    98: Erro(f"Timeout: {_QUERY}", "unanswered"),
    99: Erro(f"Erro inesperado: {_QUERY}", "unanswered"),
    475: Erro(f"Timeout no cancelamento: {_QUERY}", "unanswered"),
}
"""The on-line service's errors that can stand for an item (sheet 4.7), printed as 1 or 001."""


def erro(code: str | None) -> Erro:
    """The row of :data:`ERROS`; one that is not there is as 98."""
    text = (code or "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    return ERROS.get(number, Erro("", "unanswered"))


def outcome(operation: str, status: str | None, lr: str | None, *, captured: bool, cancelled: bool) -> str:
    """What a `transacao` in the answer to an operation (`02`…) means for its item.

    :param captured: there is a `captura`
    :param cancelled: there is a `cancelamento`
    """
    if operation in ("06", "07"):
        return "accepted"
    if operation == "03":
        return "accepted" if status == CANCELLED or (cancelled and status in APPROVED) else "unanswered"
    if operation == "04":
        return "accepted" if status == "6" and captured else "unanswered"
    if operation not in ("02", "08"):
        return "unanswered"
    if status in APPROVED:
        return "accepted"
    if status == DENIED:
        return "refused" if may_retry(lr) else "refused_for_good"
    return "unanswered"

"""Card data on its way into a lot: sealed columns opened, numbers checked, and never a word of it in a problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from malote.cards import truncated
from malote.errors import Misconfigured, Problem
from malote.institution import Row
from malote.texts import english
from malote.treaty import HOLDS

SEALED = "dados-portador"
"""The column that holds a card as sealed text: a JSON object of the children of this element."""

SHOWN = frozenset({"autorizado", "autorizar", "bin", "capturar", "dados-pedido", "forma-pagamento", "gerar-token",
                   "numero-pedido", "reference", "taxa-embarque", "tid", "tipo-operacao", "valor"})  # fmt: skip
"""Where a path begins whose values a problem may quote; a card, the chave and personal data stand elsewhere."""

_WANTED = {
    "numero": english("s_row_luhn"),
    "validade": "aaaamm",
    "indicador": english("s_row_indicador"),
    "codigo-seguranca": english("s_row_codigo"),
    "nome-portador": english("s_row_nome"),
    "token": english("s_row_token"),
    "cnpj-cpf-portador": english("s_row_cnpj_cpf"),
    "tipo-pessoa": english("s_row_tipo_pessoa"),
}


class Opener:
    """Opens the sealed cards of one selection.

    :param unseal: of the archive: sealed text to plain text
    """

    def __init__(self, unseal: Callable[[str], str]) -> None:
        self._unseal = unseal
        self._opened = False

    def open(self, row: Row) -> tuple[Row, str | None]:
        """The row with the card's fields as columns, else the broken rule.

        :raises Misconfigured: where the first one cannot be opened: then the key is wrong, not a row
        """
        open_row = dict(row)
        if (sealed := open_row.pop(SEALED, None)) is None:
            return open_row, None
        try:
            card: Any = json.loads(self._unseal(sealed if isinstance(sealed, str) else ""))
        except Misconfigured:
            if not self._opened:
                raise
            return open_row, english("s_row_unsealed")
        except ValueError:
            card = None
        self._opened = True
        if not isinstance(card, dict) or not all(isinstance(each, (str, int, type(None))) for each in card.values()):
            return open_row, english("s_row_no_object")
        return open_row, _spread(card, open_row)


def _spread(card: dict[str, Any], row: dict[str, Any]) -> str | None:
    """Put the card's fields into the row; returns the broken rule."""
    if strange := set(card) - _WANTED.keys():
        return english("s_row_strange_names", n=len(strange), parent=SEALED)
    if card.get("codigo-seguranca") and card.get("indicador") is None:
        card["indicador"] = "1"
    for name, value in card.items():
        if value is not None and row.get(column := f"{SEALED}.{name}") is not None:
            return english("s_row_given_too", name=name, column=column)
        if value is not None:
            row[column] = value
    return None


def discreet(problem: Problem) -> Problem:
    """The problem without a value of a card, the chave or personal data."""
    first, _, rest = problem.path.partition(".")
    if first in SHOWN or first.startswith("requisicao-") or problem.rule == HOLDS:
        return Problem(problem.reference, problem.path, problem.rule, problem.line)
    wanted = _WANTED.get(rest) if first == SEALED else None
    rule = english("s_row_unfit_wanted", wanted=wanted) if wanted else english("s_row_unfit")
    return Problem(problem.reference, problem.path, rule)


def hidden(reference: str, number: str) -> str:
    """A reference that holds the card's number, without it."""
    return reference.replace(number, truncated(number))

"""Card data on its way into a lot: sealed columns opened, numbers checked, and never a word of it in a problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from malote.cards import truncated
from malote.errors import Misconfigured, Problem
from malote.institution import Row
from malote.treaty import HOLDS

SEALED = "dados-portador"
"""The column that holds a card as sealed text: a JSON object of the children of this element."""

SHOWN = frozenset({"autorizado", "autorizar", "bin", "capturar", "dados-pedido", "forma-pagamento", "gerar-token",
                   "numero-pedido", "reference", "taxa-embarque", "tid", "tipo-operacao", "valor"})  # fmt: skip
"""Where a path begins whose values a problem may quote; a card, the chave and personal data stand elsewhere."""

_WANTED = {
    "numero": "13 to 19 digits, the last of them right by Luhn",
    "validade": "aaaamm",
    "indicador": "0, 1, 2 or 9",
    "codigo-seguranca": "3 or 4 digits",
    "nome-portador": "1 to 50 characters",
    "token": "at most 100 characters",
    "cnpj-cpf-portador": "11 or 14 digits",
    "tipo-pessoa": "1 character",
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
            return open_row, "cannot be opened: seal the card again with `malote seal`"
        except ValueError:
            card = None
        self._opened = True
        if not isinstance(card, dict) or not all(isinstance(each, (str, int, type(None))) for each in card.values()):
            return open_row, "holds no JSON object of texts"
        return open_row, _spread(card, open_row)


def _spread(card: dict[str, Any], row: dict[str, Any]) -> str | None:
    """Put the card's fields into the row; returns the broken rule."""
    if strange := set(card) - _WANTED.keys():
        return f"holds {len(strange)} names that are no child of {SEALED}"
    if card.get("codigo-seguranca") and card.get("indicador") is None:
        card["indicador"] = "1"
    for name, value in card.items():
        if value is not None and row.get(column := f"{SEALED}.{name}") is not None:
            return f"holds {name}, which the column {column} gives too"
        if value is not None:
            row[column] = value
    return None


def discreet(problem: Problem) -> Problem:
    """The problem without a value of a card, the chave or personal data."""
    first, _, rest = problem.path.partition(".")
    if first in SHOWN or first.startswith("requisicao-") or problem.rule == HOLDS:
        return Problem(problem.reference, problem.path, problem.rule, problem.line)
    wanted = _WANTED.get(rest) if first == SEALED else None
    return Problem(problem.reference, problem.path, f"does not fit the treaty{f': {wanted}' if wanted else ''}")


def hidden(reference: str, number: str) -> str:
    """A reference that holds the card's number, without it."""
    return reference.replace(number, truncated(number))

"""Keeps card numbers out of every column of a selection but those that are made for one."""

from __future__ import annotations

from collections.abc import Sequence

from malote import cards
from malote.texts import english
from malote.treaty.template import Wrong

HOLDS = english("s_card_holds")
"""The rule that a value breaks which holds a card number."""


class Guard:
    """The columns of one selection that may hold no card number; references are among them: the journal keeps them.

    :param columns: name and whole path of each, in the order in which a row's values come
    :param allowed: names or paths of those that may hold a card
    """

    def __init__(self, columns: Sequence[tuple[str, str]], allowed: frozenset[str]) -> None:
        self._all = [
            (place, name, path)
            for place, (name, path) in enumerate(columns)
            if name not in allowed and path not in allowed
        ]

    def row(self, values: Sequence[object]) -> list[Wrong]:
        """What is wrong with one row."""
        looked = [values[place] for place, _, _ in self._all]
        return [(*self._all[at][1:], HOLDS) for at in cards.holding(looked)]

    def rows(self, columns: Sequence[Sequence[object]], wrong: dict[int, list[Wrong]]) -> None:
        """Add what is wrong with many rows, given by column, by the row's place."""
        for place, name, path in self._all:
            for at in cards.holding(columns[place]):
                wrong.setdefault(at, []).append((name, path, HOLDS))

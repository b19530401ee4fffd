"""Card numbers in texts: the one detector, and what may be shown of what it finds."""

from __future__ import annotations

from malote.cards.finding import held, masked, truncated
from malote.cards.numbers import SHORTEST, luhn
from malote.cards.values import holding, masked_inside, masked_json, suspect

__all__ = ["SHORTEST", "held", "holding", "luhn", "masked", "masked_inside", "masked_json", "suspect", "truncated"]

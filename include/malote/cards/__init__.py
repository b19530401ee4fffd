"""Card numbers in texts: the one detector, and what may be shown of what it finds."""

from __future__ import annotations

from malote.cards.finding import held, masked, truncated
from malote.cards.numbers import luhn
from malote.cards.values import holding, long, masked_inside, masked_json, suspect

__all__ = ["held", "holding", "long", "luhn", "masked", "masked_inside", "masked_json", "suspect", "truncated"]

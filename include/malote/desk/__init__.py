"""What a person sees and does: what is open, one submission, one item, today's figures; and the decisions."""

from __future__ import annotations

from malote.desk.deciding import Decision, Way, choices, decide
from malote.desk.figures import Hour, Rate, hourly, rates
from malote.desk.items import ItemRow, Seen, held, items, loaded, seen
from malote.desk.open import KINDS, NEEDS_A_PERSON, Filters, Group, Line, dags, groups, lines, submissions_holding

__all__ = [
    "KINDS",
    "NEEDS_A_PERSON",
    "Decision",
    "Filters",
    "Group",
    "Hour",
    "ItemRow",
    "Line",
    "Rate",
    "Seen",
    "Way",
    "choices",
    "dags",
    "decide",
    "groups",
    "held",
    "hourly",
    "items",
    "lines",
    "loaded",
    "rates",
    "seen",
    "submissions_holding",
]

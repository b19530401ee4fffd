"""What a person sees and does: what is open, one submission, one item, today's figures, gauges; and the decisions."""

from __future__ import annotations

from malote.desk.deciding import Decision, Way, choices, decide, decide_offered
from malote.desk.figures import Hour, Month, Rate, hourly, months, rates
from malote.desk.health import MEASURES, Account, Measure, health, needs_a_person, told
from malote.desk.holding import submissions_holding
from malote.desk.items import ItemRow, Seen, code_of, held, items, loaded, seen
from malote.desk.kinds import KINDS, NEEDS_A_PERSON
from malote.desk.needing import NEEDS, Need, Notice, notice, said, unsaid
from malote.desk.open import Filters, Group, Line, dags, groups, lines
from malote.desk.plain import doubts, doubts_as_json, found, items_of, line_of, unanswered, when

__all__ = [
    "KINDS",
    "MEASURES",
    "NEEDS",
    "NEEDS_A_PERSON",
    "Account",
    "Decision",
    "Filters",
    "Group",
    "Hour",
    "ItemRow",
    "Line",
    "Measure",
    "Month",
    "Need",
    "Notice",
    "Rate",
    "Seen",
    "Way",
    "choices",
    "code_of",
    "dags",
    "decide",
    "decide_offered",
    "doubts",
    "doubts_as_json",
    "found",
    "groups",
    "health",
    "held",
    "hourly",
    "items",
    "items_of",
    "line_of",
    "lines",
    "loaded",
    "months",
    "needs_a_person",
    "notice",
    "rates",
    "said",
    "seen",
    "submissions_holding",
    "told",
    "unanswered",
    "unsaid",
    "when",
]

"""When requests are taken, and how often: opening hours, and the shared request budget."""

from __future__ import annotations

from malote.clock import ZONE
from malote.hours.counter import Counter, CutOff, add_bank_days, bank_day, bank_holidays, parse_hours
from malote.hours.pace import Pace, Slot, budgets, reset

__all__ = [
    "ZONE",
    "Counter",
    "CutOff",
    "Pace",
    "Slot",
    "add_bank_days",
    "bank_day",
    "bank_holidays",
    "budgets",
    "parse_hours",
    "reset",
]

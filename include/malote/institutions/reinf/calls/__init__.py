"""What is said to the EFD-Reinf: one exchange each, and the way to ask what became of a lote whose reply was lost."""

from __future__ import annotations

from malote.institutions.reinf.calls.calls import ENVIRONMENTS, Calls
from malote.institutions.reinf.calls.finding import find, search

__all__ = ["ENVIRONMENTS", "Calls", "find", "search"]

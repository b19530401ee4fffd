"""What is said: the upload, the question for a return, the search for a lot that was lost."""

from __future__ import annotations

from malote.institutions.cielo.calls.calls import ENVIRONMENTS, Calls, lot_number, misfit
from malote.institutions.cielo.calls.finding import find

__all__ = ["ENVIRONMENTS", "Calls", "find", "lot_number", "misfit"]

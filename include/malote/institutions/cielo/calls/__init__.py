"""What is said: the upload, the question for a return, the search for a lot that was lost."""

from __future__ import annotations

from malote.institutions.cielo.calls.calls import ENVIRONMENTS, Calls, lot_number, misfit
from malote.institutions.cielo.calls.finding import find
from malote.institutions.cielo.calls.replies import heard, receipt

__all__ = ["ENVIRONMENTS", "Calls", "find", "heard", "lot_number", "misfit", "receipt"]

"""What is said: one exchange each with the CCEE, and its faults."""

from __future__ import annotations

from malote.institutions.ccee.calls.calls import ENVIRONMENTS, Calls
from malote.institutions.ccee.calls.faults import Fault

__all__ = ["ENVIRONMENTS", "Calls", "Fault"]

"""What is said: the form, the protocol, the searches, and what became of a request that was lost."""

from __future__ import annotations

from malote.institutions.bndes.calls.calls import ENVIRONMENTS, Calls
from malote.institutions.bndes.calls.finding import Finder

__all__ = ["ENVIRONMENTS", "Calls", "Finder"]

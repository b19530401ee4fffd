"""The operators at both ends of the trip: submit hands a pouch over, land brings its answers home."""

from __future__ import annotations

from malote_provider.operators.land import LandOperator
from malote_provider.operators.submit import SubmitOperator

__all__ = ["LandOperator", "SubmitOperator"]

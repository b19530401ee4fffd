"""The operators: submit hands a pouch over, land brings its answers home, retire lets go of what is over."""

from __future__ import annotations

from malote_provider.operators.land import LandOperator
from malote_provider.operators.retire import RetireOperator
from malote_provider.operators.submit import SubmitOperator

__all__ = ["LandOperator", "RetireOperator", "SubmitOperator"]

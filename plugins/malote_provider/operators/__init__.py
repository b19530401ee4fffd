"""The operators: submit hands a pouch over, land brings its answers home, doubt asks a person, retire lets go."""

from __future__ import annotations

from malote_provider.operators.doubt import DoubtOperator
from malote_provider.operators.land import LandOperator
from malote_provider.operators.retire import RetireOperator
from malote_provider.operators.submit import SubmitOperator

__all__ = ["DoubtOperator", "LandOperator", "RetireOperator", "SubmitOperator"]

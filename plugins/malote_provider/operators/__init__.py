"""The operators: submit, land, doubt asks a person, retire lets go, health measures, alarm tells, export copies."""

from __future__ import annotations

from malote_provider.operators.alarm import AlarmOperator
from malote_provider.operators.doubt import DoubtOperator
from malote_provider.operators.export import ExportOperator
from malote_provider.operators.land import LandOperator
from malote_provider.operators.purge import PurgeOperator
from malote_provider.operators.retire import RetireOperator
from malote_provider.operators.submit import SubmitOperator
from malote_provider.operators.watch import HealthOperator

__all__ = [
    "AlarmOperator",
    "DoubtOperator",
    "ExportOperator",
    "HealthOperator",
    "LandOperator",
    "PurgeOperator",
    "RetireOperator",
    "SubmitOperator",
]

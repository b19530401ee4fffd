"""What comes back: the `detalhe` of a result, as rows that land."""

from __future__ import annotations

from malote.institutions.ccee.answers.details import details
from malote.institutions.ccee.answers.table import TABLE

__all__ = ["TABLE", "details"]

"""Column names as paths of a schema: rows become records that it judges."""

from __future__ import annotations

from malote.treaty.layout import Fixed, Plan
from malote.treaty.paths import elements
from malote.treaty.schema import EXPLAINED, Treaty, Verdict, treaty
from malote.treaty.template import Wrong
from malote.treaty.values import ESCAPES, Leaf

__all__ = [
    "ESCAPES",
    "EXPLAINED",
    "Fixed",
    "Leaf",
    "Plan",
    "Treaty",
    "Verdict",
    "Wrong",
    "elements",
    "treaty",
]

"""Column names as paths of a schema: rows become records that it judges."""

from __future__ import annotations

from malote.treaty.guard import HOLDS
from malote.treaty.layout import Fixed, Plan
from malote.treaty.paths import elements
from malote.treaty.schema import EXPLAINED, Treaty, Verdict, treaty
from malote.treaty.template import Wrong
from malote.treaty.values import ESCAPES, Leaf

__all__ = [
    "ESCAPES",
    "EXPLAINED",
    "HOLDS",
    "Fixed",
    "Leaf",
    "Plan",
    "Treaty",
    "Verdict",
    "Wrong",
    "elements",
    "treaty",
]

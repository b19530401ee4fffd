"""What goes out: lots of transactions, judged while they are written."""

from __future__ import annotations

from malote.institutions.cielo.documents.frame import Sender, item_ids
from malote.institutions.cielo.documents.lots import lots

__all__ = ["Sender", "item_ids", "lots"]

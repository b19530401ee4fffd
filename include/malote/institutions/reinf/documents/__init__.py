"""What goes out: rows to events, events to signed lotes."""

from __future__ import annotations

from malote.institutions.reinf.documents.lotes import Sender, lotes
from malote.institutions.reinf.documents.signing import Signer

__all__ = ["Sender", "Signer", "lotes"]

"""Every byte that was sent or received, sealed where it must be."""

from __future__ import annotations

from malote.archive.archive import Archive, Sheet
from malote.archive.keys import Keys
from malote.archive.seal import Seal

__all__ = ["Archive", "Keys", "Seal", "Sheet"]

"""What others send, read safely: repaired, bounded, parsed in one hardened place."""

from __future__ import annotations

from malote.reading.figures import instant
from malote.reading.mending import Mended, mended, repair
from malote.reading.pieces import as_file, chunks
from malote.reading.repairs import STRICT, Repairs, overheard

__all__ = ["STRICT", "Mended", "Repairs", "as_file", "chunks", "instant", "mended", "overheard", "repair"]

"""What others send, read safely: repaired, bounded, parsed in one hardened place."""

from __future__ import annotations

from malote.reading.pieces import as_file, chunks

__all__ = ["as_file", "chunks"]

"""Keys of the archive cost tests a thousandth; importing this makes it so, in each process that shares an archive."""

from __future__ import annotations

from malote.archive import seal

COST = seal.COST
"""What they cost where malote is used."""

seal.COST = 1 << 5

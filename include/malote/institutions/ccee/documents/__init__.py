"""What goes out: contract files, made from rows or handed over as they are."""

from __future__ import annotations

from malote.institutions.ccee.documents.from_rows import Layout, contracts
from malote.institutions.ccee.documents.own_file import own_files

__all__ = ["Layout", "contracts", "own_files"]

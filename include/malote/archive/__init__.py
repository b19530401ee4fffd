"""Every byte that was sent or received, sealed where it must be."""

from __future__ import annotations

from malote.archive.archive import Archive, Sheet
from malote.archive.files import flush_folder, make_folder
from malote.archive.keys import Keys
from malote.archive.reaching import refusal
from malote.archive.seal import Seal

__all__ = ["Archive", "Keys", "Seal", "Sheet", "flush_folder", "make_folder", "refusal"]

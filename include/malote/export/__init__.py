"""What landed leaves for where reports live: each load as one Parquet file, whole or not, listed in a manifest."""

from __future__ import annotations

from malote.export.exporting import Exported, export, tables_of
from malote.export.folder import Folder

__all__ = ["Exported", "Folder", "export", "tables_of"]

"""The contract file's schema: from the connection's folder, or the shipped reconstruction."""

from __future__ import annotations

from pathlib import Path

from malote import place
from malote.treaty import Treaty, treaty


def contract_file(folder: Path | None, root: str) -> Treaty:
    """The treaty of a root element, from `folder` (or its `contratos/`), or the shipped reconstruction.

    :raises Misconfigured: where no schema there declares that root, or one is broken
    """
    return treaty(folder or place.schemas("ccee"), ("contratos/*.xsd", "*.xsd"), root, institution="ccee")

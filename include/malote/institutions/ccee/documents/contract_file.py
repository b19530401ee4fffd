"""The contract file's schema: from the connection's folder, or the shipped reconstruction."""

from __future__ import annotations

import logging
from pathlib import Path

from malote import place
from malote.treaty import Treaty, treaty

log = logging.getLogger("malote.institutions.ccee")


def contract_file(folder: Path | None, root: str) -> Treaty:
    """The treaty of a root element, from `folder` (or its `contratos/`); where none there declares it, the shipped one.

    :raises Misconfigured: where no schema there declares that root, or one is broken
    """
    shipped = place.schemas("ccee")
    homes = (folder, shipped) if folder else (shipped,)
    found = treaty(homes, ("contratos/*.xsd", "*.xsd"), root, institution="ccee")
    if folder and found.path.is_relative_to(shipped):
        log.warning("no schema in %s declares %s: malote's reconstruction of it is used", folder, root)
    return found

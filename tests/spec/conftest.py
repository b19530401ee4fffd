"""What the tests of manuals and sheets share."""

from __future__ import annotations

from pathlib import Path

import pytest

from malote.archive import Archive
from support.planted import ARCHIVE_KEY


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive, with a key."""
    return Archive(str(tmp_path / "archive"), ARCHIVE_KEY)

"""What the rows of Cielo's operations are rendered by."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.orders import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)

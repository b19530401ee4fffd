"""Sealed documents: their purge, and items that are refused for good."""

from __future__ import annotations

from malote.migrations import run

revision = "0003_sealed"
down_revision = "0002_ccee"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("sealed.sql")

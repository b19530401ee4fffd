"""Which refusals have reasons that nobody has asked for yet; apart, so that no lock of 0015 is held meanwhile."""

from __future__ import annotations

from malote.migrations import run

revision = "0016_unexplained"
down_revision = "0015_years"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("unexplained.sql")

"""What selections held back, and why; how often a document was handed over again."""

from __future__ import annotations

from malote.migrations import run

revision = "0008_held"
down_revision = "0007_due"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("held.sql")

"""References in one spelling; what is held back in the summary of a day."""

from __future__ import annotations

from malote.migrations import run

revision = "0010_references"
down_revision = "0009_unanswered"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("references.sql")

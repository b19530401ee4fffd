"""What is known of a submission's arrival, and of its receipt."""

from __future__ import annotations

from malote.migrations import run

revision = "0012_known"
down_revision = "0011_unread"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("known.sql")

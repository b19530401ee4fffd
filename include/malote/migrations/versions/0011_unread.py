"""What of an answer could not be read without guessing."""

from __future__ import annotations

from malote.migrations import run

revision = "0011_unread"
down_revision = "0010_references"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("unread.sql")

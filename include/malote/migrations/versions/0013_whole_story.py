"""The story of a submission cannot be truncated."""

from __future__ import annotations

from malote.migrations import run

revision = "0013_whole_story"
down_revision = "0012_known"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("whole_story.sql")

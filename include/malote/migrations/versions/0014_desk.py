"""What the desk looks for: what is open, the pouches of a run, the last hours."""

from __future__ import annotations

from malote.migrations import run

revision = "0014_desk"
down_revision = "0013_whole_story"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("desk.sql")

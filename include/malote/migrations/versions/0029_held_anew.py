"""What was refused a second time is not listed as held back by its first submission."""

from __future__ import annotations

from malote.migrations import run

revision = "0029_held_anew"
down_revision = "0028_em_portugues"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("held_anew.sql")

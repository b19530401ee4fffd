"""What asks about few things looks up few: loads since an event, a retired reference; and how kinds go together."""

from __future__ import annotations

from malote.migrations import run

revision = "0020_few"
down_revision = "0019_reinf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("few.sql")

"""The CCEE's landed table and its outgoing table."""

from __future__ import annotations

from malote.migrations import run

revision = "0002_ccee"
down_revision = "0001_journal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("ccee.sql")

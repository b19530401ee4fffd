"""The journal: pouches, submissions, items, events, loads, pace and sequences."""

from __future__ import annotations

from malote.migrations import run

revision = "0001_journal"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("journal.sql")
    run("pace.sql")

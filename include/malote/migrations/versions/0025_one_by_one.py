"""Submissions are read by one process, which stops at the first that fits."""

from __future__ import annotations

from malote.migrations import run

revision = "0025_one_by_one"
down_revision = "0024_reinf_exclusoes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("one_by_one.sql")

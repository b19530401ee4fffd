"""Years of data: views that reach an index, what a submission still has to be asked about, which marts are made."""

from __future__ import annotations

from malote.migrations import run

revision = "0020_years"
down_revision = "0013_whole_story"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("years.sql")

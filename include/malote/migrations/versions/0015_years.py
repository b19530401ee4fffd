"""Years of data: views that reach an index, what a submission still has to be asked about, which marts are made."""

from __future__ import annotations

from malote.migrations import run

revision = "0015_years"
down_revision = "0014_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("years.sql")

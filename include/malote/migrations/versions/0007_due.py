"""What may be asked about next, by pouch."""

from __future__ import annotations

from malote.migrations import run

revision = "0007_due"
down_revision = "0006_bndes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("due.sql")

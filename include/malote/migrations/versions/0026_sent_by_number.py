"""Requests to BNDES are found by the number that they were sent by."""

from __future__ import annotations

from malote.migrations import run

revision = "0026_sent_by_number"
down_revision = "0025_one_by_one"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("sent_by_number.sql")

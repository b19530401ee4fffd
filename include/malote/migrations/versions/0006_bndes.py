"""BNDES's landed tables and its outgoing tables."""

from __future__ import annotations

from malote.migrations import run

revision = "0006_bndes"
down_revision = "0005_reasons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("bndes.sql")

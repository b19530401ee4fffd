"""Cielo's landed table and its outgoing tables."""

from __future__ import annotations

from malote.migrations import run

revision = "0004_cielo"
down_revision = "0003_sealed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("cielo.sql")
    run("cielo_outgoing.sql")

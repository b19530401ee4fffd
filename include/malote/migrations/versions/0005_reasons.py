"""Reasons of refusals that are asked for apart."""

from __future__ import annotations

from malote.migrations import run

revision = "0005_reasons"
down_revision = "0004_cielo"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("reasons.sql")

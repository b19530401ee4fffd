"""The EFD-Reinf's landed tables and its outgoing tables."""

from __future__ import annotations

from malote.migrations import run

revision = "0019_reinf"
down_revision = "0018_retired"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("reinf.sql")

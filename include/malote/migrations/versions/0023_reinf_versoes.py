"""A version of an event of the EFD-Reinf is not replaced while its fate is unknown; no name looks like a version."""

from __future__ import annotations

from malote.migrations import run

revision = "0023_reinf_versoes"
down_revision = "0022_export"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("reinf_versoes.sql")

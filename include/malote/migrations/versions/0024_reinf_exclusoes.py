"""A closing of the EFD-Reinf waits for its month's exclusions; when a version of an event waits is said once."""

from __future__ import annotations

from malote.migrations import run

revision = "0024_reinf_exclusoes"
down_revision = "0023_reinf_versoes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("reinf_exclusoes.sql")

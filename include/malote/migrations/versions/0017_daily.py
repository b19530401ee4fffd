"""What relatorio_diario has checked already, and the authorisations of a lot once they are counted."""

from __future__ import annotations

from malote.migrations import run

revision = "0017_daily"
down_revision = "0016_unexplained"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("daily.sql")

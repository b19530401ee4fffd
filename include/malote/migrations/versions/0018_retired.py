"""What is over may go: the register that keeps what may not travel twice, and the functions that fill it."""

from __future__ import annotations

from malote.migrations import run

revision = "0018_retired"
down_revision = "0017_daily"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("retired.sql")

"""What landed leaves for other warehouses: the order of landing, and how far each of them has it."""

from __future__ import annotations

from malote.migrations import run

revision = "0022_export"
down_revision = "0021_alarm"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("export.sql")

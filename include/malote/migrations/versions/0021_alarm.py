"""What a person was told of, so that nobody is told twice a day."""

from __future__ import annotations

from malote.migrations import run

revision = "0021_alarm"
down_revision = "0020_few"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("alarm.sql")

"""Items that were sent and not answered: asked for again, counted, settled by a person."""

from __future__ import annotations

from malote.migrations import run

revision = "0009_unanswered"
down_revision = "0008_held"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("unanswered.sql")

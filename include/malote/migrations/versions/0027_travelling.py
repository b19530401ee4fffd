"""A selection looks its rows up among what travels where they are few beside it."""

from __future__ import annotations

from malote.migrations import run

revision = "0027_travelling"
down_revision = "0026_sent_by_number"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("travelling.sql")

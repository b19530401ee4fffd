"""The reports speak Portuguese, names and values; what holds items back is a view of the journal's."""

from __future__ import annotations

from malote.migrations import run

revision = "0028_em_portugues"
down_revision = "0027_travelling"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("em_portugues.sql")

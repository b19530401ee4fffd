"""The one way into the warehouse: its address, how it is opened, what its errors mean in words."""

from __future__ import annotations

from malote.warehouse.address import dsn_from, dsn_of, holds_password, merged
from malote.warehouse.opening import connect, examine
from malote.warehouse.telling import told

__all__ = [
    "SELECTION_SECONDS",
    "SELECTOR",
    "connect",
    "dsn_from",
    "dsn_of",
    "examine",
    "holds_password",
    "merged",
    "told",
]

SELECTOR = "malote_select"
"""The role that selects outgoing rows, and can do nothing else."""

SELECTION_SECONDS = 600
"""For each thousand rows: what takes longer is not a selection, or waits for a lock that somebody forgot."""

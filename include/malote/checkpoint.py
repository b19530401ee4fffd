"""The named places of the trip where a test may stop it dead: between any two lies one thing that can be lost."""

from __future__ import annotations

from collections.abc import Callable

Checkpoint = Callable[[str], None]

CHECKPOINTS = (
    "rows selected",
    "document ready",
    "intent saved",
    "attempt open",
    "reply read",
    "receipt saved",
    "progress heard",
    "answer kept",
    "answer saved",
    "rows staged",
    "rows merged",
    "rows landed",
)
"""In the order of the trip. Between ``attempt open`` and ``reply read`` the bytes are on the wire."""


def pass_by(_: str, /) -> None:
    """What production does at a checkpoint: nothing."""

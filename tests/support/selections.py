"""What a selection asks while it is rendered, answered without a journal."""

from __future__ import annotations

from collections.abc import Sequence


def all_free(_: str, references: Sequence[str]) -> set[str]:
    """No item travels yet."""
    return set(references)


def unnumbered(sequence: str, start: int) -> int:
    """Of an institution whose documents have no number of ours."""
    raise AssertionError(f"nobody should ask for a number of {sequence} from {start} on")

"""What the demo takes for as it should be, where several documents are on their way at a time."""

from __future__ import annotations

import pytest

from malote_local.demo_bndes import half_way


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ("1+ 2+ 3- 3+ 4+ 5+", True),
        ("1+ 2+ 3+ 4- 5+ 4+", True),
        ("1+ 3- 2+ 4- 3+ 4+ 5+", True),
        ("1+ 2+ 3+ 4+ 5+", False),
        ("1+ 2+ 3- 4+ 5+", False),
        ("3+ 1+ 2+ 3- 4+ 5+", False),
        ("1+ 2+ 3- 3+ 3+ 4+ 5+", False),
        ("1- 2- 3- 4- 5- 1+ 2+ 3+ 4+ 5+", False),
        ("", False),
    ],
)
def test_whichever_document_meets_the_closing_is_received_after_it_and_once(told: str, whole: bool) -> None:
    assert half_way([(each[0], {"+": "received", "-": "not sent"}[each[1]]) for each in told.split()]) is whole

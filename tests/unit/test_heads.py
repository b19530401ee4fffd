"""What a server's head says of times: taken within ranges, in every form of it, or not at all."""

from __future__ import annotations

import pytest

from malote.heads import LEAST, MOST, UNSAID, instant, retry_after
from malote.institution import Reply

NOW = "Mon, 23 Nov 2026 15:00:00 GMT"

SAID = [
    ("17", 17.0),
    (" 17 ", 17.0),
    ("17.5", 17.5),
    ("0", LEAST),
    ("-5", UNSAID),
    ("1795700000", MOST),
    ("9" * 12, MOST),
    ("9" * 400, UNSAID),
    ("1e400", UNSAID),
    ("inf", UNSAID),
    ("nan", UNSAID),
    ("٣٠", UNSAID),
    ("³", UNSAID),
    ("", UNSAID),
    ("soon", UNSAID),
    ("60, 120", UNSAID),
    ("Mon, 23 Nov 2026 15:05:00 GMT", 300.0),
    ("Monday, 23-Nov-26 15:05:00 GMT", 300.0),
    ("Mon Nov 23 15:05:00 2026", 300.0),
    ("Mon, 23 Nov 2026 12:05:00 -0300", 300.0),
    ("Mon, 23 Nov 2026 14:00:00 GMT", LEAST),
    ("Mon, 23 Nov 2083 15:00:00 GMT", MOST),
    ("Mon, 23 Nov 99999 15:00:00 GMT", UNSAID),
    ("Mon, 99 Nov 2026 15:00:00 GMT", UNSAID),
    ("Mon, 23 Nov 2026 15:05:00 +999999", UNSAID),
    ("Mon, 23 Nov 2026 15:05:00 GMT" + " x" * 10_000, UNSAID),
]


@pytest.mark.parametrize(("said", "seconds"), SAID, ids=[repr(each[0])[:40] for each in SAID])
def test_retry_after_is_seconds_or_a_date_within_ranges(said: str, seconds: float) -> None:
    assert retry_after({"retry-after": said, "date": NOW}) == seconds
    assert Reply(429, {"retry-after": said, "date": NOW}, b"").retry_after == seconds


@pytest.mark.parametrize("date", ["", "no date", "Mon, 23 Nov 99999 15:00:00 GMT"])
def test_a_date_without_a_date_to_count_from_says_nothing(date: str) -> None:
    assert retry_after({"retry-after": "Mon, 23 Nov 2026 15:05:00 GMT", "date": date}) == UNSAID


@pytest.mark.parametrize("text", ["", "x", "Mon, 23 Nov 1999 15:00:00 GMT", "Mon, 23 Nov 2101 15:00:00 GMT", "\0", "٣"])
def test_an_absurd_date_is_none(text: str) -> None:
    assert instant(text) is None

"""Progress of long work: every few seconds by the clock that is given, with rate and rest; nothing of short work."""

from __future__ import annotations

import logging
from datetime import datetime, timezone

import pytest

from malote.clock import HeldClock
from malote.milestones import Milestones

LOG = logging.getLogger("malote.test")


@pytest.fixture
def clock(caplog: pytest.LogCaptureFixture) -> HeldClock:
    caplog.set_level(logging.INFO)
    return HeldClock(datetime(2026, 11, 27, tzinfo=timezone.utc))


def test_it_speaks_every_five_seconds_and_not_in_between(clock: HeldClock, caplog: pytest.LogCaptureFixture) -> None:
    far = Milestones(clock, LOG, "sending pouch p", "files", 5000)
    for _ in range(200):
        clock.pass_(seconds=0.1)
        far.passed()
    assert len(caplog.messages) == 4, "twenty seconds of work"
    assert caplog.messages[0] == "sending pouch p: 50 of 5,000 files, 10 a second, about 0:08:15 left"


def test_work_that_is_over_at_once_says_nothing(clock: HeldClock, caplog: pytest.LogCaptureFixture) -> None:
    far = Milestones(clock, LOG, "landing", "rows", 27_000)
    for _ in range(27_000):
        far.passed()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("seconds", "n", "total", "said"),
    [
        (10, 1, 30, "asking: 1 of 30 questions, 6 a minute, about 0:04:50 left"),
        (5, 12_000, None, "asking: 12,000 questions, 2400 a second"),
        (5, 40, 30, "asking: 40 of 30 questions, 8 a second, about 0:00:00 left"),
    ],
)
def test_it_says_rate_and_rest_as_far_as_they_are_known(
    clock: HeldClock, caplog: pytest.LogCaptureFixture, seconds: int, n: int, total: int | None, said: str
) -> None:
    far = Milestones(clock, LOG, "asking", "questions", total, stride=10 if n > 1 else 1)
    clock.pass_(seconds=seconds)
    far.passed(n)
    assert caplog.messages == [said]

"""When something is asked about again, and from when on it is late."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from malote.rules import Rules
from malote.submission import Submission


def overdue(submission: Submission, now: datetime) -> bool:
    """The patience with it is over."""
    return submission.deadline is not None and now >= submission.deadline


def slowly(submission: Submission, rules: Rules, now: datetime) -> datetime | None:
    """When to ask again for what a landed answer left unanswered: None after the deadline."""
    if submission.deadline is None or overdue(submission, now):
        return None
    return min(now + spread(rules.unanswered_every, rules.poll_jitter, submission), submission.deadline)


def spread(every: timedelta, jitter: float, submission: Submission) -> timedelta:
    """The rhythm, spread by up to ``jitter`` both ways; the same for the same ask, so that a test can know it."""
    drawn = zlib.crc32(f"{submission.id}/{submission.asked}".encode()) / 0xFFFFFFFF
    return every * (1 + jitter * (2 * drawn - 1))

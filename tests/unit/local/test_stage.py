"""The local stage on any day and at any hour: BNDES's counter opens soon, whatever the time is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from malote.hours import ZONE, Counter
from malote.rules import Rules
from malote_local.connections import opening

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "now",
    [
        *("2026-11-26T09:00", "2026-11-22T12:00", "2026-11-26T19:59:30", "2027-02-09T12:00:59", "2028-02-29T23:37:59"),
        *("2026-11-26T23:38", "2026-11-26T23:59:30", "2026-12-31T23:58:00", "2026-11-26T00:00:00"),
    ],
)
def test_the_counter_is_closed_now_opens_when_it_says_and_stays_open_long_enough(now: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    opens, hours = opening(at)
    counter = Counter.of(Rules(closing_margin=timedelta()).override(hours))
    assert not counter.is_open(at)
    assert counter.opens_at(at) == opens
    assert counter.closes_at(opens) is None or counter.closes_at(opens) - opens >= 20 * MINUTE
    assert opens - at <= 2 * MINUTE or opens.time().isoformat() == "00:00:00"

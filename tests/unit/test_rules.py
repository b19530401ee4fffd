"""Values that people give in place of rules: what does not fit is refused in words, what fits can be reckoned with."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from malote.errors import Misconfigured
from malote.rules import LONGEST, Rules, bounded, duration

NO_DURATION: list[Any] = [
    "PT1H/PT2H", "2026-01-01/P1D", "P1D/2026-01-01", "PT1H/", "/", "PT1H PT1H",
    1e400, -1e400, float("nan"), -1, -0.1, 10**12, 10**400, "1e400", "inf", "nan", "-PT1H", "P99999999999D",
    "P9999999Y", "PT" + "9" * 5000 + "S", "PT1e400S", "PT1H" + " " * 200 + "x", "P", "", "3600", "soon", "2027-01-01",
    "½", "PT١H", True, None, [], {}, b"PT1H", "x" * 10**6, "\0", "\ud800", timedelta.max, timedelta(days=-1),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DURATION, ids=lambda each: ascii(each)[:30])
def test_a_duration_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        duration(value)
    with pytest.raises(Misconfigured) as said:
        Rules().override({"poll_every": value})
    assert "poll_every" in said.value.what and len(said.value.what) < 400


@pytest.mark.parametrize("value", ["PT12H", "P1D", "P1W", "PT0.5S", 0, 1.5, 3600, LONGEST, "P3660D"], ids=str)
def test_a_duration_is_iso_8601_or_seconds_and_every_instant_can_be_reckoned_with_it(value: Any) -> None:
    assert datetime(2026, 1, 1, tzinfo=timezone.utc) + duration(value)


NO_NUMBER = [
    ("requests", 1e400), ("requests", float("nan")), ("requests", 10**400), ("requests", 2.7), ("requests", -1),
    ("requests", True), ("requests", None), ("requests", "many"), ("requests", "9" * 5000), ("requests", []),
    ("absent_times", -1), ("absent_times", 10**10), ("poll_jitter", 1e400), ("poll_jitter", "nan"), ("poll_jitter", -1),
    ("poll_jitter", 1.01), ("poll_jitter", 5),
    ("poll_jitter", {}), ("poll_jitter", False), ("repeat_times", "1e3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), NO_NUMBER, ids=lambda each: ascii(each)[:30])
def test_a_number_that_is_none_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Misconfigured) as said:
        Rules().override({name: value})
    assert name in said.value.what and len(said.value.what) < 400


@pytest.mark.parametrize("values", [[1], "PT1H", 5, True, [["poll_every", "PT1H"]]], ids=str)
def test_rules_that_are_no_object_are_refused(values: Any) -> None:
    with pytest.raises(Misconfigured, match="no object"):
        Rules().override(values)


NUMBERS = [("requests", 0, 0), ("requests", "60", 60), ("requests", 60.0, 60), ("poll_jitter", 1, 1.0)]


@pytest.mark.parametrize(("name", "value", "found"), NUMBERS, ids=str)
def test_a_number_that_is_one_is_taken(name: str, value: Any, found: float) -> None:
    assert getattr(Rules().override({name: value}), name) == found


@pytest.mark.parametrize("seconds", [1e400, 1e300, 10**12])
def test_what_airflow_lets_wait_for_ever_waits_ten_years(seconds: float) -> None:
    assert bounded(seconds) == LONGEST

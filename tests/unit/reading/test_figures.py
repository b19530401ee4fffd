"""Amounts, days and instants: read where they can mean one thing only."""

from __future__ import annotations

import logging

import pytest

from malote.reading import figures

AMOUNTS = [
    ("1234.50", "1234.50"),
    ("1234,50", "1234.50"),
    ("1.234,50", "1234.50"),
    ("1.234.567,8", "1234567.8"),
    ("1.234.567", "1234567"),
    ("0,123", "0.123"),
    ("0.123", "0.123"),
    ("1234.567", "1234.567"),
    ("12,5", "12.5"),
    (" -3.20 ", "-3.20"),
    ("+7", "7"),
    ("1e3", "1000"),
    ("0010.00", "10.00"),
    # in more than one way
    ("1.234", None),
    ("1,234", None),
    ("-12,345", None),
    ("999.999", None),
    # in none that is documented
    ("1,234.50", None),
    ("1,234,567", None),
    ("1.23.4,5", None),
    ("12.34,5", None),
    ("1 234,50", None),
    ("R$ 10,00", None),
    ("10,00-", None),
    ("1_000", None),
    ("\u0661\u0662", None),
    ("NaN", None),
    ("Infinity", None),
    ("1e99", None),
    ("9" * 19, None),
    (",5", None),
    ("5,", None),
    ("", None),
]
DAYS = [
    ("2027-01-15", "2027-01-15"),
    ("15/01/2027", "2027-01-15"),
    ("2027-01-15-03:00", "2027-01-15"),
    ("2027-01-15Z", "2027-01-15"),
    ("2027-01-15T00:00:00", "2027-01-15"),
    ("15/01/2027 10:30", "2027-01-15"),
    ("2027-01-15T12:00:00Z", "2027-01-15"),
    ("2027-01-15T00:00:00-03:00", "2027-01-15"),
    ("2027-01-16T01:00:00Z", None),
    ("15/01/20271", None),
    ("2027-01-155", None),
    ("15/01/27", None),
    ("01/13/2027", None),
    ("5/1/2027", None),
    ("2027-02-30", None),
    ("2027-01-15 talvez", None),
    ("15/2027", None),
    ("20270115", None),
    ("0001-01-01", None),
    ("", None),
]
INSTANTS = [
    ("2026-11-23T12:00:01.1234567", "2026-11-23T12:00:01.123456-03:00"),
    ("2026-11-23T12:00:01.5", "2026-11-23T12:00:01.500000-03:00"),
    ("2026-11-23T15:00:01Z", "2026-11-23T15:00:01+00:00"),
    ("2026-11-23T12:00:01-0300", "2026-11-23T12:00:01-03:00"),
    ("23/11/2026 12:00", "2026-11-23T12:00:00-03:00"),
    ("2026-11-23", None),
    ("20261123T120000", None),
    ("2026-W48-1T12:00:00", None),
    ("2026-11-23T25:00:00", None),
    ("2026-11-23T12:00:00+99:00", None),
    ("2026-11-23T12:00:00 EST", None),
    ("11/23/2026 12:00", None),
    ("9999-12-31T23:59:59", None),
    ("2026-11-23T12:00:01" + ".1" * 40, None),
]


@pytest.mark.parametrize(("text", "wanted"), AMOUNTS)
def test_an_amount_is_read_or_left_never_guessed(text: str, wanted: str | None) -> None:
    assert figures.amount(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), DAYS)
def test_a_day_is_read_or_left_never_cut(text: str, wanted: str | None) -> None:
    found = figures.day(text)
    assert (found.isoformat() if found else None) == wanted


@pytest.mark.parametrize(("text", "wanted"), INSTANTS)
def test_an_instant_is_read_or_left(text: str, wanted: str | None) -> None:
    found = figures.instant(text)
    assert (found.isoformat() if found else None) == wanted


@pytest.mark.parametrize("read", [figures.amount, figures.day, figures.instant])
@pytest.mark.parametrize("sign", ["9", " ", ".", "1.", "2026-11-23T", "+", "\u0661"])
def test_a_megabyte_is_left_at_once(read: object, sign: str) -> None:
    assert read(sign * (1_000_000 // len(sign))) is None  # type: ignore[operator]


def test_what_is_left_is_counted_once_and_never_quoted(caplog: pytest.LogCaptureFixture) -> None:
    rows = [
        ("1", None),
        ("2", figures.kept({"valor": "1,234.50"})),
        ("3", figures.kept({"valor": "x", "parcelas": "y"})),
    ]
    with caplog.at_level(logging.WARNING):
        assert list(figures.counted(rows, 1, logging.getLogger("malote.test"), "cielo-7")) == rows
    (said,) = caplog.messages
    assert "cielo-7: 3 values" in said and "parcelas 1, valor 2" in said and "1,234.50" not in said

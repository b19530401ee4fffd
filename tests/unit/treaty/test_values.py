"""Values of a row as text of a simple type, whatever its bounds leave out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import xmlschema

from malote.treaty.values import Leaf


def leaf(base: str, *facets: str) -> Leaf:
    """Of a restriction of a built-in type; a facet as ``minInclusive=1000``."""
    inside = "".join(f'<xs:{name} value="{value}"/>' for name, value in (each.split("=", 1) for each in facets))
    kind = f'<xs:simpleType name="t"><xs:restriction base="xs:{base}">{inside}</xs:restriction></xs:simpleType>'
    schema = xmlschema.XMLSchema10(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{kind}</xs:schema>')
    return Leaf("c", "c", schema.types["t"], "UTF-8")


WRITTEN: list[tuple[Leaf, Any, str]] = [
    (leaf("decimal", "minInclusive=1000"), Decimal("1500.50"), "1500.50"),
    (leaf("decimal", "maxInclusive=1"), Decimal("0.25"), "0.25"),
    (leaf("decimal", "maxExclusive=0"), Decimal("-1.5"), "-1.5"),
    (leaf("double"), Decimal("1.5"), "1.5"),
    (leaf("string", "minLength=7"), Decimal("1500.50"), "1500,50"),
    (leaf("string", r"pattern=\d{4,6}\.\d{2}"), Decimal("1500.50"), "1500.50"),
    (leaf("string", r"pattern=\d{4,6},\d{2}"), Decimal("1500.50"), "1500,50"),
    (leaf("date", "minInclusive=2026-07-01"), date(2026, 7, 15), "2026-07-15"),
    (leaf("date", "maxInclusive=2025-12-31"), date(2025, 7, 15), "2025-07-15"),
    (leaf("dateTime", "minInclusive=2026-07-01T00:00:00"), datetime(2027, 1, 1, 10), "2027-01-01T10:00:00"),
    (leaf("gYearMonth"), date(2027, 1, 1), "2027-01"),
    (leaf("gYearMonth", "minInclusive=2026-07"), date(2027, 1, 1), "2027-01"),
]


@pytest.mark.parametrize(("there", "value", "text"), WRITTEN, ids=[each[2] for each in WRITTEN])
def test_a_value_is_written_as_its_type_takes_it_though_no_sample_does(there: Leaf, value: Any, text: str) -> None:
    assert there.text(value) == text


@pytest.mark.parametrize("there", [leaf("gYearMonth"), leaf("string", r"pattern=\d{2}/\d{4}")])
def test_a_day_that_the_type_has_no_place_for_is_not_dropped(there: Leaf) -> None:
    with pytest.raises(ValueError, match="says more than"):
        there.text(date(2027, 1, 15))

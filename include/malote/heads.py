"""Times that a reply's head says, within ranges; what is none, or is absurd, counts as not said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

UNSAID = 60.0
"""Seconds to wait after "too many" where nothing says how long."""

LEAST, MOST = 1.0, 3600.0
"""Seconds: no head makes us ask sooner or stay away longer. Asking too early costs one request; a wrong number that is
believed stops every run of the account."""

_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,6})?")


def retry_after(heads: Mapping[str, str]) -> float:
    """Seconds that ``Retry-After`` asks for, as a number or as a date (RFC 9110, all three forms), :data:`LEAST` to
    :data:`MOST`; :data:`UNSAID` where it says nothing that can be understood.

    :param heads: names in lower case; a date counts from the reply's own ``Date``
    """
    said = heads.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return min(max(float(said), LEAST), MOST)
    at, now = instant(said), instant(heads.get("date", ""))
    return min(max((at - now).total_seconds(), LEAST), MOST) if at and now else UNSAID


def instant(text: str) -> datetime | None:
    """A date of a head as an aware instant; None where it is none, or is not of 2000 to 2100."""
    if not text.isascii() or len(text) > 60:
        return None
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return found if 2000 <= found.year <= 2100 else None

"""Every text that people read on pages, in runs and in reports, once: Portuguese and English side by side."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from malote.hours import ZONE

CATALOGUE: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""As it is written: key to Portuguese and English, or to another key whose text it shares."""
TEXTS: dict[str, tuple[str, str]] = {
    key: tuple(CATALOGUE[told] if isinstance(told, str) else told) for key, told in CATALOGUE.items()
}
"""Key to Portuguese and English."""
LANGUAGES = ("pt-BR", "en")


class Words:
    """The texts in one language, and times, durations and numbers as it writes them."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._at = LANGUAGES.index(self.language)

    @classmethod
    def accepted(cls, header: str) -> Words:
        """By a browser's ``Accept-Language``: the better liked of the two; English where it names neither."""
        best, weight = "en", 0.0
        for part in header.split(","):
            name, _, quality = part.strip().partition(";q=")
            try:
                q = float(quality) if quality else 1.0
            except ValueError:
                continue
            language = {"pt": "pt-BR", "en": "en"}.get(name.strip().lower()[:2])
            if language and q > weight:
                best, weight = language, q
        return cls(best)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, filled in. :raises KeyError: where there is none"""
        text = TEXTS[key][self._at]
        return text.format(**values) if values else text

    def event(self, what: str) -> str:
        """What happened, in words; as the journal writes it where the catalogue does not know it."""
        return TEXTS.get(f"e_{what}", (what, what))[self._at]

    def when(self, at: datetime | None, *, seconds: bool = False) -> str:
        """An instant in Brasília, with the offset; empty for None."""
        if at is None:
            return ""
        local = at.astimezone(ZONE)
        offset = local.strftime("%z").replace("-", "\N{MINUS SIGN}")
        day = local.strftime("%d/%m/%Y" if self._at == 0 else "%Y-%m-%d")
        return (
            f"{day} {local:%H:%M:%S} {offset[:3]}:{offset[3:]}"
            if seconds
            else f"{day} {local:%H:%M} {offset[:3]}:{offset[3:]}"
        )

    def lasting(self, time: timedelta) -> str:
        """A duration in its two largest units: ``2 d 3 h``, ``4 min 5 s``."""
        left = max(0, int(time.total_seconds()))
        parts: list[str] = []
        for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
            n, left = divmod(left, size)
            if n or (unit == "s" and not parts):
                parts.append(f"{n} {unit}")
        return " ".join(parts[:2])

    def number(self, n: int) -> str:
        """A whole number with its thousands apart."""
        return f"{n:,}".replace(",", "." if self._at == 0 else ",")

    def percent(self, share: float | None) -> str:
        """A share of 0 to 1; a dash for None."""
        if share is None:
            return "–"
        text = f"{share * 100:.1f} %"
        return text.replace(".", ",") if self._at == 0 else text

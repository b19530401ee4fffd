"""Every text that people read on pages, in runs and in reports, once: Portuguese and English side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from string import Formatter
from typing import Any

from malote.clock import ZONE
from malote.errors import MaloteError, Problem

CATALOGUE: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""As it is written: key to Portuguese and English, or to another key whose text it shares."""
TEXTS: dict[str, tuple[str, str]] = {
    key: tuple(CATALOGUE[told] if isinstance(told, str) else told) for key, told in CATALOGUE.items()
}
"""Key to Portuguese and English."""
LANGUAGES = ("pt-BR", "en")

_COLONS = 3
_Pieces = list[tuple[str, str | None]]


def _pieces(template: str) -> _Pieces:
    """Each literal with the name of the value behind it; None behind the last one. A doubled brace is one of a text."""
    pieces: _Pieces = []
    before = ""
    for literal, name, _, _ in Formatter().parse(template):
        before += literal
        if name is not None:
            pieces.append((before, name))
            before = ""
    return [*pieces, (before, None)] if before or not pieces else pieces


_Sentences = list[tuple[str, _Pieces]]


def _sentences(*beginnings: str) -> _Sentences:
    """The texts whose keys begin so, the wordiest first."""
    found = [(key, _pieces(told[1])) for key, told in TEXTS.items() if key.startswith(beginnings)]
    return sorted(found, key=lambda each: -sum(len(literal) for literal, _ in each[1]))


_KEPT = _sentences("s_", "n_", "o_")
"""What :func:`english` gives out for keeping, what needs a person says, and what the operating system answers."""

_RULES = _sentences("s_", "x_")
"""What is said of a broken rule: ours, and those of a schema, in the words of libxml2 and xmlschema."""

_ABOUT = [(key, _pieces(TEXTS[key][1] + ": ")) for key in ("where_proxy", "where")]
"""A question and whom it went to, as it stands before a sentence."""


def _values(pieces: _Pieces, text: str) -> dict[str, str] | None:
    """What a sentence that begins like this one was filled in with; None where it is another one."""
    (first, name), *rest = pieces
    values, at = dict[str, str](), len(first)
    for literal, following in rest:
        found = text.find(literal, at) if following else max(at, len(text) - len(literal))
        if name is None or found < 0 or not text.startswith(literal, found):
            return None
        values[name] = text[at:found]
        at, name = found + len(literal), following
    if name:
        return values | {name: text[at:]}
    return values if at == len(text) else None


def _beginnings(text: str) -> Iterator[int]:
    """Where a sentence may begin: at the beginning, and behind the first few colons."""
    yield 0
    yield from (found.end() for found in islice(re.finditer(": ", text), _COLONS))


def _counted(key: str, values: dict[str, Any]) -> str:
    """The key of the text for one, where ``n`` is 1 and there is such a text; its name ends with ``_1``."""
    one = f"{key}_1"
    return one if str(values.get("n")) == "1" and one in TEXTS else key


def english(key: str, **values: Any) -> str:
    """A text (its key begins with ``s_``) as errors say it and the journal keeps it: :meth:`Words.again` reads it."""
    return TEXTS[_counted(key, values)][1].format(**values)


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
        """The text of a key, filled in; that for one where ``n`` is 1. :raises KeyError: where there is none"""
        return TEXTS[_counted(key, values)][self._at].format(**values)

    def again(self, text: str) -> str:
        """Our own sentence in this language, which the journal keeps in English; other people's words as they are.

        Before a colon may stand what it is about: a question's name, a number.
        """
        return self._again(text, _KEPT)

    def problem(self, problem: Problem) -> str:
        """A broken rule in one line: the item, the line of the file, the path, the rule."""
        return problem.told(self("line", number=problem.line), self._again(problem.rule, _RULES))

    def _again(self, text: str, known: _Sentences) -> str:
        if self._at == 0:
            for at in _beginnings(text):
                if (said := self._known(text[at:], known)) is not None:
                    return self._where(text[:at]) + said
        return text

    def _where(self, about: str) -> str:
        """What a sentence is about, where that is a question and whom it went to."""
        for key, pieces in _ABOUT:
            values = _values(pieces, about)
            if values and not any(" " in value for value in values.values()):
                return self(key, **values) + ": "
        return about

    def _known(self, text: str, known: _Sentences) -> str | None:
        for key, pieces in known:
            values = _values(pieces, text) if text.startswith(pieces[0][0]) else None
            if values is not None and (pieces[0][0] or self._begins(pieces[0][1], values, known)):
                return self(key, **{name: self._again(value, known) for name, value in values.items()})
        return None

    def _begins(self, name: str | None, values: dict[str, str], known: _Sentences) -> bool:
        """Whether a sentence may begin with this value, and not with whatever others say: a number, another of ours."""
        if name is None or name == "n":
            return name is not None and values[name].isdecimal()
        for stop in ("", "."):
            if (said := self._known(values[name] + stop, known)) is not None:
                values[name] = said.removesuffix(stop)
                return True
        return False

    def error(self, error: MaloteError) -> str:
        """What happened, what proves it, what to do now and what is not lost, a line each."""
        lines = [self.again(error.what)]
        if error.code:
            lines.append(": ".join(filter(None, (self("code", code=error.code), self.again(error.meaning or "")))))
        lines += [f"{self._fact(name)}: {self.again(text)}" for name, text in error.facts.items()]
        if error.todo:
            lines.append(self("n_now", todo=self.again(error.todo)))
        if error.kept:
            lines.append(self("n_kept", kept=self.again(error.kept)))
        return "\n".join(lines)

    def _fact(self, name: str) -> str:
        """The name of further evidence: most are fields of theirs."""
        return TEXTS.get(f"fact_{name}", (name, name))[self._at]

    def field(self, name: str) -> str:
        """The name of what is kept of an event; as the journal has it where the catalogue does not know it."""
        return TEXTS.get(f"f_{name}", (name, name))[self._at]

    def event(self, what: str) -> str:
        """What happened, in words; as the journal writes it where the catalogue does not know it."""
        return TEXTS.get(f"e_{what}", (what, what))[self._at]

    def when(self, at: datetime | None, *, seconds: bool = False) -> str:
        """An instant in Brasília, with the offset; empty for None."""
        if at is None:
            return ""
        local = at.astimezone(ZONE)
        offset = local.strftime("%z").replace("-", "\N{MINUS SIGN}")
        day = self.day(local.date())
        return (
            f"{day} {local:%H:%M:%S} {offset[:3]}:{offset[3:]}"
            if seconds
            else f"{day} {local:%H:%M} {offset[:3]}:{offset[3:]}"
        )

    def day(self, day: date) -> str:
        """A day as the language writes it."""
        return day.strftime("%d/%m/%Y" if self._at == 0 else "%Y-%m-%d")

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


ENGLISH = Words("en")
"""What logs, the journal and a shell say."""

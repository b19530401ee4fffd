"""What can go wrong, named for what may be done next.

MaloteError
    Transient                  the same call may be made again, later
        Unreachable            nothing left this machine: no body byte was written
        Throttled              too many requests; ``retry_after`` seconds
        Closed                 the counter is closed; ``opens_at``
        Unavailable            they are down for now (503, maintenance)
            ReplyLost          the request went out and no whole reply came back
    Terminal                   a person or another file is needed
        Invalid                our document or rows break the treaty; ``problems``
        Refused                the institution said no, with a code
        Misconfigured          connection, certificate, schema or rules are wrong
    Malformed                  their answer to a query breaks the treaty: ask again, then a person
    InDoubt                    anything unclear after a submit: a person decides

A failed *query* never changes what we believe about the *request*. Waiting is a value, not an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from malote.cards import masked, suspect


class MaloteError(Exception):
    """Base of every error raised by malote; pickles, so that Airflow can carry it between processes.

    Card numbers in its texts are cut to their first 6 and last 4 digits (:mod:`malote.cards`).

    :param what: what happened, one sentence, never a payload, password or certificate
    :param institution: name of the institution, e.g. ``"ccee"``
    :param submission: id of the submission, e.g. ``"ccee-42"``
    :param item: reference of the item
    :param code: the institution's own code, as text
    :param meaning: what the manual says the code means
    :param todo: what the person on call does now
    :param kept: what has *not* been lost
    :param facts: further evidence that is safe to print (``uri``, ``transactionId``…)
    """

    def __init__(
        self,
        what: str,
        *,
        institution: str | None = None,
        submission: str | None = None,
        item: str | None = None,
        code: str | None = None,
        meaning: str | None = None,
        todo: str | None = None,
        kept: str | None = None,
        facts: dict[str, str] | None = None,
        **own: Any,
    ) -> None:
        self.what = masked(str(what))
        super().__init__(self.what)
        self.institution = institution
        self.submission = submission
        self.item = _masked(item)
        self.code = _masked(code)
        self.meaning = _masked(meaning)
        self.todo = _masked(todo)
        self.kept = _masked(kept)
        self.facts = {masked(str(name)): masked(str(text)) for name, text in (facts or {}).items()}
        for name, value in own.items():
            setattr(self, name, value)

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), dict(self.__dict__))

    def about(self, *, institution: str, submission: str | None) -> MaloteError:
        """Fill in whom this error is about where it does not say so yet; returns itself."""
        self.institution = self.institution or institution
        self.submission = self.submission or submission
        return self

    @property
    def advice(self) -> dict[str, str]:
        """What happened and what to do now, as a story keeps it: each a sentence."""
        return {name: text for name, text in (("why", self.what), ("todo", self.todo)) if text}

    def __str__(self) -> str:
        about = " ".join(
            part for part in (self.institution, self.submission, self.item and f"item {self.item}") if part
        )
        lines = [f"[{about}] {self.what}" if about else self.what]
        if self.code:
            lines.append(f"Code {self.code}: {self.meaning or 'not in the tables of rules.py'}")
        lines.extend(f"{name}: {value}" for name, value in self.facts.items())
        if self.todo:
            lines.append(f"Do now: {self.todo}")
        if self.kept:
            lines.append(f"Not lost: {self.kept}")
        return "\n".join(lines)


def _masked(text: str | None) -> str | None:
    return text if text is None else masked(str(text))


def _rebuild(kind: type[MaloteError], state: dict[str, Any]) -> MaloteError:
    return kind(**state)


class Transient(MaloteError):
    """Raised when the same call may be made again, later."""


class Unreachable(Transient):
    """Raised when nothing left this machine: it failed before the first body byte was written."""


class Throttled(Transient):
    """Raised when the institution counts too many requests; ``retry_after`` is in seconds."""

    retry_after: float = 60.0


class Closed(Transient):
    """Raised when the counter is closed; ``opens_at`` is an aware instant, or None where it is not known."""

    opens_at: datetime | None = None


class Unavailable(Transient):
    """Raised when the institution says that it is down for now."""


class ReplyLost(Unavailable):
    """Raised when the request went out and no whole reply came back. On a submit this is doubt, never a retry."""


class Terminal(MaloteError):
    """Raised when trying again changes nothing: another file or a person is needed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: the item's reference, the path in the treaty, the rule in words, line in the file or None.

    Card numbers in them are cut to their first 6 and last 4 digits.
    """

    reference: str | None
    path: str
    rule: str
    line: int | None = None

    def __post_init__(self) -> None:
        if suspect((self.reference or "", self.path, self.rule)):  # nearly never
            for name in ("reference", "path", "rule"):
                object.__setattr__(self, name, _masked(getattr(self, name)))

    def __str__(self) -> str:
        return self.told(f"line {self.line}", self.rule)

    def told(self, line: str, rule: str) -> str:
        """In one line: where it is, the line as some language says it, and the rule."""
        return f"item {self.reference or '?'}: {f'{line}, ' if self.line else ''}{self.path}: {rule}"


class Invalid(Terminal):
    """Raised when our own rows or document break the treaty; ``problems`` holds all of a file's."""

    problems: Sequence[Problem] = ()
    SHOWN = 50

    def __str__(self) -> str:
        shown = [f"  - {problem}" for problem in self.problems[: self.SHOWN]]
        rest = len(self.problems) - len(shown)
        return "\n".join([super().__str__(), *shown, *([f"  … and {rest} more"] if rest > 0 else [])])


class Refused(Terminal):
    """Raised when the institution said no: ``code`` and the manual's action.

    ``reasons`` holds what it gave as its reasons, as rows of the institution's ``reasons_table``.
    """

    reasons: Sequence[tuple[str | None, ...]] = ()


class Misconfigured(Terminal):
    """Raised when the connection, a certificate, a schema or an override of the rules is wrong."""


class Altered(Misconfigured):
    """Raised when a file of the archive is not what was written there: nothing of it was used."""


class Malformed(MaloteError):
    """Raised when their answer to a query breaks the treaty; its bytes are in the archive where they are an answer."""


class InDoubt(MaloteError):
    """Raised when it is unclear whether a submit arrived. Nothing is sent again until a person decides."""

"""The shape that every institution's rules.py fills: named values a connection may override, and the table of codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from malote.errors import Misconfigured
from malote.texts import english

R = TypeVar("R", bound="Rules")


@dataclass(frozen=True, slots=True)
class Code:
    """One return code of an institution.

    :param code: as the institution writes it
    :param meaning: the manual's words, which are Portuguese; ours, where it has none, of :mod:`malote.texts`
    :param action: what the manual, or failing that experience, says to do: a text of :mod:`malote.texts`
    :param kind: ``refused`` (the door said no) · ``arrived`` (proof that an earlier attempt arrived) · ``wait`` ·
        ``transient`` (documented: nothing was done) · ``misconfigured`` · ``doubt``
    :param frees: it frees the items for another document
    :param source: manual section or fact sheet line
    """

    code: str
    meaning: str
    action: str
    kind: str
    frees: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Named values that the connection's ``extra.rules`` may override. Durations are ISO 8601 text there (``PT12H``).

    :param connect_timeout: how long a connection may take to open
    :param send_timeout: how long a submit may take; after it, plus ``settle``, a send can no longer be under way
    :param ask_timeout: how long a query may take
    :param return_after: earliest useful moment to ask, after reception
    :param poll_every: rhythm of asking, spread by ``poll_jitter`` (0.1 is plus or minus 10 %)
    :param patience: after reception plus this the submission is overdue; it is asked on, every ``overdue_every``
    :param partial_settles: an answer that lacks items and has not changed for so long lands as it is
    :param unanswered_every: rhythm of asking for what a landed answer left unanswered, until the deadline; an hour,
        because a person knows of it already and the institution had its time
    :param settle: how long queues and read models may lag behind an accepted submit: no absence counts before. Two
        hours: minutes of silence prove nothing where money is at stake, and what is there is found as soon as it shows
    :param absent_times: so many findings of absence, ``absent_apart`` from each other, prove absence: one question may
        have met a read model that was just being rebuilt
    :param absent_apart: rhythm of asking whether it arrived: longer than a restart over there takes
    :param repeat_every: rhythm of handing the same bytes over again, where that is how an institution is asked: each
        may be as large as a document gets, and what ails it over there is not mended in minutes
    :param repeat_times: so often at most for one attempt; then it is asked once more when an answer can be there, at
        ``return_after``, and a person decides
    :param opening_hours: ``"08:00-20:00"`` in America/Sao_Paulo, or "" for always
    :param opening_days: ``bank`` (ANBIMA bank days), ``weekdays`` or ``all``
    :param closed_days: further closed days, ISO dates
    :param closed_every: tried again so long after they said that they are closed, when by our hours they are open
    :param closing_margin: nothing is sent later than this before closing
    :param purge_after: bytes that are sealed in the archive are purged when their answer has landed, and so long after
        they were prepared at the latest, even while their fate is unknown
    :param refused_unchanged: the services in which a refused item is held back while not a byte of its document has
        changed since; in all others it may be sent again as it is
    :param requests: at most so many requests in any sliding ``window``
    :param in_flight: so many documents of one run are handed over at once, each on its own connection and with its own
        intent in the journal; one where the institution has an order or a sequence
    """

    connect_timeout: timedelta = timedelta(seconds=10)
    send_timeout: timedelta = timedelta(seconds=120)
    ask_timeout: timedelta = timedelta(seconds=60)
    return_after: timedelta = timedelta(seconds=30)
    poll_every: timedelta = timedelta(minutes=1)
    poll_jitter: float = 0.1
    patience: timedelta = timedelta(hours=24)
    overdue_every: timedelta = timedelta(hours=1)
    partial_settles: timedelta = timedelta(minutes=30)
    unanswered_every: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta(hours=2)
    absent_times: int = 2
    absent_apart: timedelta = timedelta(minutes=15)
    repeat_every: timedelta = timedelta(hours=1)
    repeat_times: int = 6
    opening_hours: str = ""
    opening_days: str = "all"
    closed_days: tuple[str, ...] = ()
    closed_every: timedelta = timedelta(minutes=10)
    closing_margin: timedelta = timedelta(minutes=2)
    purge_after: timedelta = timedelta(days=7)
    refused_unchanged: tuple[str, ...] = ()
    requests: int = 600
    window: timedelta = timedelta(seconds=60)
    in_flight: int = 1

    @classmethod
    def of(cls: type[R], extra: Mapping[str, Any]) -> R:
        """The rules of a connection: these, with what ``rules`` of its extra overrides.

        :raises Misconfigured: as :meth:`override`
        """
        return cls().override(extra.get("rules") or {})

    def override(self: R, values: Mapping[str, Any]) -> R:
        """These rules with the given values in place.

        :raises Misconfigured: for a name that is no rule, or a value that does not fit
        """
        if not isinstance(values, Mapping):
            raise Misconfigured(english("s_rules_no_object"), todo=english("s_do_names_values"))
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        new: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise Misconfigured(
                    english("s_rules_unknown", name=repr(name)),
                    todo=some_of(sorted(known)),
                )
            try:
                new[name] = _fit(known[name], value)
                if name == "poll_jitter" and new[name] > 1:  # more than the whole rhythm would ask before now
                    raise ValueError(english("s_rule_share"))
            except (TypeError, ValueError) as wrong:
                raise Misconfigured(english("s_rules_unfit", name=name, value=repr(value)[:60], why=wrong)) from None
        return dataclasses.replace(self, **new)


def some_of(known: Iterable[str]) -> str:
    """What to do about a name that is none of these."""
    return english("s_do_some_of", names=", ".join(known))


def _fit(current: Any, value: Any) -> Any:
    if isinstance(current, timedelta):
        return duration(value)
    if isinstance(current, tuple):
        if isinstance(value, str):
            raise TypeError(english("s_rule_list"))
        return tuple(str(each) for each in value)
    if isinstance(current, Mapping):
        return {**current, **dict(value)}
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise TypeError(english("s_rule_true"))
        return value
    return number(current, value) if isinstance(current, (int, float)) else type(current)(value)


MOST = 10**9
"""No number that a rule means is larger, or smaller than nothing."""

LONGEST = timedelta(days=3660)
"""Ten years, with which every instant of ours can still be reckoned."""


def number(like: float, value: Any) -> Any:
    """A number of the kind of another one: whole where that is whole.

    :raises ValueError: where it is none, not whole, negative, or more than a thousand million
    """
    if isinstance(value, bool):
        raise ValueError(english("s_rule_number"))
    try:
        found = type(like)(value)
        fits = 0 <= found <= MOST and found == float(value)
    except OverflowError:
        fits = False
    if not fits:
        whole = isinstance(like, int)
        raise ValueError(english("s_rule_whole_up_to", most=MOST) if whole else english("s_rule_up_to", most=MOST))
    return found


def duration(value: Any) -> timedelta:
    """An ISO 8601 duration (``"PT12H"``, ``"P1D"``) a number of seconds, or a timedelta: of ten years at most.

    :raises ValueError: where it is neither, or negative, or longer
    """
    try:
        if isinstance(value, timedelta):
            found = value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found = timedelta(seconds=value)
        else:
            import pendulum

            text = str(value)
            try:
                parsed = pendulum.parse(text if len(text) < 100 else "too long")
            except (AttributeError, TypeError):  # of an interval
                parsed = None
            if not isinstance(parsed, pendulum.Duration):
                raise ValueError(english("s_rule_duration"))
            found = parsed.as_timedelta()
    except OverflowError:
        raise ValueError(_TOO_LONG) from None
    if found < timedelta():
        raise ValueError(english("s_rule_negative"))
    if found > LONGEST:
        raise ValueError(_TOO_LONG)
    return found


def bounded(seconds: float) -> timedelta:
    """So many seconds, or ten years where they are more: of a number that somebody else took."""
    return timedelta(seconds=min(seconds, LONGEST.total_seconds()))


_TOO_LONG = english("s_rule_too_long")

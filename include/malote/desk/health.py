"""What is worth a gauge: how many stand where, how old, how full. Of what is open or of a day; no history is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from malote.desk.kinds import RECENT, REFUSED
from malote.hours import budgets
from malote.institution import Institution
from malote.journal import Journal
from malote.rules import Rules
from malote.submission import OPEN, Standing

DAY = timedelta(days=1)
CERTIFICATE_DAYS = 30
"""A client certificate that ends in fewer days needs a person."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a connection says of one account, and the journal does not know. Instants are aware.

    :param window: in which its requests are counted; None where there is no limit
    :param closed: service to when its counter closed last; one that never closes is left out
    :param ends: last instant of the client certificate; None where there is none, or nobody could read it
    :param purge_after: so long after it was prepared card data goes in any case
    """

    institution: str
    environment: str
    account: str
    window: timedelta | None = None
    closed: Mapping[str, datetime] = field(default_factory=dict)
    ends: datetime | None = None
    purge_after: timedelta = Rules.purge_after

    @property
    def name(self) -> str:
        """As its request budget is called."""
        return f"{self.institution}/{self.environment}/{self.account}"

    @classmethod
    def of(cls, institution: Institution, ends: datetime | None, now: datetime) -> Account:
        """What is known of it at an instant."""
        closed = {service: institution.counter(service).closed_at(now) for service in institution.services}
        return cls(
            institution.name, institution.access.environment, institution.account,
            institution.rules.window if institution.rules.requests else None,
            {service: at for service, at in closed.items() if at}, ends, institution.rules.purge_after,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge of one institution in one environment; ``name`` is one of :data:`MEASURES`."""

    institution: str
    environment: str
    name: str
    value: float


OF_ACCOUNTS = {
    "submissions.missed": "submissions that were not sent before their counter closed",
    "pace.used": "share of the coming window's requests that is spoken for, 0 to 1",
    "certificate.days": "whole days until the client certificate ends",
}
"""Measures that are told of accounts whose connection is known, where they have a counter, a limit, a certificate."""

MEASURES = {
    **{f"submissions.{standing.value}": f"submissions that stand at {standing.value}" for standing in OPEN},
    "submissions.refused": "submissions refused at the door in the last 30 days whose items have not travelled again",
    "items.accepted_day": "items that the institution accepted, in what landed in the last 24 hours",
    "items.refused_day": "items that it refused, in what landed in the last 24 hours",
    "items.unanswered": "items that no answer settles, of everything that has landed",
    "items.held": "items that a selection wanted to send and that are held back until a person or an answer ends it",
    "oldest.open": "seconds since the oldest open submission was prepared",
    "oldest.in_doubt": "seconds since the oldest doubt arose",
    "archive.awaiting_purge": "bytes of card data in the archive whose time is over and that are still there",
    "pace.backlog": "seconds until the next request may go, because others go before it or too many were made",
    **OF_ACCOUNTS,
}
"""What each measure of :func:`health` counts."""

_NEEDS = (
    *("submissions.in_doubt", "submissions.overdue", "submissions.refused", "submissions.missed"),
    *("items.unanswered", "items.held"),
)

# Each of these reads a partial index of what is open, or what a day or 30 days brought.
_OPEN = """
    select institution, environment, standing, count(*) as n, min(prepared_at) as prepared, min(moved_at) as moved
    from malote.submission where standing in ('prepared', 'sending', 'received', 'answered', 'overdue', 'in_doubt')
    group by 1, 2, 3
"""
_DUE = """(s.standing in ('landed', 'refused', 'withdrawn') or (
        s.prepared_at < coalesce(a.before, %(purge)s) and not (s.purged_at is not null and s.standing = 'answered')))"""
MISSED = """malote.submission as s
    join unnest(%(institutions)s::text[], %(environments)s::text[], %(accounts)s::text[], %(services)s::text[],
        %(closed)s::timestamptz[]) as c (institution, environment, account, service, at)
        using (institution, environment, account, service)
    where s.standing = 'prepared' and s.moved_at < c.at"""
"""What was not sent before its counter closed at ``c.at``, of what :func:`closings` gives."""
_OTHERS = f"""
    select s.institution, s.environment, 'submissions.refused' as name, count(*)::float8 as value
    from malote.submission as s where {REFUSED} group by 1, 2
    union all
    select s.institution, s.environment, each.name, sum(each.value) from malote.load as l
    join malote.submission as s on s.id = l.submission
    cross join lateral (values ('items.accepted_day', l.items_accepted), ('items.refused_day', l.items_refused))
        as each (name, value)
    where l.landed_at > %(day)s group by 1, 2, 3
    union all
    select s.institution, s.environment, 'items.unanswered', count(*) from malote.item_row as i
    join malote.submission as s on s.id = i.submission
    where i.outcome = 'unanswered' and s.standing = 'landed' group by 1, 2
    union all
    select institution, environment, 'items.held', count(*) from malote.held_back group by 1, 2
    union all
    select s.institution, s.environment, 'archive.awaiting_purge',
        sum(case when s.purged_at is null then s.document_size else 0 end + coalesce(s.answer_size, 0))
    from malote.submission as s
    left join unnest(%(sealing)s::text[], %(before)s::timestamptz[]) as a (name, before)
        on concat_ws('/', s.institution, s.environment, s.account) = a.name
    where s.sealed and (s.purged_at is null or s.answer is not null) and {_DUE} group by 1, 2
    union all
    select s.institution, s.environment, 'submissions.missed', count(*) from {MISSED} group by 1, 2
"""

Key = tuple[str, str, str]


def health(journal: Journal, accounts: Sequence[Account] = ()) -> list[Measure]:
    """Every measure of every institution and environment that is known here or open there; what there is none of is 0.

    A gauge stands until it is written again, so what is over is told too.

    :param accounts: those whose connection is known; only of them :data:`OF_ACCOUNTS` are told
    """
    now = journal.clock.now()
    found: dict[Key, float] = {}
    for row in journal.connection.execute(_OPEN):
        _add_open(found, row, now)
    values = {"recent": now - RECENT, "day": now - DAY, "purge": now - Rules.purge_after, **closings(accounts)}
    values["sealing"] = [each.name for each in accounts]
    values["before"] = [now - each.purge_after for each in accounts]
    for row in journal.connection.execute(_OTHERS, values):
        found[row["institution"], row["environment"], row["name"]] = float(row["value"])
    backlogs = {name: max(0.0, (until - now).total_seconds()) for name, until in budgets(journal.connection) if until}
    for name, backlog in backlogs.items():
        institution, _, rest = name.partition("/")
        _most(found, (institution, rest.partition("/")[0], "pace.backlog"), backlog)
    own = _of_accounts(found, accounts, backlogs, now)
    pairs = sorted({key[:2] for key in found} | {(each.institution, each.environment) for each in accounts})
    usual = [name for name in MEASURES if name not in OF_ACCOUNTS]
    return [
        *(Measure(one, where, name, found.get((one, where, name), 0.0)) for one, where in pairs for name in usual),
        *(Measure(*key, value) for key, value in own.items()),
    ]


def closings(accounts: Sequence[Account]) -> dict[str, list[Any]]:
    """When the counter of each service of the accounts closed last, as columns."""
    rows = [
        (each.institution, each.environment, each.account, service, at)
        for each in accounts
        for service, at in each.closed.items()
    ]
    names = ("institutions", "environments", "accounts", "services", "closed")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def needs_a_person(measures: Iterable[Measure]) -> bool:
    """Whether one of them says that something does not end by itself."""
    return any(
        each.value < CERTIFICATE_DAYS if each.name == "certificate.days" else each.name in _NEEDS and each.value > 0
        for each in measures
    )


def told(measures: Iterable[Measure]) -> Iterator[str]:
    """One line a measure, for a person: those that are not 0."""
    for each in measures:
        if each.value or each.name == "certificate.days":
            said = f"{each.institution}.{each.environment}.{each.name}"
            yield f"{said} {each.value:.2f}".removesuffix(".00") + f"  ({MEASURES[each.name]})"


def _add_open(found: dict[Key, float], row: Mapping[str, Any], now: datetime) -> None:
    at = row["institution"], row["environment"]
    found[(*at, f"submissions.{row['standing']}")] = float(row["n"])
    _most(found, (*at, "oldest.open"), (now - row["prepared"]).total_seconds())
    if row["standing"] == Standing.IN_DOUBT.value:
        _most(found, (*at, "oldest.in_doubt"), (now - row["moved"]).total_seconds())


def _of_accounts(
    found: dict[Key, float], accounts: Sequence[Account], backlogs: Mapping[str, float], now: datetime
) -> dict[Key, float]:
    """Of several accounts of one environment the one that is worst."""
    own: dict[Key, float] = {}
    for each in accounts:
        at = each.institution, each.environment
        if each.closed:
            missed = (*at, "submissions.missed")
            own[missed] = found.get(missed, 0.0)
        if each.window:
            backlog = max((b for of, b in backlogs.items() if f"{of}/".startswith(f"{each.name}/")), default=0.0)
            _most(own, (*at, "pace.used"), min(1.0, backlog / each.window.total_seconds()))
        if each.ends:
            days, left = (*at, "certificate.days"), float((each.ends - now).days)
            own[days] = min(left, own.get(days, left))
    return own


def _most(found: dict[Key, float], key: Key, value: float) -> None:
    found[key] = max(value, found.get(key, value))

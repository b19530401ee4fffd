"""Today's figures: what was sent, accepted, refused and left unanswered, by the hour and by the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from malote.journal import Journal


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one institution, in items. ``at`` is its beginning, aware."""

    institution: str
    at: datetime
    sent: int
    accepted: int
    refused: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One service since an instant, in items."""

    institution: str
    service: str
    sent: int
    accepted: int
    refused: int
    unanswered: int

    @property
    def share(self) -> float | None:
        """Accepted of those that got a verdict, 0 to 1; None where none did."""
        judged = self.accepted + self.refused
        return self.accepted / judged if judged else None


# A pouch at a time: its DAG is looked at once, not once a submission of it.
_SENT = """
    select s.pouch, {at} as at, sum(s.item_count) as sent, 0 as accepted, 0 as refused, 0 as unanswered
    from malote.submission as s where s.sent_at >= %(since)s group by 1, 2
"""
_LANDED = """
    select s.pouch, {at} as at, 0 as sent, sum(l.items_accepted) as accepted, sum(l.items_refused) as refused,
        sum(l.items_unanswered) as unanswered
    from malote.load as l join malote.submission as s on s.id = l.submission
    where l.landed_at >= %(since)s group by 1, 2
"""
_FIGURES = """
    select p.institution, {by}, sum(sent)::bigint as sent, sum(accepted)::bigint as accepted,
        sum(refused)::bigint as refused, sum(unanswered)::bigint as unanswered
    from ({sent} union all {landed}) as each join malote.pouch as p on p.id = each.pouch
    where split_part(p.id, '/', 1) = any (%(dags)s) group by 1, 2 order by 1, 2
"""


def hourly(journal: Journal, dags: Sequence[str], since: datetime) -> list[Hour]:
    """By institution and hour; an hour in which nothing happened is left out."""
    query = _FIGURES.format(
        by="at", sent=_SENT.format(at="date_trunc('hour', s.sent_at)"),
        landed=_LANDED.format(at="date_trunc('hour', l.landed_at)"),
    )  # fmt: skip
    return [Hour(**row) for row in journal.connection.execute(query, {"dags": list(dags), "since": since})]


def rates(journal: Journal, dags: Sequence[str], since: datetime) -> list[Rate]:
    """By institution and service."""
    query = _FIGURES.format(by="p.service", sent=_SENT.format(at="null"), landed=_LANDED.format(at="null"))
    return [Rate(**row) for row in journal.connection.execute(query, {"dags": list(dags), "since": since})]

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


_SENT = """
    select s.institution, s.service, date_trunc('hour', s.sent_at) as at, sum(s.item_count) as sent, 0 as accepted,
        0 as refused, 0 as unanswered
    from malote.submission as s
    where s.sent_at >= %(since)s and split_part(s.pouch, '/', 1) = any (%(dags)s) group by 1, 2, 3
"""
_LANDED = """
    select s.institution, s.service, date_trunc('hour', l.landed_at) as at, 0 as sent,
        sum(l.items_accepted) as accepted, sum(l.items_refused) as refused, sum(l.items_unanswered) as unanswered
    from malote.load as l join malote.submission as s on s.id = l.submission
    where l.landed_at >= %(since)s and split_part(s.pouch, '/', 1) = any (%(dags)s) group by 1, 2, 3
"""
_SUMS = "sum(sent)::bigint as sent, sum(accepted)::bigint as accepted, sum(refused)::bigint as refused, \
sum(unanswered)::bigint as unanswered"


def hourly(journal: Journal, dags: Sequence[str], since: datetime) -> list[Hour]:
    """By institution and hour; an hour in which nothing happened is left out."""
    rows = journal.connection.execute(
        f"""select institution, at, {_SUMS} from ({_SENT} union all {_LANDED}) as each
            group by institution, at order by institution, at""",
        {"dags": list(dags), "since": since},
    )
    return [Hour(**row) for row in rows]


def rates(journal: Journal, dags: Sequence[str], since: datetime) -> list[Rate]:
    """By institution and service."""
    rows = journal.connection.execute(
        f"""select institution, service, {_SUMS} from ({_SENT} union all {_LANDED}) as each
            group by institution, service order by institution, service""",
        {"dags": list(dags), "since": since},
    )
    return [Rate(**row) for row in rows]

"""Today's figures: what was sent, accepted, refused and left unanswered, by the hour and by the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the EFD-Reinf.

    :param month: e.g. ``2026-10``
    :param until: the day until which it is declared
    :param closed: by R-4099; None where nothing of it is known here
    :param missing: what of it is not declared yet, in Portuguese as ``report.reinf_competencia`` says it
    """

    month: str
    until: date
    closed: bool | None = None
    missing: str | None = None


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


_MONTHS = """
    select per_apur as month, fechada as closed, falta as missing from report.reinf_competencia
    where per_apur = any (%(months)s) and ambiente = %(environment)s and conta = %(account)s and exists (
        select 1 from malote.pouch as p where p.institution = 'reinf' and split_part(p.id, '/', 1) = any (%(dags)s))
"""


def months(
    journal: Journal, dags: Sequence[str], environment: str, account: str, dues: Mapping[str, date]
) -> list[Month]:
    """Where the months of a contributor stand, the newest first; of nobody's DAG only until when they are due.

    :param dues: month to until when it is declared
    """
    values = {"months": list(dues), "environment": environment, "account": account, "dags": list(dags)}
    known = {row["month"]: row for row in journal.connection.execute(_MONTHS, values)}
    return [Month(**{"month": each, "until": dues[each], **known.get(each, {})}) for each in sorted(dues, reverse=True)]

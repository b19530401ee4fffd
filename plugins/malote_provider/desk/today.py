"""Today, institution by institution: what its counter, pace and certificate say, and what moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from malote.desk import Hour, Month, Rate, hourly, months, rates
from malote.hours import ZONE
from malote_provider.desk.access import Reader
from malote_provider.desk.counters import Counters, counters

PIPELINE = {"bndes": ("financiamento", "contratacao", "liberacao")}
"""Services that follow each other: of those that were approved the next is asked for."""


@dataclass(frozen=True, slots=True)
class Day:
    """One institution today.

    :param reserved: requests of its budget that are taken now
    :param months: of an institution to which months are declared
    :param pipeline: name and number of each step: what was asked for first, then what each service approved
    """

    of: Counters
    hours: list[Hour]
    rates: list[Rate]
    reserved: int
    pipeline: list[tuple[str, int]]
    months: list[Month]


def days(reader: Reader, now: datetime) -> list[Day]:
    """All declared institutions."""
    hours = hourly(reader.journal, reader.dags, now - timedelta(hours=24))
    services = rates(reader.journal, reader.dags, now - timedelta(days=30))
    found = []
    for each in counters():
        own = [rate for rate in services if rate.institution == each.name]
        mine = [hour for hour in hours if hour.institution == each.name]
        found.append(
            Day(each, mine, own, _reserved(reader, each, now), _pipeline(each.name, own), _months(reader, each, now))
        )
    return found


def _reserved(reader: Reader, of: Counters, now: datetime) -> int:
    """The place in the rhythm that is taken lies so many gaps ahead: those requests are used up."""
    name, limit, _ = of.pace
    if not limit:
        return 0
    row = reader.journal.connection.execute("select tat from malote.pace where name = %s", (name,)).fetchone()
    ahead = row["tat"] - now if row else timedelta()
    return max(0, min(limit, -(-ahead // of.gap))) if ahead > timedelta() else 0


def _months(reader: Reader, of: Counters, now: datetime) -> list[Month]:
    if not of.due_day:
        return []
    from malote_provider.reinf import months_due

    dues = dict(months_due(now.astimezone(ZONE).date(), of.due_day))
    return months(reader.journal, reader.dags, of.environment, of.account, dues)


def _pipeline(institution: str, own: list[Rate]) -> list[tuple[str, int]]:
    steps = PIPELINE.get(institution, ())
    by_service = {rate.service: rate for rate in own}
    if not steps or steps[0] not in by_service:
        return []
    accepted = [(step, by_service[step].accepted if step in by_service else 0) for step in steps]
    return [("pedido", by_service[steps[0]].sent), *accepted]

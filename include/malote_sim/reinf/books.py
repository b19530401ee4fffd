"""What the Receita knows of one contributor: events by Id, receipt and key, and which months are closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from malote_sim.reinf.events import Event
from malote_sim.reinf.filed import ACTIVE, EXCLUDED, RECTIFIED, Filed
from malote_sim.reinf.kinds import CLOSING, EXCLUSION, REOPENING


class Books:
    """One contributor's. What is in them was accepted, but for `ids`."""

    def __init__(self) -> None:
        self.ids: dict[str, Filed] = {}
        """The first event that came with an Id, whatever became of it."""
        self.receipts: dict[str, Filed] = {}
        self.keys: dict[tuple[str, ...], list[Filed]] = {}
        """By code and key, in the order of acceptance."""
        self.months: dict[tuple[str, str], Filed] = {}
        """By series and period: the closing or reopening that was the last."""

    def of(self, event: Event) -> list[Filed]:
        """Those of its kind and key."""
        return self.keys.get((event.kind.code, *event.key), [])

    def active(self, event: Event) -> Filed | None:
        """The one of its kind and key that is active."""
        return next((each for each in reversed(self.of(event)) if each.situation == ACTIVE), None)

    def record(self, event: Event) -> Filed | None:
        """The active record of a table that this event is about: what is not itself an exclusao."""
        found = self.active(event)
        return found if found is not None and found.event.action != "exclusao" else None

    def all_active(self, *codes: str, period: str = "") -> Iterator[Filed]:
        """Every active event of these kinds, of that period if one is given."""
        for key, filed in self.keys.items():
            if key[0] in codes:
                yield from (
                    each for each in filed if each.situation == ACTIVE and (not period or each.event.period == period)
                )

    def closing(self, series: str, period: str) -> Filed | None:
        """What closed that month, while it is closed."""
        last = self.months.get((series, period))
        return last if last is not None and not last.event.reopens else None

    def valid_in(self, period: str) -> bool:
        """Whether there is a R-1000 for that month (any, where no month is told)."""
        return any(covers(each.event, period) for each in self.tables("R-1000"))

    def knows_process(self, number: str, period: str) -> bool:
        """Whether R-1070 has that process for that month."""
        return any(each.event.text("nrProc") == number and covers(each.event, period) for each in self.tables("R-1070"))

    def tables(self, code: str) -> list[Filed]:
        """The active records of a table."""
        return [each for each in self.all_active(code) if each.event.action != "exclusao"]

    def enter(self, filed: Filed, at: datetime) -> None:
        """An event is accepted: what it replaces, excludes, closes or opens changes with it."""
        event = filed.event
        group = event.kind.group
        if group == EXCLUSION:
            self.receipts[event.text("nrRecEvt")].end(EXCLUDED, at)
        elif group in (CLOSING, REOPENING):
            month = event.kind.series, event.period
            if month in self.months:
                self.months[month].end(EXCLUDED, at)
            self.months[month] = filed
        else:
            for each in self.of(event):
                if each.situation == ACTIVE:
                    each.end(EXCLUDED if event.action == "exclusao" else RECTIFIED, at)
        self.receipts[filed.receipt] = filed
        self.keys.setdefault((event.kind.code, *event.key), []).append(filed)


def covers(event: Event, period: str) -> bool:
    """Whether a table's record is valid in a month; every record is when no month is told."""
    start, end = event.text("iniValid"), event.text("fimValid")
    month = period[:7]
    return not month or (start <= month and (not end or month <= end))

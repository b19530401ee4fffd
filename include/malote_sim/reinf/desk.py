"""What the pretended EFD-Reinf does with lotes: protocols, processing in their order, receipts, what is declared."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from malote_sim.reinf import totals
from malote_sim.reinf.books import Books
from malote_sim.reinf.filed import Filed, Recebido, named, round_of
from malote_sim.reinf.judge import is_error, judge
from malote_sim.reinf.kinds import CLOSING, EXCLUSION, REOPENING, TABLE
from malote_sim.reinf.lote import Lote

_PLACES = 100
"""Receipts that one lote may need: their numbers follow from its own."""


class Desk:
    """The lotes by protocol, and the books of every contributor. No number is ever given out again."""

    def __init__(self) -> None:
        self._next = 1
        self.clear()

    def clear(self) -> None:
        """Forget all lotes."""
        self.lotes: dict[str, Recebido] = {}
        self.books: dict[tuple[str, str], Books] = {}
        self._named: dict[tuple[tuple[str, str], str], list[Filed]] = {}
        self._ids: dict[tuple[tuple[str, str], str], Filed] = {}
        self._in_turn: dict[tuple[tuple[str, str], str, tuple[str, ...]], list[Filed]] = {}
        """What ends what came before it: of each record of a table, and of each month of a series."""
        self._due: list[tuple[datetime, int, Recebido]] = []

    def enter(self, lote: Lote, *, at: datetime, wait: float, settings: Mapping[str, Any]) -> Recebido:
        """Take a lote in: it has a protocol from now on, and an outcome `wait` simulated seconds later."""
        ready, received = at + timedelta(seconds=wait), at.replace(microsecond=at.microsecond // 1000 * 1000)
        filed = []
        for place, sent in enumerate(lote.sent):
            name, known = named(sent), self._ids.get((lote.contributor, sent.id))
            same = known is not None and known.sent.same(sent)
            rounds = round_of(self._named.get((lote.contributor, name), []))
            reference = known.reference if known and same else name if rounds == 1 else f"{name} #{rounds}"
            filed.append(Filed(sent, place, reference, not same or settings["duplicates"] == "accepted", received))
            self._note(filed[-1], lote.contributor)
        entered = Recebido(self._next, self.next_protocol(settings, at), lote, received, ready, ready, filed)
        self.put(entered)
        return entered

    def restore(self, received: Recebido, settings: Mapping[str, Any]) -> None:
        """Take in a lote of before; what was due before it came is processed first."""
        self.process(received.received_at, settings)
        for each in received.filed:
            self._note(each, received.lote.contributor)
        self.put(received)

    def put(self, received: Recebido) -> None:
        """Take in a lote that has its number, and whose events are noted."""
        self._next = max(self._next, received.number + 1)
        self.lotes[received.protocol] = received
        heapq.heappush(self._due, (received.ready_at, received.number, received))

    def _note(self, filed: Filed, whose: tuple[str, str]) -> None:
        """Remember an event by Id and name, and what it ends unless it is refused."""
        self._ids.setdefault((whose, filed.sent.id), filed)
        if not filed.counted:
            return
        name, event = named(filed.sent), filed.sent.event
        self._named.setdefault((whose, name), []).append(filed)
        if event is None:
            return
        group = event.kind.group
        if group == EXCLUSION:
            books = self.books.get(whose, Books())
            target = books.receipts.get(event.text("nrRecEvt"))
            before = books.of(target.event) if target is not None else []
        elif group in (TABLE, CLOSING, REOPENING):
            about = event.kind.code if group == TABLE else event.kind.series
            before = self._in_turn.setdefault((whose, about, event.key), [])
        else:
            return
        for each in before:
            if named(each.sent) != name:
                each.enders.append(filed)
        if group != EXCLUSION:
            before.append(filed)

    def process(self, now: datetime, settings: Mapping[str, Any]) -> None:
        """Process all that is due, in the order in which it falls due, and in each lote in the order of the file."""
        while self._due and self._due[0][0] <= now:
            due_at, _, received = heapq.heappop(self._due)
            books = self.books.setdefault(received.lote.contributor, Books())
            for each in received.filed:
                self._decide(each, books, received, due_at, settings)
            received.decided = True

    def _decide(
        self, filed: Filed, books: Books, received: Recebido, at: datetime, settings: Mapping[str, Any]
    ) -> None:
        verdict = judge(filed, books, received.protocol, settings)
        filed.decided_at, filed.said = at, verdict.said
        if is_error(verdict):
            return
        if verdict.repeats is not None:
            filed.repeats, filed.receipt = verdict.repeats, verdict.repeats.receipt
            return
        filed.receipt = _receipt(filed, received, settings)
        books.enter(filed, at)
        closes = filed.event.kind.group == CLOSING
        filed.totals = totals.of_month(books, filed.event) if closes else totals.of_event(filed.event)

    def next_protocol(self, settings: Mapping[str, Any], at: datetime) -> str:
        """A protocol that nobody has: X.AAAAMM.N, where X is 1 in production and 2 in produção restrita."""
        where = 1 if settings["environment"] == "producao" else 2
        return str(settings["protocol"].format(ambiente=where, mes=f"{at:%Y%m}", number=self._next))

    def same(self, lote: Lote) -> Recebido | None:
        """The first lote with these bytes."""
        return next((each for each in self.lotes.values() if each.sha256 == lote.sha256), None)

    def all_filed(self) -> Iterator[Filed]:
        """Every event of every lote."""
        for received in self.lotes.values():
            yield from received.filed

    def declared(self) -> Counter[str]:
        """How often a receipt of its own was given for each reference."""
        return Counter(each.reference for each in self.all_filed() if each.accepted)

    def months(self) -> dict[str, str]:
        """Which months were closed, and whether they are open again."""
        return {
            "/".join((nr_insc, *month)): "aberto" if last.event.reopens else "fechado"
            for (_, nr_insc), books in self.books.items()
            for month, last in books.months.items()
        }

    def same_bytes(self) -> dict[str, int]:
        """The lotes that were taken more than once."""
        times = Counter(each.sha256 for each in self.lotes.values())
        return {sha256: count for sha256, count in times.items() if count > 1}


def _receipt(filed: Filed, received: Recebido, settings: Mapping[str, Any]) -> str:
    """As X wants it: number, tpAmb in two digits, kind, AAMM (AAMMDD of a day), number."""
    event, number = filed.event, received.number * _PLACES + filed.place + 1
    when = (event.text("dtApuracao") or event.period or event.text("iniValid") or "2000-01").replace("-", "")[2:]
    where = "01" if settings["environment"] == "producao" else "02"
    return f"{number}-{where}-{event.kind.number}-{when}-{number}"

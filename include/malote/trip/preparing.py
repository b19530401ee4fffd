"""Renders a selection and takes it into the journal: all of it or nothing, before any socket opens."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import psycopg

from malote import cards
from malote.archive import Archive
from malote.errors import Misconfigured, Problem
from malote.institution import Institution, Row
from malote.journal import Journal
from malote.milestones import Milestones
from malote.reference import Named
from malote.submission import NORMAL, Document, Holder, Order, Stored
from malote.texts import english
from malote.treaty import HOLDS
from malote.trip.kit import Kit

log = logging.getLogger("malote.trip.preparing")

_TOGETHER = 500  # documents about which the journal is asked at once


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a selection became: documents and items taken in, and items held back, by reason.

    :param held_because: reason of :class:`malote.submission.Holder` to how many
    :param problems: of rows that were left out, where the order asked for the valid rest to travel
    """

    submissions: int
    items: int
    held_because: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def held(self) -> int:
        """How many items were held back in all."""
        return sum(self.held_because.values())


def prepare(order: Order, rows: Iterable[Row], kit: Kit, *, refused_too: bool) -> Prepared:
    """Render the rows and take the documents in, in one transaction.

    :param rows: read again where another run took an item meanwhile, so better no bare iterator
    :param refused_too: items that the institution refused travel again
    :raises Invalid: with every problem of the selection; nothing of it travels then
    :raises Misconfigured: where a param holds a card number
    """
    if cards.holding((order.pouch, order.params)):
        raise Misconfigured(
            english("s_param_holds", holds=HOLDS), institution=kit.institution.name,
            todo=english("s_do_params"),
            kept=english("s_kept_neither"),
        )  # fmt: skip
    institution, journal, archive, checkpoint = kit.institution, kit.journal, kit.archive, kit.checkpoint
    journal.open_pouch(order, institution)
    order = replace(order, at=kit.clock.now())
    while True:
        selection = _Selection(order, institution, journal, refused_too=refused_too)
        try:
            with journal.intake(order, institution) as intake:
                checkpoint("rows selected")
                for document in selection.documents(Named(_Watched(rows, kit), institution.named_by), archive):
                    checkpoint("document ready")
                    intake.add(document)
                    del document  # its 27,000 items need not be alive while the next lot's are made
        except Exception as error:
            for stored in selection.taken:
                if stored.sealed:  # nothing refers to it any more
                    archive.purge(stored)
            if not isinstance(error, psycopg.errors.UniqueViolation) or iter(rows) is rows:
                raise
            log.info("another run took some of the same items meanwhile: selecting again")
            continue
        checkpoint("intent saved")
        journal.held(selection.noted)
        because = dict(sorted(selection.held.items()))
        if because:
            listed = "; report.retidas lists those that a person may free" if selection.noted else ""
            log.info("held back: %s%s", ", ".join(f"{n} {reason}" for reason, n in because.items()), listed)
        return Prepared(len(selection.taken), selection.items, because, tuple(selection.problems))


class _Watched:
    """The rows, while the log says how far their rendering has come; read again by each iteration."""

    def __init__(self, rows: Iterable[Row], kit: Kit) -> None:
        self._rows, self._kit = rows, kit

    def __iter__(self) -> Iterator[Row]:
        far = Milestones(self._kit.clock, log, "rendering", "rows", stride=100)
        for row in self._rows:
            yield row
            far.passed()


@dataclass(slots=True)
class _Selection:
    """One reading of the rows: what it asks the journal, and what comes of it."""

    order: Order
    institution: Institution
    journal: Journal
    refused_too: bool
    held: Counter[str] = field(default_factory=Counter)
    noted: list[Holder] = field(default_factory=list)
    items: int = 0
    taken: list[Stored] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def documents(self, rows: Iterable[Row], archive: Archive) -> Iterator[Document]:
        rendered = self.institution.render(self.order, rows, archive, self._free, self._number)
        changed_only = self.order.service in self.institution.rules.refused_unchanged
        for each in self._changed(rendered) if changed_only else rendered:
            if isinstance(each, Problem):
                self.problems.append(each)
            else:
                self.taken.append(each.stored)
                self.items += len(each.items)
                yield each
            del each

    def _free(self, operation: str, references: Sequence[str]) -> set[str]:
        scope = self.institution.scope(self.order.service, operation)
        unasked = not self.refused_too
        holders = self.journal.holders(scope, references, pouch=self.order.pouch, refused_too=unasked)
        self._hold(holders.values())
        return set(references) - holders.keys()

    def _number(self, sequence: str, start: int) -> int:
        return self.journal.number(sequence, pouch=self.order.pouch, start=start)

    def _changed(self, rendered: Iterator[Document | Problem]) -> Iterator[Document | Problem]:
        """A document of which each item was refused in the very same bytes is held back."""
        while batch := list(islice(rendered, _TOGETHER)):
            asked = [
                (self.institution.scope(self.order.service, each.operation), item.reference, each.stored.sha256)
                for each in batch if isinstance(each, Document) for item in each.items
            ]  # fmt: skip
            refused = {
                (holder.reference, holder.sha256): holder
                for holder in self.journal.refused_as(asked)
                if holder.message is None or self.institution.refusal_stands(holder.message)
            }
            for each in batch:
                if isinstance(each, Document):
                    holders = [refused.get((item.reference, each.stored.sha256)) for item in each.items]
                    if all(holders):
                        self._hold(holder for holder in holders if holder)
                        continue
                yield each

    def _hold(self, holders: Iterable[Holder]) -> None:
        for holder in holders:
            self.held[holder.reason] += 1
            if holder.reason not in NORMAL:
                self.noted.append(holder)

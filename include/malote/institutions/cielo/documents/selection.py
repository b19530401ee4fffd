"""One selection on its way into lots: what may travel, what is good, and everything that is wrong with it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from malote.errors import Misconfigured, Problem
from malote.institution import Free, Row
from malote.institutions.cielo.documents.cards import SEALED, Opener
from malote.institutions.cielo.documents.frame import Frame, misfit
from malote.institutions.cielo.documents.money import Checks
from malote.institutions.cielo.documents.rows import Batch, Columns, by_column
from malote.institutions.cielo.rules import Operation
from malote.texts import english
from malote.treaty import EXPLAINED, Treaty

SMALL = 27_000
"""References of which a set may be kept: about a lot's, whose items hold them anyway."""

BATCH = 1000
"""Rows that are looked at together: one question to the journal, one look at libxml2's verdict."""

_BUCKETS = 4096
"""For the hashes of references, a power of two: with fewer, looking through one costs more the more there are."""


class Selection:
    """What is known of one selection so far.

    :param now: the instant of preparing
    :param room: bytes that one item may have
    :param rest: whether the others travel where a row is wrong
    """

    def __init__(
        self,
        agreed: Treaty,
        operation: Operation,
        checks: Checks,
        frame: Frame,
        opener: Opener,
        *,
        now: datetime,
        room: int,
        rest: bool,
    ) -> None:
        self.problems: list[Problem] = []
        self._columns_wrong: list[Problem] = []
        self._agreed, self._operation, self._checks, self._frame = agreed, operation, checks, frame
        self._opener, self._now, self._room, self._rest = opener, now, room, rest
        self._bound: dict[tuple[str, ...], Columns] = {}
        self._seen, self._once = _Seen(), _Seen()
        self._explain = EXPLAINED

    @property
    def blocked(self) -> bool:
        """Nothing of it may travel any more."""
        return bool(self._columns_wrong or (self.problems and not self._rest))

    def all_problems(self) -> tuple[Problem, ...]:
        """Those of the columns, then those of the rows."""
        return (*self._columns_wrong, *self.problems)

    def batches(self, rows: Iterable[Row], free: Free) -> Iterator[Batch]:
        """The rows that may travel, every rule beyond the treaty looked at."""
        source = iter(rows)
        while some := list(islice(source, BATCH)):
            names, values = by_column(some)
            given = values[names.index("reference")] if "reference" in names else (None,) * len(some)
            references = self._references(given)
            named = list(filter(None, references))
            may = free(self._operation.code, named) if named else set()
            columns = self._columns(names)
            batch = Batch(columns, references, columns.given(values))
            if len(may) < len(some):
                places = [place for place, each in enumerate(references) if each in may]
                batch, some = batch.some(places), [some[place] for place in places]
            if SEALED in names:
                batch = self._opened(some, batch)
            if len(batch):
                batch.look(self._operation, self._now, self._frame.home)
                self._look_once(batch)
                yield batch

    def judged(self, batch: Batch) -> Batch:
        """The rows that break no rule and not the treaty; what the others break is noted.

        :raises Misconfigured: where what stands around the items breaks the treaty
        """
        written = batch.texts(self._frame.leads(1, batch.references))
        records = [(str(at), None, text) for at, text in enumerate(written)]
        found = self._agreed.problems(self._frame.around(1), records, self._explain)
        if any(problem.reference is None for problem in found):
            raise misfit(english("s_cielo_frame"))
        self._explain = max(self._explain - len({problem.reference for problem in found}), 0)
        for problem in found:
            if (blamed := self._frame.blamed(problem)) is not None:
                raise self._frame_misfit(blamed)
            batch.note(int(problem.reference or 0), ((problem.path, problem.rule),))
        for place, text in enumerate(written):
            if len(text) * 4 > self._room and (size := len(text.encode()) + 1) > self._room:
                rule = english("s_row_too_large", size=size, room=self._room)
                batch.note(place, ((str(self._agreed.record.local_name), rule),))
        for place in sorted(batch.broken):
            self.problems += batch.problems(place)
        return batch.some([place for place in range(len(batch)) if place not in batch.broken])

    @staticmethod
    def _frame_misfit(blamed: str) -> Misconfigured:
        return misfit(english("s_cielo_every", blamed=blamed))

    def _look_once(self, batch: Batch) -> None:
        """Note what may stand once in a selection and stands there again."""
        if once := self._checks.once:
            there = [(place, str(each)) for place, each in enumerate(batch.column(once[0]) or ()) if each is not None]
            for at in self._once.again([text for _, text in there]):
                batch.note(there[at][0], (once,))

    def _opened(self, rows: Sequence[Row], batch: Batch) -> Batch:
        """The rows with what their sealed cards hold as columns."""
        if not rows:
            return batch
        opened = [self._opener.open(row) for row in rows]
        names, values = by_column([row for row, _ in opened])
        columns = self._columns(names)
        found = Batch(columns, batch.references, columns.given(values))
        found.broken = {place: [(SEALED, rule)] for place, (_, rule) in enumerate(opened) if rule}
        return found

    def _columns(self, names: tuple[str, ...]) -> Columns:
        if names not in self._bound:
            fixed = self._frame.fixed()
            self._bound[names] = Columns(self._agreed, names, self._checks, fixed, self._columns_wrong)
            ours = {each.path for each in fixed} - set(names)
            if blamed := next(
                filter(None, map(self._frame.blamed, (p for p in self._columns_wrong if p.path in ours))), None
            ):
                raise self._frame_misfit(blamed)
        return self._bound[names]

    def _references(self, given: Sequence[Any]) -> list[str]:
        """The references of rows as text; "" for one that is none, which is noted."""
        found = ["" if each is None else str(each) for each in given]
        if not all(map(str.strip, found)):
            for place, each in enumerate(found):
                if not each.strip():
                    self.problems.append(Problem(None, "reference", english("s_row_empty")))
                    found[place] = ""
        for place in self._seen.again(found):
            reference, found[place] = found[place], ""
            if reference:
                self.problems.append(Problem(reference, "reference", english("s_row_twice")))
        return found


class _Seen:
    """The references of a selection: a set of them, as long as it is small; then their hashes, 8 bytes each.

    A set of all of them would outgrow the lot; hashes alone cost four times the set's time.
    """

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._hashes: list[bytearray] = []

    def again(self, references: Sequence[str]) -> list[int]:
        """The places of those that were seen before; all are now."""
        if not self._hashes and len(self._texts) >= SMALL:
            self._hashes = [bytearray() for _ in range(_BUCKETS)]
            self._hash(list(self._texts))
            self._texts = set()
        if self._hashes:
            return self._hash(references)
        if self._texts.isdisjoint(references) and len(set(references)) == len(references):
            self._texts.update(references)
            return []
        twice = []
        for place, reference in enumerate(references):
            if reference in self._texts:
                twice.append(place)
            self._texts.add(reference)
        return twice

    def _hash(self, references: Sequence[str]) -> list[int]:
        hashes = array("q", map(hash, references))
        keys, twice = hashes.tobytes(), []
        buckets = map(self._hashes.__getitem__, [each & (_BUCKETS - 1) for each in hashes])
        for at, bucket in zip(range(0, len(keys), 8), buckets, strict=True):
            key = keys[at : at + 8]
            if key in bucket:
                twice.append(at // 8)
            else:
                bucket += key
        return twice

"""Rows to lots: one EC and one operation each, streamed, judged while they are written, cut at the limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate

from malote.archive import Archive, Sheet
from malote.errors import Invalid, Problem
from malote.institution import Free, Number, Row
from malote.institutions.cielo.documents.cards import Opener
from malote.institutions.cielo.documents.frame import DECLARATION, KEPT, Frame, Sender, day, items_per_lot, lot_number
from malote.institutions.cielo.documents.money import checks
from malote.institutions.cielo.documents.rows import Batch, lot
from malote.institutions.cielo.documents.selection import Selection
from malote.institutions.cielo.rules import LARGEST_LOT, OPERATIONS
from malote.submission import Document, Item, Order
from malote.texts import english
from malote.treaty import Treaty, Verdict

FOLDER = "cielo/sent"

FEW = 20
"""Rows among which the first good one of a lot is looked for before its number is taken."""


def lots(
    order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number, sender: Sender
) -> Iterator[Document | Problem]:
    """Rows to lots, in the order of the SQL; memory does not grow with the selection.

    Params: `items_per_lot`; `valid_rest`, where it is true a wrong row is left out and its problems are yielded.

    :raises Invalid: with every problem of the selection
    :raises Misconfigured: where the connection, the params, the key or the schemas are wrong
    """
    operation, rules = OPERATIONS[order.service], sender.rules
    agreed = lot(sender.folder, operation.element)
    frame = Frame(agreed, operation, sender)
    most, date = items_per_lot(order.params, rules.lot_items), day(order.at)
    selection = Selection(
        agreed,
        operation,
        checks(order.service, rules.capture_within),
        frame,
        Opener(archive.unseal_text),
        now=order.at,
        room=rules.lot_bytes - _bytes_around(frame),
        rest=str(order.params.get("valid_rest")).lower() == "true",
    )
    stream = _Stream(selection, selection.batches(rows, free))
    while stream.begins():
        taken = lot_number(number(sender.sequence, rules.first_lot))
        items: list[Item] = []
        name = frame.name(taken, date)
        with suppress(_Discard), archive.write(FOLDER, name, sealed=True) as sheet:
            items = _Lot(agreed, frame, taken, sheet).filled(stream, most, rules.lot_bytes)
        yield from stream.noted()
        if items:
            facts = {"numero_lote": taken, "data": date}
            yield Document(operation.code, name, sheet.stored, tuple(items), facts)
            del items
    yield from stream.noted()
    if selection.blocked:
        raise _invalid(selection.all_problems())


class _Discard(Exception):
    """Ends a with-block so that the archive keeps nothing of it."""


class _Stream:
    """The rows of a selection, batch by batch, of which some may be put back."""

    def __init__(self, selection: Selection, batches: Iterator[Batch]) -> None:
        self.selection = selection
        self._batches = batches
        self._back: list[Batch] = []

    def begins(self) -> bool:
        """Whether another lot begins: a good row waits. Where nothing may travel any more, the rest is judged."""
        while batch := self._next():
            if len(batch) > FEW and not self.selection.blocked:  # a few tell as much as all of them, mostly
                self.back(batch.part(FEW))
                batch = batch.part(0, FEW)
            good = self.selection.judged(batch)
            if len(good) and not self.selection.blocked:
                self.back(good)
                return True
        return False

    def next(self) -> Batch | None:
        """The next rows for a lot that is being written; None at the end.

        :raises _Discard: where nothing may travel any more
        """
        batch = self._next()
        if self.selection.blocked:
            if batch:
                self.back(batch)
            raise _Discard
        return batch

    def back(self, batch: Batch) -> None:
        """Put rows back: what was put back last comes first."""
        self._back.append(batch)

    def good(self, batch: Batch) -> Batch:
        """The good ones among rows of which one is wrong.

        :raises _Discard: where nothing may travel any more
        """
        good = self.selection.judged(batch)
        if self.selection.blocked:
            raise _Discard
        return good

    def _next(self) -> Batch | None:
        return self._back.pop() if self._back else next(self._batches, None)

    def noted(self) -> Iterator[Problem]:
        """The problems of rows that were left out, each once."""
        if not self.selection.blocked:
            problems, self.selection.problems = self.selection.problems, []
            yield from problems


class _Lot:
    """One lot that is being written: every byte goes to libxml2 before it goes to the archive."""

    def __init__(self, agreed: Treaty, frame: Frame, number: int, sheet: Sheet) -> None:
        self._agreed, self._frame, self._number, self._sheet = agreed, frame, number, sheet
        head, tail = frame.around(number)
        self._head, self._tail = (DECLARATION + head).encode(), tail.encode()
        self._verdict = Verdict(agreed)

    def filled(self, stream: _Stream, most: int, limit: int) -> list[Item]:
        """Its items: as many as wait, or as fit."""
        if not self._verdict.good(self._head):
            raise _as_a_whole(self._agreed)
        self._sheet.write(self._head)
        room = limit - len(self._head) - len(self._tail)
        items: list[Item] = []
        while len(items) < most and (batch := stream.next()):
            if len(batch) > (left := most - len(items)):
                stream.back(batch.part(left))
                batch = batch.part(0, left)
            written = self._written(batch)
            if batch.broken:
                batch = stream.good(batch)
                written = self._written(batch)
            data = _lines(written)
            if len(data) > room:
                fits = bisect_right(list(accumulate(len(each) + 1 for each in written)), room)
                stream.back(batch.part(fits))
                batch, most = batch.part(0, fits), 0
                data = _lines(written[:fits])
            if not self._verdict.good(data):
                batch = stream.good(batch)
                data = self._judged_again(_lines(self._written(batch)))
            self._sheet.write(data)
            items += batch.items()
            room -= len(data)
        if not (self._verdict.good(self._tail) and self._verdict.whole()):
            raise _as_a_whole(self._agreed)
        self._sheet.write(self._tail)
        return items

    def _written(self, batch: Batch) -> list[bytes]:
        """The items; encoded one by one, because most are ASCII and that is ten times faster."""
        texts = batch.texts(self._frame.leads(self._number, batch.references))
        return [text.encode() for text in texts]

    def _judged_again(self, data: bytes) -> bytes:
        """What is left of a batch after its wrong items were taken out, seen by a parser that has met no wrong one."""
        self._verdict = Verdict(self._agreed)
        if not (self._verdict.good(self._head) and self._verdict.good(data)):
            raise _as_a_whole(self._agreed)
        return data


def _lines(written: list[bytes]) -> bytes:
    return b"\n".join([*written, b""])


def _bytes_around(frame: Frame) -> int:
    return len("".join((DECLARATION, *frame.around(LARGEST_LOT))).encode())


def _as_a_whole(agreed: Treaty) -> Invalid:
    root = str(agreed.element.local_name)
    return _invalid((Problem(None, root, english("s_row_whole")),))


def _invalid(problems: tuple[Problem, ...]) -> Invalid:
    return Invalid(
        english("s_problems", n=len(problems)),
        institution="cielo",
        problems=problems,
        todo=english("s_do_rows_rest"),
        kept=KEPT,
    )

"""Which landed row is about which item that was sent, and what therefore became of each item."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from malote.institution import AnswerRow

_UNANSWERED, _REFUSED, _UNKNOWN, _ACCEPTED = range(4)
_RANK = {"refused": _REFUSED, "unanswered": _UNKNOWN, "accepted": _ACCEPTED}


@dataclass(frozen=True, slots=True)
class Tally:
    """How an answer relates to what was sent; the figures of ``malote.load``."""

    rows: int
    accepted: int
    refused: int
    unanswered: int
    answered_twice: int
    unmatched: int


class Matching:
    """The items of one submission, and the rows of its answer as they pass.

    The n-th row that names a thing is about the n-th item of that name, surplus rows about the last one. An item is
    accepted where any row says so, locked (``unanswered``) where none does or one has a status that we do not know, and
    refused, thus free, only where every row about it refuses it.

    :param items: ``(reference, echo)`` of the items by ordinal, ``echo`` being what the institution calls them
    """

    def __init__(self, items: Iterable[tuple[str, str | None]]) -> None:
        self._references: list[str] = []
        self._named: dict[str, list[int] | int] = {}
        for at, (reference, echo) in enumerate(items):
            self._references.append(reference)
            name = echo or reference
            held = self._named.get(name)
            if held is None:
                self._named[name] = at
            else:
                self._named[name] = [*(held if isinstance(held, list) else [held]), at]
        self._best = array("b", bytes(len(self._references)))
        self._answers = array("i", bytes(4 * len(self._references)))
        self._said: dict[int, tuple[str | None, str | None]] = {}
        self._rows = self._unmatched = 0

    def reference(self, row: AnswerRow) -> str | None:
        """The reference of the item that this row is about, or None where it is about nothing that was sent."""
        echo, outcome, code, message = row[-4:]
        self._rows += 1
        at = self._named.get(echo) if echo else None
        if at is None:
            self._unmatched += 1
            return None
        if isinstance(at, list):
            at = next((each for each in at if not self._answers[each]), at[-1])
        self._answers[at] += 1
        rank = _RANK[outcome or "unanswered"]
        if rank > self._best[at]:
            self._best[at] = rank
            if rank == _ACCEPTED:
                self._said.pop(at, None)
            else:
                self._said[at] = (code, message)
        return self._references[at]

    @property
    def strange(self) -> bool:
        """There are rows, and not one is about an item that was sent: this is somebody else's answer."""
        return self._rows > 0 and self._unmatched == self._rows

    def exceptions(self) -> Iterator[tuple[int, str, str | None, str | None]]:
        """``(ordinal, standing, code, message)`` of the items that were not accepted."""
        for at, best in enumerate(self._best):
            if best != _ACCEPTED:
                yield at + 1, "refused" if best == _REFUSED else "unanswered", *self._said.get(at, (None, None))

    def tally(self) -> Tally:
        """The figures, once every row has passed."""
        accepted, refused = self._best.count(_ACCEPTED), self._best.count(_REFUSED)
        return Tally(
            rows=self._rows,
            accepted=accepted,
            refused=refused,
            unanswered=len(self._best) - accepted - refused,
            answered_twice=sum(1 for n in self._answers if n > 1),
            unmatched=self._unmatched,
        )

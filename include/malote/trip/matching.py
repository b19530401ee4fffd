"""Which landed row is about which item that was sent, and what therefore became of each item."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from malote.institution import AnswerRow
from malote.reference import normal

_UNANSWERED, _NOTED, _REFUSED, _FOR_GOOD, _UNKNOWN, _ACCEPTED = range(6)
_OUTCOME = ("unanswered", None, "refused", "refused_for_good", "unanswered", None)
_RANK = {"noted": _NOTED, "refused": _REFUSED, "refused_for_good": _FOR_GOOD, "unanswered": _UNKNOWN, None: _UNKNOWN}
_RANK |= {"accepted": _ACCEPTED}

_WORDS, _LONGEST = 5, 500


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

    A row is about the item whose tag it bears; otherwise the n-th row that names a thing is about the n-th item of that
    name, surplus rows about the last one. An item is accepted where any row says so, locked (``unanswered``) where none
    does or one has a status that we do not know, and refused only where every row about it refuses it; it is free only
    where not one refuses it for good. A row that only notes something (``noted``) accepts it where it stands alone.

    :param references: those of the items, by ordinal
    :param echoes: what the institution calls each of them, None where that is its reference, as for all without it
    :param tags: what each is called inside the document, see :meth:`malote.institution.Institution.tags`
    :param own: the place in a row of the institution's own name for the item; one that has an echo is found by it too
    """

    def __init__(
        self,
        references: Sequence[str] = (),
        echoes: Sequence[str | None] | None = None,
        tags: Sequence[str] | None = None,
        own: int | None = None,
    ) -> None:
        self._references = references
        self._echoed = {echo: at for at, echo in enumerate(echoes or ()) if echo} if own is not None else {}
        self._own = own or 0
        self._tagged = dict(zip(tags or (), range(len(references)), strict=False))
        names = references
        if echoes:
            names = [echo or reference for reference, echo in zip(references, echoes, strict=True)]
        self._named = dict(zip(names, range(len(names)), strict=True))
        self._shared = _shared(names) if len(self._named) < len(names) else {}
        self._best = array("b", bytes(len(names)))
        self._answers = array("i", bytes(4 * len(names)))
        self._said: dict[int, tuple[str | None, str | None]] = {}
        self._rows = self._unmatched = self._foreign = 0
        self._tag_seen = False
        self._words: dict[str, None] = {}

    def landed(self, submission: str, rows: Iterable[AnswerRow]) -> Iterator[tuple[Any, ...]]:
        """Each row as it lands: ``submission, ordem, reference``, then the institution's own columns.

        The reference is that of the item it is about, or None where it is about nothing that was sent.
        """
        # A hundred thousand rows pass here while the server waits for them: no call for each.
        named, shared, best, answers, said = self._named, self._shared, self._best, self._answers, self._said
        tagged, references, ordem, bears = self._tagged, self._references, 0, False
        for ordem, row in enumerate(rows, 1):
            echo, outcome, code, message = row[-4:]
            at = tag = None
            if type(echo) is tuple:
                tag, echo = echo
                if (at := tagged.get(tag)) is not None:
                    bears, echo = True, None
            if at is None and (at := named.get(echo)) is None:
                at, echo = self._otherwise(echo, row)
            if at is None:
                self._nobodys(echo or tag, code, message)
                yield (submission, ordem, None, *row[:-4])
                continue
            if shared and echo in shared:
                at = next((each for each in shared[echo] if not answers[each]), at)
            answers[at] += 1
            rank = _RANK[outcome]
            if rank > best[at]:
                best[at] = rank
                if _OUTCOME[rank]:
                    said[at] = code, message
                elif said:
                    said.pop(at, None)
            yield (submission, ordem, references[at], *row[:-4])
        self._rows, self._tag_seen = ordem, bears

    def _otherwise(self, echo: Any, row: AnswerRow) -> tuple[int | None, Any]:
        """The item by another spelling of its name, or by the institution's own; and that name."""
        if (at := self._named.get(echo := _spelt(echo))) is not None or not self._echoed:
            return at, echo
        own = row[self._own]
        return (at, own) if (at := self._echoed.get(own)) is not None else (None, echo)

    def _nobodys(self, name: Any, code: str | None, message: str | None) -> None:
        self._unmatched += 1
        self._foreign += bool(name)
        if not name and (code or message) and len(self._words) < _WORDS:
            self._words[_said(code, message)] = None

    def unmentioned(self, submission: str, own: tuple[str | None, ...]) -> Iterator[tuple[Any, ...]]:
        """A further row with these own columns for each item that no row was about, once every row has passed."""
        silent = (at for at, n in enumerate(self._answers) if not n)
        for ordem, at in enumerate(silent, self._rows + 1):
            yield (submission, ordem, self._references[at], *own)

    @property
    def tags(self) -> Container[str]:
        """What the items are called inside the document."""
        return self._tagged

    @property
    def rows(self) -> int:
        """How many rows have passed."""
        return self._rows

    @property
    def strange(self) -> bool:
        """This is somebody else's answer: more of its rows name something else than name an item that was sent, and
        none bears a tag, which nobody else's could. A row that names nobody says nothing about whose it is."""
        return self._foreign > self._rows - self._unmatched and not self._tag_seen

    @property
    def words(self) -> str | None:
        """What the institution says in rows that name nobody: their codes and messages, each once, bounded."""
        return "; ".join(self._words)[:_LONGEST] or None

    def exceptions(self) -> Iterator[tuple[int, str, str | None, str | None]]:
        """``(ordinal, outcome, code, message)`` of the items that were not accepted."""
        for at, best in enumerate(self._best):
            if outcome := _OUTCOME[best]:
                yield at + 1, outcome, *self._said.get(at, (None, None))

    def news(self) -> Iterator[tuple[int, str | None, str | None, str | None]]:
        """The same of every item that a row was about, with None as the outcome of one that was accepted."""
        for at, best in enumerate(self._best):
            if self._answers[at]:
                yield at + 1, _OUTCOME[best], *self._said.get(at, (None, None))

    def tally(self) -> Tally:
        """The figures, once every row has passed."""
        accepted = self._best.count(_ACCEPTED) + self._best.count(_NOTED)
        refused = self._best.count(_REFUSED) + self._best.count(_FOR_GOOD)
        return Tally(
            rows=self._rows,
            accepted=accepted,
            refused=refused,
            unanswered=len(self._best) - accepted - refused,
            answered_twice=sum(1 for n in self._answers if n > 1),
            unmatched=self._unmatched,
        )


def _spelt(echo: Any) -> Any:
    return normal(echo) if echo else echo


def _said(code: str | None, message: str | None) -> str:
    return f"{code}: {message}" if code and message else code or message or ""


def _shared(names: Sequence[str]) -> dict[str, list[int]]:
    """The names that several items share, with those items in order."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        found.setdefault(name, []).append(at)
    return {name: each for name, each in found.items() if len(each) > 1}

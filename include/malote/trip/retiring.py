"""Lets go of what is over for long enough, in small batches; what may not travel twice stays."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from malote import INSTITUTIONS
from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import day_of
from malote.errors import Misconfigured
from malote.institution import load
from malote.journal import Journal, Over
from malote.texts import english

log = logging.getLogger("malote.trip.retiring")

PARTS = ("files", "landed", "story")
"""Files of the archive; landed rows; items and events. In the order in which they go."""

YOUNGEST = timedelta(days=60)
"""Of anything younger, reports are still written anew, late answers land, and people ask."""

_TOGETHER, _ITEMS = 500, 25_000


@dataclass(slots=True)
class Retired:
    """What went: submissions by part, landed rows, files, and the items that the register keeps.

    ``not_exported`` counts submissions that stay until an export has come to them.
    """

    submissions: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    files: int = 0
    items: int = 0
    not_exported: int = 0

    def __str__(self) -> str:
        parts = ", ".join(f"{part} of {n} submissions" for part, n in self.submissions.items())
        stay = f"; {self.not_exported} submissions stay until they are exported" if self.not_exported else ""
        return f"{parts or 'nothing'}: {self.files} files, {self.rows} landed rows; {self.items} references kept{stay}"


def retire(
    journal: Journal,
    before: Mapping[str, datetime],
    archive: Archive | None = None,
    *,
    checkpoint: Checkpoint = pass_by,
) -> Retired:
    """Let go of each part of what was over before its instant; stopped at any moment, the next one goes on.

    :param before: by part, see :data:`PARTS`; a part that is not named stays
    :param archive: where the files are; needed for ``files``
    :raises Misconfigured: for an instant younger than :data:`YOUNGEST`; for a story that would go before its rows
    """
    _checked(journal, before)
    done = Retired()
    if "landed" in before or "story" in before:
        journal.count_lots()  # reports go on from these counts
    for part in (part for part in PARTS if part in before):
        for batch in _batches(journal, part, before[part]):
            ids = [each.id for each in batch]
            if part == "files":
                assert archive is not None
                done.files += _without_files(journal, archive, batch, before[part])
            elif part == "landed":
                done.rows += journal.retire_landed(ids)
            else:
                journal.retire(ids)
            done.submissions[part] = done.submissions.get(part, 0) + len(ids)
            checkpoint(f"{part} retired")
    done.items = journal.fold(checkpoint)
    if "landed" in before and (left := journal.not_exported(before["landed"])):
        done.not_exported = left
        log.warning("%d submissions are not exported yet, and stay until they are (`malote export`)", left)
    return done


def _checked(journal: Journal, before: Mapping[str, datetime]) -> None:
    now = journal.clock.now()
    for part, at in before.items():
        if at > now - YOUNGEST:
            raise Misconfigured(
                english("s_retire_young", part=part, day=day_of(at)), kept=english("s_kept_all"),
                todo=english("s_do_youngest", days=YOUNGEST.days),
            )  # fmt: skip
    if "story" in before and ("landed" not in before or before["story"] > before["landed"]):
        raise Misconfigured(
            english("s_retire_story"), kept=english("s_kept_all"),
            todo=english("s_do_keep_rows"),
        )  # fmt: skip


def _batches(journal: Journal, part: str, before: datetime) -> Iterator[list[Over]]:
    """So many submissions, or so many items, at a time: a batch takes a second, and so do those who wait for it."""
    lasting = [(name, service) for name in INSTITUTIONS for service in load(name).lasting] if part == "landed" else []
    after = 0
    while found := journal.over(part, before, after=after, limit=_TOGETHER, without=lasting):
        batch: list[Over] = []
        for each in found:
            if batch and sum(one.items for one in batch) + each.items > _ITEMS:
                yield batch
                batch = []
            batch.append(each)
        yield batch
        after = found[-1].number


def _without_files(journal: Journal, archive: Archive, batch: list[Over], before: datetime) -> int:
    """Bytes first, then the note: stopped in between, they are looked for again. What others hold too stays."""
    # Sealed bytes have a name of their own, and are written anew when the key changes; others are named by what they
    # are, and a submission that is only being prepared may have written the same.
    names = {stored.name: None if stored.sealed else before for each in batch for stored in each.stored}
    ids = [each.id for each in batch]
    gone = names.keys() - journal.holds(sorted(names), without=ids)
    for name in sorted(gone):
        archive.remove(name, older=names[name])
    journal.without_files(ids)
    return len(gone)

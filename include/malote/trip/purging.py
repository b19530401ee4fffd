"""Removes sealed bytes (card data) from the archive: when their answer has landed, and by a deadline in any case."""

from __future__ import annotations

import logging

from malote.submission import Standing
from malote.texts import ENGLISH, english
from malote.trip.kit import Kit

log = logging.getLogger("malote.trip.purging")

_OVER = (Standing.LANDED, Standing.REFUSED, Standing.WITHDRAWN)


def purge(kit: Kit) -> int:
    """Purge what an institution's account no longer needs sealed, and note it in each story; returns how many.

    Settled submissions lose document and answer at once. After the rule ``purge_after`` every other one loses its
    document, and its answer unless that still waits to land; one that was never sent is withdrawn, and its rows may
    travel anew. Files that no submission holds (a process died between writing and noting) go after the same time.
    """
    institution, journal, archive = kit.institution, kit.journal, kit.archive
    before = kit.clock.now() - institution.rules.purge_after
    done = 0
    for submission in journal.sealed(institution, before=before):
        landing = submission.standing is Standing.ANSWERED
        if submission.standing is Standing.PREPARED:
            journal.expired(
                submission.id, english("s_not_sent_within", time=ENGLISH.lasting(institution.rules.purge_after))
            )
        # First the bytes, then the note: a crash in between repeats it, and never leaves a card behind a note.
        archive.purge(submission.stored)
        if submission.answer and not landing:
            archive.purge(submission.answer)
        why = submission.standing.value if submission.standing in _OVER else "deadline"
        journal.purged(submission.id, why, answer=not landing)
        done += 1
    strays = archive.sealed_before(before)
    held = journal.holds(strays)
    for name in strays:
        if name not in held:
            archive.remove(name)
            log.warning("purged %s, which no submission holds: a process died while it was written", name)
            done += 1
    return done

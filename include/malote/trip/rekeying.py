"""A change of the archive's key: every sealed file is written anew under the present one; none is lost meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.errors import MaloteError
from malote.journal import Journal
from malote.submission import Stored

log = logging.getLogger("malote.trip.rekeying")

EVIDENCE = "sealed/replies/"
"""Replies that could not be read, see the courier: the story alone names them, and keeps no hash."""

CHECKPOINTS = ("resealed", "moved")
"""Between them a file lies there twice; after the second the journal no longer needs the old one."""

_TOGETHER = 100  # files about which the journal is asked at once


@dataclass(slots=True)
class Rekeyed:
    """What a change of the key has come to.

    :param files: so many were sealed anew, of ``bytes`` plain bytes
    :param in_use: so many were not, because a run is at their submission just now
    :param unheld: so many are no submission's: of a selection that is just being made, or left by a process that died
    """

    files: int = 0
    bytes: int = 0
    in_use: int = 0
    unheld: int = 0
    problems: tuple[MaloteError, ...] = ()


def rekey(archive: Archive, journal: Journal, checkpoint: Checkpoint = pass_by) -> Rekeyed:
    """Seal every file anew that is not under the present key; again goes on where it was stopped.

    A file of a submission is written anew beside the old one, then the journal names the new one and its hash, then the
    old one goes. Whatever dies in between leaves a file that nobody needs, which the purge removes in its time.

    :raises Misconfigured: where there is no key, or a weak one
    """
    done, key = Rekeyed(), archive.key_id
    for names in _batches(archive.sealed_otherwise()):
        held = journal.sealed_as(names)
        for name in names:
            try:
                if name in held:
                    _moved(done, archive, journal, *held[name], key, checkpoint)
                elif name.startswith(EVIDENCE):
                    done.bytes += archive.reseal_in_place(name)
                    done.files += 1
                else:
                    done.unheld += 1
            except MaloteError as error:
                id = held[name][0] if name in held else ""
                done.problems += (error.about(institution=id.rpartition("-")[0], submission=id or None),)
    return done


def _moved(
    done: Rekeyed, archive: Archive, journal: Journal, id: str, old: Stored, key: str, checkpoint: Checkpoint
) -> None:
    new = archive.reseal(old)
    checkpoint("resealed")
    if not journal.resealed(id, old, new, key=key):
        archive.purge(new)
        done.in_use += 1
        return
    checkpoint("moved")
    archive.purge(old)
    done.files += 1
    done.bytes += new.size
    log.info("%s: %s is sealed under the key %s", id, new.name, key)


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, _TOGETHER)):
        yield batch

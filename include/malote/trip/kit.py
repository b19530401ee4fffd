"""What a run has in its hands: the one value that courier, asking and collecting are made of."""

from __future__ import annotations

from dataclasses import dataclass

from malote.archive import Archive
from malote.checkpoint import Checkpoint, pass_by
from malote.clock import Clock
from malote.hours import Pace
from malote.institution import Institution
from malote.journal import Journal


@dataclass(frozen=True, slots=True, repr=False)
class Kit:
    """Everything that the trip of one account's submissions needs; made once a run, by the hook or by a test.

    :param warehouse: libpq connection string of the database in which answers land; it may hold a password
    :param pace: the shared request budget of the account
    :param clock: the only clock of the run
    :param checkpoint: called with each name of ``malote.checkpoint.CHECKPOINTS`` as the trip passes it
    """

    institution: Institution
    warehouse: str
    journal: Journal
    archive: Archive
    pace: Pace
    clock: Clock
    checkpoint: Checkpoint = pass_by

"""What we know we did: pouches, submissions, items and their story, in PostgreSQL, every move in one statement."""

from __future__ import annotations

from malote.journal.alarming import Alarming
from malote.journal.deciding import Deciding, Overtaken
from malote.journal.exporting import Exporting, ToExport
from malote.journal.ledger import noted
from malote.journal.purging import Purging
from malote.journal.reading import Reading
from malote.journal.resealing import Resealing
from malote.journal.retiring import Over, Retiring
from malote.journal.sending import Sending
from malote.journal.waiting import Waiting


class Journal(Reading, Sending, Waiting, Deciding, Purging, Resealing, Retiring, Alarming, Exporting):
    """The journal of one warehouse.

    Every method is one transaction and writes what happened to ``malote.event`` with the move itself.

    :param dsn: ``postgresql://…`` or any libpq connection string of the warehouse
    :param clock: whose instants are written
    """

    def __enter__(self) -> Journal:
        return self

    def another(self) -> Journal:
        """The same journal on a connection of its own, for another thread; whoever asks for it closes it."""
        return Journal(self._dsn, self.clock)

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["Journal", "Over", "Overtaken", "ToExport", "noted"]

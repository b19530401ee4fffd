"""Runs of a trip that kill themselves with SIGKILL at a checkpoint: each a child of one process that has imported all.

Reads one run a line, as JSON, and answers each with the signal or status that it ended by.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from tempfile import TemporaryDirectory
from typing import Any

import malote.institutions.bndes.institution
import malote.institutions.ccee.institution
import malote.institutions.cielo.institution  # noqa: F401 (each run would import them again, for a second)
from malote.archive import Archive
from malote.institution import Access, load
from malote.submission import Order
from support.planted import ARCHIVE_KEY
from support.stages import STAGES, driver_of
from support.trip import Trip


class Killed(Trip):
    together: threading.Barrier | None = None
    """So many after the first must have come to the checkpoint before it kills, each in a thread of its own."""

    def _checkpoint(self, name: str) -> None:
        if name == self.die_at:
            if self.together:
                self.passed.append(name)
                if len(self.passed) == 1:
                    return
                self.together.wait(60)
            os.kill(os.getpid(), signal.SIGKILL)


def run(given: dict[str, Any]) -> None:
    access = Access(**given["access"])
    kind = STAGES[access.institution]
    trip = Killed(
        load(access.institution)(access), driver_of(access), given["dsn"], given["archive"], service=kind.service,
        die_at=given["die_at"],
    )  # fmt: skip
    if together := given.get("together"):
        trip.together = threading.Barrier(together)
    trip.run(kind.rows(None, 0, together + 1 if together else 5))  # type: ignore[arg-type]


def learn(given: dict[str, Any]) -> None:
    """What every process does once, so that its children need not: the certificate is opened, the XSD is compiled."""
    access = Access(**given["access"])
    kind = STAGES[access.institution]
    driver_of(access)
    with TemporaryDirectory() as folder:
        order, rows = Order("", kind.service), kind.rows(None, 0, 1)  # type: ignore[arg-type]
        archive = Archive(folder, ARCHIVE_KEY)
        list(load(access.institution)(access).render(order, rows, archive, lambda _, mine: set(mine), lambda *_: 1))


def main() -> None:
    for line in sys.stdin:
        learn(json.loads(line))
        child = os.fork()
        if not child:
            try:
                run(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()

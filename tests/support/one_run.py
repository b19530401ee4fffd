"""One run of a trip in a process of its own, which kills itself with SIGKILL at a checkpoint."""

from __future__ import annotations

import json
import os
import signal
import sys

from malote.institution import Access, load
from support.stages import STAGES, driver_of
from support.trip import Trip


class Killed(Trip):
    def _checkpoint(self, name: str) -> None:
        if name == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    given = json.loads(sys.argv[1])
    access = Access(**given["access"])
    kind = STAGES[access.institution]
    trip = Killed(
        load(access.institution)(access), driver_of(access), given["dsn"], given["archive"], service=kind.service,
        die_at=given["die_at"],
    )  # fmt: skip
    trip.run(kind.rows(None, 0, 5))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

"""One run of a trip to the CCEE in a process of its own, which kills itself with SIGKILL at a checkpoint."""

from __future__ import annotations

import json
import os
import signal
import sys

from crash.stages import CceeStage
from malote.institution import Access, load
from malote.tls import context
from malote.wire import SyncDriver, session
from trip import Trip


class Killed(Trip):
    def _checkpoint(self, name: str) -> None:
        if name == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    given = json.loads(sys.argv[1])
    extra = given["extra"]
    trust = context(
        certificate=extra["client_certificate"], password=extra["client_certificate_password"],
        ca_bundle=extra["ca_bundle"],
    )  # fmt: skip
    institution = load("ccee")(Access("ccee", "simulator", given["url"], "usuario", "senha", extra))
    trip = Killed(
        institution, SyncDriver(session(trust)), given["dsn"], given["archive"], service="contratos",
        die_at=given["die_at"],
    )  # fmt: skip
    trip.run(CceeStage.rows(None, 0, 5))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

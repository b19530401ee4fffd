"""One process that asks the simulated CCEE as fast as the shared pace lets it; several of them run side by side."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from malote.clock import SystemClock
from malote.hours import Pace
from malote.institution import Access, load
from malote.submission import Standing, Stored, Submission
from malote.wire import SyncDriver, context


def main() -> None:
    given = json.loads(sys.argv[1])
    extra, clock = given["extra"], SystemClock()
    trust = context(
        certificate=extra["client_certificate"], password=extra["client_certificate_password"],
        ca_bundle=extra["ca_bundle"], now=clock.now(),
    )  # fmt: skip
    driver = SyncDriver(trust)
    ccee = load("ccee")(Access("ccee", "simulator", given["url"], "usuario", "senha", extra))
    stored = Stored("x", "0" * 64, 1)
    submission = Submission(
        "ccee-1", "p", "ccee", "simulator", "1234", "contratos", "o", Standing.RECEIVED, "x", stored, 1, {}, receipt="1"
    )
    pace = Pace(given["dsn"], "shared", limit=given["limit"], window=timedelta(seconds=given["window"]))
    for _ in range(given["questions"]):
        slot = pace.reserve(1)[0]
        while not slot.wait(clock):
            slot = pace.reserve(1)[0]
        driver.send(ccee.check(submission))
    pace.close()


if __name__ == "__main__":
    main()

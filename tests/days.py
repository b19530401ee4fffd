"""Runs the fast tests with the clock of every process moved: `python tests/days.py [DAY…] [FOLDER…]`, by default all.

`python tests/days.py DAY… demo` runs `make demo` on those days, each on nothing: no clock goes back.

A C compiler is needed: OpenSSL and PostgreSQL look at the machine's clock as well, so it is moved below them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

DAYS = {  # Brasília
    "sunday": "2026-11-29T11:00:00",
    "midnight": "2026-12-01T23:59:30",
    "leap-day": "2028-02-29T10:00:00",
    "carnival": "2027-02-08T14:00:00",
    "ten-years-on": "2036-11-26T19:59:30",
}
FAST = ("tests/unit", "tests/spec", "tests/conformance", "tests/provider/test_operators.py",
        "tests/provider/test_sensors.py", "tests/provider/test_timetables.py", "tests/provider/bndes")  # fmt: skip
SOURCE = Path(__file__).parent / "support" / "moved_clock.c"


def main(asked: list[str]) -> int:
    """Run the tests once a day; returns how many days were red."""
    red = 0
    tests = [each for each in asked if each not in DAYS] or FAST
    for day in [each for each in asked if each in DAYS] or DAYS:
        at = datetime.fromisoformat(DAYS[day]).replace(tzinfo=ZoneInfo("America/Sao_Paulo"))
        with tempfile.TemporaryDirectory(prefix="malote-day-") as folder:  # certificates of one day are none of another
            os.chmod(folder, 0o755)  # PostgreSQL runs as another user, and loads the moved clock as well
            moved = Path(folder) / "moved_clock.so"
            subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(moved), str(SOURCE)], check=True)
            ahead = int((at - datetime.now(timezone.utc)).total_seconds())
            print(f"{day}: {at}", flush=True)
            pytest = [sys.executable, "-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", *tests]
            command = ["make", "clean", "demo"] if tests == ["demo"] else pytest
            own = {**os.environ, "TMPDIR": folder, "LD_PRELOAD": str(moved), "MOVED_CLOCK": str(ahead)}
            red += bool(subprocess.run(command, env=own, check=False).returncode)
    return red


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

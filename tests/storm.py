"""``make storm MINUTES=30 SEED=1``: a real Airflow in a storm of faults and buttons, and what became of every item."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from support.system.running import system
from support.system.storm import Storm


def main() -> int:
    """Rage, calm down, count; returns 1 where anything of the promise was broken."""
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--totals", type=Path, help="a file to which one line of JSON is appended")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="malote-storm-") as folder,
        system(Path(folder), lambda line: print(line, flush=True)) as running,
    ):
        running.open()
        storm = Storm(running, asked.seed)
        storm.rage(asked.minutes * 60)
        print(f"the storm of {asked.minutes:g} minutes is over; all is seen to an end", flush=True)
        storm.calm()
        figures, lost = storm.figures(), storm.lost()
        storm.count_faults()
    print(f"\n  seed {asked.seed}, {asked.minutes:g} minutes and {(time.monotonic() - storm.began) / 60:.0f} in all")
    for name, number in {**figures, "lost": lost}.items():
        print(f"  {name:<40} {number}")
    for title, counts in (("fault", storm.played), ("button", storm.buttons), ("doubt", storm.doubts)):
        for name, number in sorted(counts.items()):
            print(f"  {title:<7} {name:<32} {number}")
    for line in storm.wrong:
        print(f"WRONG: {line}")
    if asked.totals:
        line = {"seed": asked.seed, "minutes": asked.minutes, **figures, "lost": lost, "wrong": len(storm.wrong)}
        with asked.totals.open("a", encoding="utf-8") as totals:
            totals.write(json.dumps(line) + "\n")
    return 1 if storm.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

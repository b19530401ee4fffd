"""``make bench``: every benchmark in a process of its own, one after the other, ratios in one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.goals import count

HERE = Path(__file__).parent
ORDER = (
    "soap",
    "readers",
    "lots",
    "returns",
    "documents",
    "landing",
    "export",
    "journal",
    "trigger",
    "polling",
    "pace",
    "handing",
)


def main() -> int:
    """Run them all, or those that are named; 1 where a goal was missed or a benchmark broke."""
    ok = missed = broken = 0
    for name in sys.argv[1:] or ORDER:
        print(f"# {name}", flush=True)
        mine = 0
        with subprocess.Popen([sys.executable, str(HERE / f"{name}.py")], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                print(line, end="", flush=True)
                good, bad = count(line)
                ok, mine = ok + good, mine + bad
        missed += mine
        if child.returncode and not mine:
            print(f"{name} broke: exit status {child.returncode}", flush=True)
            broken += 1
    print(f"# all: {ok} ok, {missed} missed" + (f", {broken} broken" if broken else ""), flush=True)
    return int(missed + broken > 0)


if __name__ == "__main__":
    sys.exit(main())

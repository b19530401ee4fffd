"""``make bench``: every benchmark in a process of its own, one after the other, ratios in one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ORDER = ("soap", "lots", "returns", "documents", "landing", "journal", "trigger", "polling", "pace")


def main() -> int:
    """Run them all, or those that are named; returns the number that failed."""
    failed = 0
    for name in sys.argv[1:] or ORDER:
        print(f"# {name}", flush=True)
        failed += subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())

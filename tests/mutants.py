"""Breaks the promise on purpose, one line at a time, and says which breaks no test noticed: `python tests/mutants.py`.

Each mutant is a copy of the product with one line of a module of the trip changed; the tests of that room must be red
on it. `python tests/mutants.py landing 3` plays those of landing and the third.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FIRST = (
    "tests/unit/trip",
    "tests/crash/trip/test_notary.py",
    "tests/crash/trip/test_in_flight.py",
    "tests/crash/trip/test_landing.py",
    "tests/crash/trip/test_questions.py",
    "tests/crash/trip/test_refusals.py",
)
THEN = (
    "tests/crash/trip",
    "tests/crash/cielo/test_lot_numbers.py",
    "tests/spec/ccee",
    "tests/spec/cielo/test_finding.py",
    "tests/spec/bndes/test_trip.py",
)
"""Where the tests of those rooms are: the quick ones, and all."""
LONGEST = 300
"""Seconds for the tests of one mutant: some send for ever."""
BESIDE = ("schemas", "plugins", "dags")
"""What the product finds beside ``include``."""


class Mutant(NamedTuple):
    """One change: in which module of the trip, from which text to which, and what it does to the promise."""

    module: str
    text: str
    instead: str
    harm: str


MUTANTS = (
    Mutant(
        "courier",
        "Scope.pouch(pouch), Standing.PREPARED, Standing.SENDING)",
        "Scope.pouch(pouch), Standing.PREPARED)",
        "what a crash left half sent is never asked about",
    ),
    Mutant("courier", "if doubts < _DOUBTS_IN_A_ROW:", "if doubts < 99:", "a whole pouch becomes doubt"),
    Mutant(
        "courier",
        "if ended is Standing.IN_DOUBT else 0",
        "if ended is Standing.IN_DOUBT else self._doubts",
        "doubts far apart stop a pouch",
    ),
    Mutant(
        "courier",
        "lanes = min(institution.rules.in_flight, len(todo) - 1, MOST_IN_FLIGHT)",
        "lanes = min(len(todo) - 1, MOST_IN_FLIGHT)",
        "an institution that has an order gets several at once",
    ),
    Mutant(
        "courier",
        "                    queue.stop()\n                    raise",
        "                    raise",
        "a task that is to end goes on sending",
    ),
    Mutant(
        "courier",
        "        self.stop()\n        with self._lock:\n            self._wake",
        "        with self._lock:\n            self._wake",
        "what they refuse for now is asked for again with each document",
    ),
    Mutant(
        "handing_over",
        "        if self._held(submission):  # the slot came too late\n            return False\n",
        "",
        "a document goes over after its counter has closed",
    ),
    Mutant(
        "handing_over",
        "            self._doubt(submission, lost, replies)",
        "            self.kit.journal.unsent(id, lost.what)",
        "a reply that is lost sends the document twice",
    ),
    Mutant(
        "handing_over",
        "            self._doubt(submission, unclear, replies)",
        "            self.kit.journal.unsent(id, str(unclear))",
        "a reply that nobody can read sends the document twice",
    ),
    Mutant(
        "handing_over",
        'if code is None or code.kind != "refused":',
        'if code is not None and code.kind != "refused":',
        "a code that nobody knows counts as refused",
    ),
    Mutant(
        "handing_over",
        "if not self.kit.journal.begin_send(id, under_way=self.rules.send_timeout):\n            return False\n",
        "self.kit.journal.begin_send(id, under_way=self.rules.send_timeout)\n",
        "two processes send one document",
    ),
    Mutant(
        "handing_over",
        "ask_at = min(receipt.not_before or min(at, now) + self.rules.return_after, deadline)",
        "ask_at = receipt.not_before or at + self.rules.return_after",
        "a wrong clock of theirs puts the question off",
    ),
    Mutant(
        "decision",
        "if submission.leased_until and now < submission.leased_until:",
        "if False:",
        "one is asked about while another process sends it",
    ),
    Mutant(
        "decision",
        "return Park(finding.evidence, finding.search)",
        "return ProvenAbsent(finding.evidence)",
        "what they cannot tell is sent again",
    ),
    Mutant("decision", "if submission.arrived:", "if False:", "what they once said to have is sent again"),
    Mutant(
        "decision",
        "over = sent_at + rules.send_timeout + rules.settle",
        "over = sent_at + rules.send_timeout",
        "a search that lags proves absence",
    ),
    Mutant(
        "decision",
        "submission.absent_seen + 1 < rules.absent_times",
        "submission.absent_seen + 2 < rules.absent_times",
        "one look too few proves absence",
    ),
    Mutant(
        "decision",
        "    if now > sent_at + rules.patience:\n        return None",
        "    if False:\n        return None",
        "a question that nobody answers is asked for ever",
    ),
    Mutant(
        "decision", "if submission.repeats >= rules.repeat_times:", "if False:", "the same bytes go again for a day"
    ),
    Mutant("matching", "if rank > best[at]:", "if True:", "the last row about an item wins, be it a refusal"),
    Mutant(
        "matching",
        "if not answers[each]), at)",
        "if answers[each]), at)",
        "items that share a name get each other's rows",
    ),
    Mutant(
        "matching",
        '"unanswered": _UNKNOWN, None: _UNKNOWN}',
        '"unanswered": _UNKNOWN, None: _REFUSED}',
        "a status that nobody knows frees the item",
    ),
    Mutant(
        "matching",
        "self._foreign > self._rows - self._unmatched and not",
        "self._rows < 0 and not",
        "somebody else's answer lands as ours",
    ),
    Mutant("matching", "if not n)", "if n)", "what an answer leaves out gets no row"),
    Mutant("landing", "           for update skip locked", "           --", "two land one answer at once"),
    Mutant("landing", "first = _none_there(connection, table, mine)", "first = True", "an answer lands twice"),
    Mutant("landing", "if matching.rows > most:", "if False:", "an answer without end fills the warehouse"),
    Mutant(
        "landing", "if matching.strange and not submission.confirmed:", "if False:", "a strange receipt's rows land"
    ),
    Mutant(
        "landing",
        "            account(connection, institution, table, mine, matchings, now)\n",
        "",
        "what landed is not written into the journal",
    ),
    Mutant(
        "collecting",
        "                    batch.remove(wrong)\n                    continue",
        "                    break",
        "one bad answer holds back those beside it",
    ),
)
UNHARMED = Mutant("courier", "class Courier:", "class Courier:", "none")


def main(asked: list[str]) -> int:
    """Play the mutants; returns how many were noticed by no test."""
    if by := played(UNHARMED):
        raise SystemExit(f"{by} is red without a mutant")
    missed = 0
    for number, mutant in enumerate(MUTANTS, 1):
        if asked and mutant.module not in asked and str(number) not in asked:
            continue
        noticed = played(mutant)
        missed += not noticed
        by = noticed or "NOBODY"
        print(f"{number:2} {mutant.module}: {mutant.harm}: noticed by {by}", flush=True)
    print(f"{missed} missed")
    return missed


def played(mutant: Mutant) -> str | None:
    """The first test that is red on it, None where none is."""
    with tempfile.TemporaryDirectory(prefix="malote-mutant-") as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "include", copy / "include", ignore=shutil.ignore_patterns("__pycache__"))
        for name in BESIDE:
            (copy / name).symlink_to(ROOT / name)
        path = copy / "include" / "malote" / "trip" / f"{mutant.module}.py"
        before = path.read_text("utf-8")
        if before.count(mutant.text) != 1:
            raise SystemExit(f"{mutant.module} no longer says {mutant.text!r} once: write this mutant anew")
        path.write_text(before.replace(mutant.text, mutant.instead), "utf-8")
        own = {**os.environ, "PYTHONPATH": str(copy / "include")}
        for tests in (FIRST, THEN):
            pytest = [sys.executable, "-m", "pytest", "-x", "-rfE", "-n", "auto", "--maxprocesses", "4", *tests]
            with subprocess.Popen(
                pytest, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True, start_new_session=True
            ) as run:
                try:
                    said, _ = run.communicate(timeout=LONGEST)
                except subprocess.TimeoutExpired:
                    os.killpg(run.pid, signal.SIGKILL)
                    return "a test that has no end"
            if red := re.search(r"^(?:FAILED|ERROR) (tests/\S+)", said, re.MULTILINE):
                return red[1]
            if run.returncode:
                raise SystemExit(said)
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What is waited for, and what to do now, in the reader's words: right for where a submission stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from malote.desk import Line, code_of
from malote.submission import Standing, Submission
from malote.texts import Words
from malote_provider.desk.counters import opening
from malote_provider.links import root


@dataclass(frozen=True, slots=True)
class Step:
    """One point of the way: ``state`` is ``done``, ``now``, ``wrong`` or ``ahead``."""

    name: str
    state: str
    at: datetime | None = None
    after: str = ""
    note: str = ""


class Teller:
    """Tells of submissions in one language, at one instant."""

    def __init__(self, words: Words, now: datetime) -> None:
        self.words = words
        self.now = now

    def waits(self, line: Line) -> str:
        """What a line of the open ones is waiting for, and until when."""
        if line.kind == "held":
            return self.words(f"h_{line.reason}", id=line.submission)
        if line.kind == "prepared" and (opens := opening(line.institution, line.service, self.now)):
            return self.words(
                "w_prepared_closed", opens=self.words.when(opens), left=self.words.lasting(opens - self.now)
            )
        if line.kind == "received" and line.ready:
            return self.words("w_ready")
        if line.kind == "unanswered" and line.next_at is None:
            return self.words("w_unanswered_over")
        return self.words(f"w_{line.kind}", **self._moments(line))

    def refusal(self, line: Line) -> str:
        """Code, meaning and words of a refusal or of an item held back; empty where there are none."""
        return self.explained(line.institution, line.code, line.message)

    def explained(self, institution: str, code: str | None, message: str | None) -> str:
        """A code with the meaning that the manual gives it, and the institution's own words."""
        known = code_of(institution, code)
        said = self.words.again(message or "")
        meaning = self.words.again(known.meaning) if known else ""
        parts = [self.words("code", code=code) if code else "", meaning, said]
        return ": ".join(dict.fromkeys(part for part in parts if part))

    def detail(self, value: Any) -> str:
        """What the journal keeps of an event, as it is read; of a list, one after the other."""
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return "; ".join(map(self._again, value))
        if isinstance(value, bool):
            return self.words("yes" if value else "no")
        if not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        said = self._again(value)
        return "; ".join(map(self._again, value.split("; "))) if said == value else said

    def _again(self, text: str) -> str:
        """A sentence, with how often behind it where that is told."""
        said, often = re.fullmatch(r"(.*?)( \([0-9]+\))?", text, re.DOTALL).groups("")  # type: ignore[union-attr]
        return self.words.again(said) + often

    def now_do(self, submission: Submission, unanswered: int, refusal: dict[str, Any], refused: int) -> str:
        """What to do now: while it goes on by itself it says so, and until when, and sends nobody to clear anything.

        :param unanswered: how many of its items no answer settled
        :param refusal: the detail of its last refusal, if any
        :param refused: how many of its items the answer that landed refused
        """
        words, standing = self.words, submission.standing
        moments = self._moments(submission)
        if standing is Standing.LANDED and unanswered:
            return words("now_unanswered", n=words.number(unanswered))
        if standing is Standing.LANDED and refused:
            return words("now_landed_refused", n=words.number(refused))
        if standing is Standing.PREPARED and (opens := opening(submission.institution, submission.service, self.now)):
            return words("now_prepared_closed", opens=words.when(opens))
        if standing is Standing.RECEIVED and submission.ready:
            return words("now_answered")
        if standing is Standing.REFUSED:
            known = code_of(submission.institution, refusal.get("code"))
            action = words.again(known.action) if known else words("correct_rows")
            return words("now_refused", action=action.rstrip("."))
        if standing is Standing.OVERDUE:
            return words("now_overdue", receipt=submission.receipt or words("no_receipt"), next_at=moments["next_at"])
        return words(f"now_{standing.value}", **moments)

    def way(self, submission: Submission, story: list[dict[str, Any]]) -> list[Step]:
        """Its way as points: when each was reached, how long after the one before, what is ahead."""
        words, at = self.words, {each["what"]: each["at"] for each in story}
        standing = submission.standing
        steps = [Step(words("e_prepared"), "done", story[0]["at"] if story else None)]
        if submission.attempt:
            attempt = words("attempt", n=submission.attempt) if submission.attempt > 1 else ""
            steps.append(Step(words("e_sending"), "done", submission.sent_at, note=attempt))
        if submission.received_at:
            asked = words("asked_times", n=submission.asked) if submission.asked else ""
            steps.append(Step(words("e_received"), "done", submission.received_at, note=asked))
        if submission.answer and "answered" in at:
            steps.append(Step(words("e_answered"), "done", at["answered"]))
        if standing is Standing.LANDED:
            steps.append(Step(words("e_landed"), "done", submission.landed_at))
        elif standing in _WRONG:
            steps.append(Step(words(standing.value), "wrong", submission.moved_at))
        steps = [_after(words, steps[i - 1] if i else None, step) for i, step in enumerate(steps)]
        reached = {step.name for step in steps}
        if standing not in (Standing.LANDED, *_WRONG):
            steps[-1] = Step(steps[-1].name, "now", steps[-1].at, steps[-1].after, steps[-1].note)
            ahead = ("e_sending", "e_received", "e_answered", "e_landed")
            steps += [Step(words(key), "ahead") for key in ahead if words(key) not in reached]
        return steps

    def _moments(self, of: Line | Submission) -> dict[str, str]:
        at = max((each for each in (of.next_at, of.leased_until) if each), default=None)
        soon = at is None or at <= self.now
        return {
            "next_at": self.words("as_soon") if soon else self.words.when(at),
            "deadline": self.words.when(of.deadline) or self.words("no_deadline"),
        }


_WRONG = (Standing.IN_DOUBT, Standing.OVERDUE, Standing.REFUSED, Standing.WITHDRAWN)


def _after(words: Words, before: Step | None, step: Step) -> Step:
    if before is None or before.at is None or step.at is None:
        return step
    return Step(step.name, step.state, step.at, words("after", left=words.lasting(step.at - before.at)), step.note)


def run_of(pouch: str) -> tuple[str, str, str]:
    """The DAG, the run and the task of a pouch."""
    dag, run, task = (*pouch.split("/"), "", "", "")[:3]
    return dag, run, task


def airflow_run(pouch: str) -> str:
    """The page of the pouch's run in Airflow."""
    dag, run, _ = run_of(pouch)
    return f"{root()}/dags/{quote(dag, safe='')}/runs/{quote(run, safe='')}"

"""What a task says to a person: about submissions that need one, one error each or one of all; about rows left out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from malote.errors import InDoubt, Invalid, Malformed, MaloteError, Problem, Refused, Terminal, Transient
from malote.texts import ENGLISH, english
from malote_provider.saying import SHOWN

if TYPE_CHECKING:
    from datetime import datetime

    from malote.desk import Need
    from malote.submission import Unanswered
    from malote_provider.hooks import MaloteHook


def refusal(hook: MaloteHook, submission: str) -> Refused:
    """The door's no, as the journal keeps it, with the meaning and action of the institution's table."""
    institution = hook.get_institution()
    said: dict[str, Any] = next(
        (e["detail"] for e in reversed(hook.journal().story(submission)) if e["what"] == "refused"), {}
    )
    code = next((each for each in institution.codes if each.code == said.get("code")), None)
    free = ENGLISH("n_free" if said.get("frees") else "n_locked")
    action = code.action.rstrip(".") if code else ENGLISH("n_story", id=submission)
    return Refused(
        said.get("message") or ENGLISH("n_refused_uncoded"),
        institution=institution.name,
        submission=submission,
        code=said.get("code"),
        meaning=code.meaning if code else None,
        todo=ENGLISH("n_refused_do", action=action, free=free),
        kept=english("s_kept_story", id=submission),
    )


def in_doubt(submission: str) -> InDoubt:
    """What the person on call does about a submission in doubt."""
    return InDoubt(ENGLISH("n_in_doubt"), submission=submission, todo=ENGLISH("n_in_doubt_do", id=submission))


def failed_before(tasks: Sequence[str]) -> Terminal:
    """What the person on call does about a run in which something failed on the way to what has been collected here."""
    return Terminal(
        english("s_failed_before", tasks=", ".join(tasks)),
        todo=english("s_do_clear_mended"),
        kept=english("s_kept_collected"),
    )


def overdue(submission: str) -> Terminal:
    """What the person on call does about a submission whose answer is overdue."""
    return Terminal(ENGLISH("n_overdue"), submission=submission, todo=ENGLISH("n_overdue_do", id=submission))


def unanswered(landed: Unanswered) -> Terminal:
    """What the person on call does about a landed submission that left items without an answer."""
    named = ", ".join(landed.some) + (", …" if landed.items > len(landed.some) else "")
    said = english("s_unanswered_said", words=landed.words) if landed.words else ""
    asked = ENGLISH("n_asked", at=ENGLISH.when(landed.ask_at)) if landed.ask_at else ENGLISH("n_asked_no_more")
    return Terminal(
        english("s_unanswered_named", n=landed.items, named=named, said=said),
        submission=landed.submission,
        todo=ENGLISH("n_unanswered_do", asked=asked, id=landed.submission),
        kept=english("s_kept_locked"),
    )


def of_need(need: Need, now: datetime) -> MaloteError:
    """The error of something that needs a person, in the words of the notice."""
    what, todo = need.words(ENGLISH, now)
    kind = {"in_doubt": InDoubt, "refused": Refused}.get(need.kind, Terminal)
    return kind(what, institution=need.institution, submission=need.subject, todo=todo)


def refused_items(found: Sequence[tuple[str, int]], items: int) -> Terminal:
    """What the person on call does about items that the institution refused in what has landed."""
    named = ", ".join(f"{n} in {id}" for id, n in found[:SHOWN])
    return Terminal(
        english("s_refused_items", n=items, named=named + (", …" if len(found) > SHOWN else "")),
        todo=english("s_do_items", id=found[0][0]),
        kept=english("s_kept_answered"),
    )


def table(counts: Mapping[str, int]) -> list[str]:
    """What land did as aligned lines: files beside items."""
    lines = (
        ("", "files", "items"),
        ("landed now", counts["landed"], ""),
        ("accepted", "", counts["items_accepted"]),
        ("refused", counts["refused"], counts["items_refused"]),
        ("unanswered", "", counts["unanswered"]),
        ("held back", "", counts["items_held"]),
        ("waiting", counts["waiting"], ""),
        ("in doubt", counts["in_doubt"], ""),
        ("overdue", counts["overdue"], ""),
    )
    return [f"{name:<11}{files:>8}{items:>8}".rstrip() for name, files, items in lines]


def unsent(submission: str) -> Terminal:
    """What the person on call does about a submission that was never handed over."""
    return Terminal(english("s_unsent"), submission=submission, todo=english("s_do_clear_submit"))


def together(errors: Sequence[MaloteError], institution: str) -> MaloteError:
    """One error that names them all, of the class that says what may be done next; ``each`` of it holds them.

    Transient or Malformed where one is: landing again is harmless and may bring it home. Else a person is needed.
    """
    if len(errors) == 1:
        return errors[0].about(institution=institution, submission=errors[0].submission)
    kinds = (Transient, Malformed, InDoubt, Refused, Terminal)
    kind = next(kind for kind in (*kinds, MaloteError) if any(isinstance(error, kind) for error in errors))
    lines = [f"- {error.submission}: {error.what}. Do now: {error.todo}" for error in errors[:SHOWN]]
    more = [f"… and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
    return kind(
        "\n".join([english("s_submissions_need", n=len(errors)), *lines, *more]),
        institution=institution,
        kept=english("s_kept_readable"),
        each=tuple(errors),
        **_same(errors),
    )


def _same(errors: Sequence[MaloteError]) -> dict[str, Any]:
    """Code and meaning, where it is one and the same for all."""
    said = {(error.code, error.meaning) for error in errors}
    return dict(zip(("code", "meaning"), said.pop(), strict=True)) if len(said) == 1 else {}


def left_out(problems: Sequence[Problem], log: logging.Logger | Any) -> int:
    """Say which rows were left out and why; returns how many rows."""
    if not problems:
        return 0
    for problem in problems[: Invalid.SHOWN]:
        log.error("left out: %s", problem)
    rows = len({problem.reference for problem in problems})
    log.error(
        "%d rows break the treaty and were left out (%d problems, the first %d are above); the valid rest travels. "
        "Every run selects them again until they are corrected",
        rows, len(problems), min(len(problems), Invalid.SHOWN),
    )  # fmt: skip
    return rows

"""What a submit task selects: its SQL, its params as templates leave them, and what is said of rows left out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from malote import place
from malote.errors import Invalid, Misconfigured, Problem


def statement(outgoing_sql: Any, institution: str, service: str) -> str:
    """The SQL: what Airflow rendered, or the file that a rendered value names; by default the service's shipped file.

    :raises Misconfigured: where that file cannot be read
    """
    text = str(outgoing_sql).strip() if given(outgoing_sql) else ""
    if not text:
        return place.outgoing(institution, service)
    if not text.endswith(".sql") or "\n" in text:
        return text
    path = place.sql("outgoing").joinpath(text)  # an absolute path stays what it is
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            f"outgoing_sql {path} cannot be read: {(error.strerror or 'unknown').lower()}",
            institution=institution,
            todo=f"give an absolute path, or the name of one of {', '.join(shipped())}",
            kept="nothing was selected, nothing was sent",
        ) from None


def shipped() -> list[str]:
    """The names of the shipped outgoing SQL files."""
    return sorted(path.name for path in Path(place.sql("outgoing")).glob("*.sql"))


def given(value: Any) -> bool:
    """Whether a value says anything: a template makes "" or "None" of an empty param."""
    return value is not None and str(value).strip() not in ("", "None")


def true(value: Any) -> bool:
    """Whether a value, or what a template made of it, says yes."""
    return str(value).strip().lower() in ("true", "1", "yes")


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

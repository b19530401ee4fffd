"""Asks why something was refused, where the institution tells that apart, and has its reasons landed, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from malote.errors import MaloteError
from malote.institution import Call
from malote.scope import Scope
from malote.trip.kit import Kit
from malote.trip.landing import Landing

log = logging.getLogger("malote.trip.reasons")

_TOGETHER = 100


def explain(kit: Kit, landing: Landing, scope: Scope, send: Callable[[Call[Any]], Any]) -> Iterator[MaloteError]:
    """Land the reasons of all that was refused in a scope and has none yet; yields what could not be asked.

    Those that the refusal itself brought are in its story; for the others ``reasons`` is asked. A question that fails
    is asked again by the next run.
    """
    institution, journal = kit.institution, kit.journal
    if institution.reasons_table is None or not institution.answering().is_open(kit.clock.now()):
        return
    failed: list[str] = []
    while refusals := journal.unexplained(scope, without=failed, limit=_TOGETHER):
        told = []
        for refusal in refusals:
            try:
                call = None if refusal.brought else institution.reasons(refusal.submission)
                told.append((refusal, refusal.brought if call is None else send(call)))
            except MaloteError as error:
                failed.append(refusal.submission.id)
                yield error.about(institution=institution.name, submission=refusal.submission.id)
        landing.land_reasons(institution.reasons_table, told)
        log.info("the reasons of %d refusals have landed", len(told))

"""Replies that are no answer, as errors: what the table of codes says of a status, a closed counter, a gateway."""

from __future__ import annotations

from typing import TypeVar

from malote.errors import Closed, Malformed, MaloteError, Throttled, Unavailable
from malote.institution import Reply
from malote.institutions.bndes.codes import BY_CODE, CLOSED
from malote.texts import english

E = TypeVar("E", bound=MaloteError)


def about(kind: type[E], what: str, code: str, **more: object) -> E:
    """An error with what the table of codes says."""
    known = BY_CODE[code]
    told: dict[str, object] = {"todo": known.action, **more}
    return kind(what, institution="bndes", code=code, meaning=known.meaning, **told)  # type: ignore[arg-type]


def closed(reply: Reply) -> Closed:
    """BNDES says that its counter is closed, so its hours are not ours (manual 2.5): nothing was taken."""
    what = english("s_bndes_says_closed", status=reply.status)
    return about(Closed, what, CLOSED, kept=english("s_kept_not_taken"))


def gateway(reply: Reply) -> MaloteError:
    """A reply to a question whose status speaks, not its body."""
    what = english("s_bndes_or_between", status=reply.status)
    if reply.status == 429:
        return Throttled(what, institution="bndes", code="429", retry_after=reply.retry_after)
    if reply.status >= 500:
        return Unavailable(what, institution="bndes", code=str(reply.status), todo=english("s_do_asked_again"))
    return Malformed(what, institution="bndes", todo=english("s_do_look_address"))

"""Replies that are no answer, as errors: what the table of codes says of a status, a closed counter, a gateway."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import mktime_tz, parsedate_tz
from typing import TypeVar

from malote.errors import Closed, Malformed, MaloteError, Throttled, Unavailable
from malote.hours import Counter
from malote.institution import Reply
from malote.institutions.bndes.codes import BY_CODE, CLOSED
from malote.institutions.bndes.rules import BndesRules

E = TypeVar("E", bound=MaloteError)


def about(kind: type[E], what: str, code: str, **more: object) -> E:
    """An error with what the table of codes says."""
    known = BY_CODE[code]
    told: dict[str, object] = {"todo": known.action, **more}
    return kind(what, institution="bndes", code=code, meaning=known.meaning, **told)  # type: ignore[arg-type]


def closed(reply: Reply, rules: BndesRules) -> Closed:
    """BNDES says that its counter is closed, so its hours are not ours (manual 2.5): nothing was taken.

    It is tried again after the rule ``closed_every``, when by our hours it is open; by the reply's own ``Date``, as
    there is no clock here. Without one ``opens_at`` is None.
    """
    opens_at = None
    if said := parsedate_tz(reply.headers.get("date", "")):
        at = datetime.fromtimestamp(mktime_tz(said), timezone.utc)
        opens_at = Counter.of(rules).opens_at(at + rules.closed_every)
    what = f"BNDES says that its counter is closed (HTTP {reply.status})"
    return about(Closed, what, CLOSED, opens_at=opens_at, kept="nothing was taken over there")


def gateway(reply: Reply) -> MaloteError:
    """A reply to a question whose status speaks, not its body."""
    what = f"BNDES, or something in between, answered HTTP {reply.status}"
    if reply.status == 429:
        return Throttled(what, institution="bndes", code="429", retry_after=reply.retry_after)
    if reply.status >= 500:
        return Unavailable(what, institution="bndes", code=str(reply.status), todo="nothing: it is asked again")
    return Malformed(what, institution="bndes", todo="it is asked again; where it stays so, look at the address")

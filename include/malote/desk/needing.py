"""What needs a person, each thing said once a day until it is settled, in the words of the errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from malote.clock import ZONE, day_of
from malote.desk.health import CERTIFICATE_DAYS, MISSED, Account, closings
from malote.desk.items import code_of
from malote.desk.kinds import RECENT, REFUSED
from malote.journal import Journal
from malote.texts import Words

NEEDS = ("in_doubt", "overdue", "refused", "unanswered", "held", "missed", "certificate")
"""In the order in which they are said."""

SHOWN = 20
"""So many of a kind are named in a notice; the desk shows all."""

_MORNING = 8  # o'clock in Brasília: from then on it is another day
# Held for a refusal only: of what is held for a doubt, an overdue or an unanswered one, that itself is said.
_UNSAID = f"""
    with needs as (
        select s.standing as kind, s.id, s.moved_at as since, s.item_count as items from malote.submission as s
        where s.standing in ('in_doubt', 'overdue')
        union all
        select 'refused', s.id, s.moved_at, s.item_count from malote.submission as s where {REFUSED}
        union all
        select 'unanswered', s.id, s.moved_at, u.items
        from (select submission, count(*) as items from malote.item_row where outcome = 'unanswered' group by 1) as u
        join malote.submission as s on s.id = u.submission where s.standing = 'landed'
        union all
        select 'held', h.submission_id, min(h.held_since), count(*) from malote.held_back as h
        where h.reason like 'refused%%' group by 2
        union all
        select 'missed', s.id, c.at, s.item_count from {MISSED})
    select n.kind, s.id as subject, s.institution, s.environment, s.account, s.service, n.since, n.items, s.code,
        s.next_at as ask_at, n.kind = 'refused' and exists (
            select 1 from malote.item_row as i where i.submission = s.id and i.outcome = 'refused') as frees
    from needs as n join malote.submission as s on s.id = n.id
    left join malote.alarm as a on a.kind = n.kind and a.subject = n.id
    where a.told_at is null or a.told_at < %(morning)s or a.told_at < n.since
    order by array_position(%(kinds)s::text[], n.kind), s.number
"""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that does not end by itself.

    :param kind: one of :data:`NEEDS`
    :param subject: the submission; of ``certificate`` the account
    :param since: when it came to be so, aware
    :param items: of the submission, or of it that are unanswered or held
    :param ask_at: when it is asked next; of ``certificate`` its last instant
    :param frees: of ``refused``: its items may travel again
    """

    kind: str
    subject: str
    institution: str
    environment: str
    account: str
    service: str
    since: datetime
    items: int = 0
    code: str | None = None
    ask_at: datetime | None = None
    frees: bool = False

    def words(self, say: Words, now: datetime) -> tuple[str, str]:
        """What happened, and what to do now."""
        values: dict[str, Any] = {"id": self.subject, "n": self.items, "at": say.when(self.since)}
        what = f"n_{self.kind}"
        if self.kind == "refused":
            known = code_of(self.institution, self.code)
            meaning = say.again(known.meaning) if known else None
            values["code"] = ": ".join(part for part in (self.code, meaning) if part)
            values["action"] = say.again(known.action).rstrip(".") if known else say("n_story", **values)
            values["free"] = say("n_free" if self.frees else "n_locked")
            what = what if values["code"] else "n_refused_uncoded"
        elif self.kind == "unanswered":
            values["asked"] = say("n_asked", at=say.when(self.ask_at)) if self.ask_at else say("n_asked_no_more")
        elif self.kind == "certificate":
            assert self.ask_at is not None
            values |= {"day": day_of(self.ask_at), "n": (self.ask_at - now).days}
            what = "n_certificate" if self.ask_at >= now else "n_certificate_over"
        return say(what, **values), say(f"n_{self.kind}_do", **values)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is carried to a person: one line, and the whole text."""

    subject: str
    text: str


def unsaid(journal: Journal, accounts: Sequence[Account] = ()) -> list[Need]:
    """What needs a person and has not been said since this morning (08:00 in Brasília), or is newer than that.

    :param accounts: those whose connection is known; only of them a missed counter and a certificate are seen
    """
    now = journal.clock.now()
    morning = _morning(now)
    values = {"morning": morning, "recent": now - RECENT, "kinds": list(NEEDS), **closings(accounts)}
    found = [Need(**row) for row in journal.connection.execute(_UNSAID, values)]
    soon = timedelta(days=CERTIFICATE_DAYS)
    ending = [each for each in accounts if each.ends and each.ends - now < soon]
    told = journal.told("certificate", morning) if ending else set()
    return found + [
        Need("certificate", each.name, each.institution, each.environment, each.account, "", each.ends - soon,
             ask_at=each.ends)
        for each in ending if each.ends and each.name not in told
    ]  # fmt: skip


def said(journal: Journal, needs: Iterable[Need]) -> None:
    """A person has been told of these."""
    journal.tell([(each.kind, each.subject) for each in needs])


def notice(needs: Sequence[Need], say: Words, now: datetime) -> Notice:
    """All of them in one notice, the first few of each kind by name; as the errors put it."""
    kinds, lines = [], []
    for kind, some in groupby(needs, key=lambda need: need.kind):
        each = list(some)
        kinds.append(f"{say(kind)} ({say.number(len(each))})")
        lines.append(f"# {kinds[-1]}")
        for need in each[:SHOWN]:
            what, todo = need.words(say, now)
            about = " ".join(dict.fromkeys((need.institution, need.environment, need.subject)))
            lines += [f"[{about}] {what}", say("n_now", todo=todo), ""]
        if len(each) > SHOWN:
            lines += [say("n_more", n=say.number(len(each) - SHOWN)), ""]
    return Notice(f"malote: {', '.join(kinds)}", "\n".join(lines).rstrip())


def _morning(now: datetime) -> datetime:
    local = now.astimezone(ZONE)
    day = local if local.hour >= _MORNING else local - timedelta(days=1)
    return day.replace(hour=_MORNING, minute=0, second=0, microsecond=0)

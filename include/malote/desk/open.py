"""What is open: what needs a person first, then what waits; filtered, counted and paged by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from malote.desk.holding import numbers_of, submissions_holding
from malote.desk.kinds import CONDITIONS, HELD, KINDS, NEWS, RECENT
from malote.journal import Journal
from malote.reference import normal

_OF_POUCH = ("institution", "environment", "account", "service")
_STANDINGS = ("in_doubt", "overdue", "sending", "prepared", "answered", "received")
_OPEN = "n.standing in ('prepared', 'sending', 'answered', 'received', 'overdue', 'in_doubt')"
# Out of the index alone, a pouch at a time: a hundred thousand that wait are counted on every page.
_BY_POUCH = f"""
    select o.standing as kind, p.institution, p.environment, p.account, p.service, sum(o.lines)::bigint as lines
    from (select n.standing, n.pouch, count(*) as lines from malote.submission as n
          where {_OPEN} and {{text}} group by 1, 2) as o join malote.pouch as p on p.id = o.pouch
    where {{where}} group by 1, 2, 3, 4, 5
"""
# A range of one standing, for which there is one index in this order: of what waits, the server would walk through all
# that ever was by its number, sure to meet fifty soon.
_PAGE = f"""
    select n.number from malote.submission as n
    where {_OPEN} and n.standing >= %(kind)s and n.standing <= %(kind)s and n.number > %(number)s
      and {{text}} and {{where}} order by n.standing, n.number limit %(limit)s
"""
_TEXT = "(n.number = any (%(numbers)s) or n.receipt = %(text)s or n.name ilike %(like)s)"

_LINE = """
    s.id as submission, s.number, s.institution, s.environment, s.account, s.service, s.operation, s.standing, s.name,
    s.item_count as items, s.receipt, s.pouch, s.moved_at as since, s.next_at, s.deadline, s.leased_until, s.ready,
    s.code, s.message, s.attempt, null::text as reference, null::text as scope, null::text as reason
"""
_HELD_LINE = """
    w.submission_id as submission, 0 as number, w.institution, w.environment, w.account, w.service, w.operation,
    null as standing, null as name, 1 as items, null as receipt, w.pouch, w.held_since as since, null as next_at,
    null as deadline, null as leased_until, false as ready, w.code, w.message, 0 as attempt, w.reference,
    w.scope, w.reason
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; an empty one matches all.

    :param kind: one of :data:`KINDS`, or ``landed`` or ``withdrawn``
    :param text: an id, a receipt, a reference, or a part of a file's name
    :param run: a run of ``dag``, of which everything is shown, what is over too
    """

    institution: str = ""
    environment: str = ""
    account: str = ""
    service: str = ""
    kind: str = ""
    text: str = ""
    dag: str = ""
    run: str = ""

    def kinds(self) -> tuple[str, ...]:
        """Those that are shown."""
        shown = (*KINDS, "landed", "withdrawn") if self.dag and self.run else KINDS
        return tuple(kind for kind in shown if self.kind in ("", kind))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what is open: a submission, or (kind ``held``) an item that is held back by one.

    :param since: when it came to stand so; instants are aware
    :param place: where the page after it begins, see :func:`lines`
    """

    kind: str
    submission: str
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    standing: str | None
    name: str | None
    items: int
    receipt: str | None
    pouch: str
    since: datetime
    next_at: datetime | None
    deadline: datetime | None
    leased_until: datetime | None
    ready: bool
    code: str | None
    message: str | None
    attempt: int
    reference: str | None
    reason: str | None
    place: tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """How many lines of a kind one service of one account has."""

    kind: str
    institution: str
    environment: str
    account: str
    service: str
    lines: int


def lines(
    journal: Journal, filters: Filters, readable: Sequence[str], *, after: tuple[str, int, str, str] | None, limit: int
) -> list[Line]:
    """One page of what is open, of the DAGs that may be read.

    :param after: ``place`` of the last line of the page before
    """
    kinds = filters.kinds()
    if after and after[0] in kinds:
        kinds = kinds[kinds.index(after[0]) :]
    values = _values(journal, filters, readable)
    found: list[Line] = []
    for kind in kinds:
        beyond = after if after and after[0] == kind else (kind, 0, "", "")
        values |= {
            "kind": kind,
            "limit": limit - len(found),
            "number": beyond[1],
            "scope": beyond[2],
            "reference": beyond[3],
        }
        if kind == HELD:
            page = f"""select {_HELD_LINE} from malote.held_back as w where {_where(filters, "w")}
                and (w.scope, w.reference) > (%(scope)s, %(reference)s) order by w.scope, w.reference"""
        elif kind in _STANDINGS:
            own = _PAGE.format(text=_TEXT if filters.text else "true", where=_where(filters, "n"))
            page = f"""select {_LINE} from malote.submission as s where s.number = any (array({own}))
                order by s.number"""
        else:
            page = f"""select {_LINE} from malote.submission as s
                where {CONDITIONS[kind]} and {_where(filters, "s")} and s.number > %(number)s order by s.number"""
        rows = journal.connection.execute(f"{page} limit %(limit)s", values).fetchall()
        found += [_line(kind, row) for row in rows]
        if len(found) >= limit:
            break
    return found


def groups(journal: Journal, filters: Filters, readable: Sequence[str]) -> list[Group]:
    """How many lines there are: by kind and service, whatever the filters say of those, but of the text and run."""
    wide = Filters(text=filters.text, dag=filters.dag, run=filters.run)
    parts = [_BY_POUCH.format(text=_TEXT if wide.text else "true", where=_where(wide, "p"))]
    for kind in (kind for kind in wide.kinds() if kind not in _STANDINGS):
        table, of = ("malote.held_back as w", "w") if kind == HELD else ("malote.submission as s", "s")
        parts.append(
            f"""select '{kind}' as kind, {of}.institution, {of}.environment, {of}.account, {of}.service,
                    count(*) as lines
                from {table} where {CONDITIONS[kind] or "true"} and {_where(wide, of)} group by 2, 3, 4, 5"""
        )
    rows = journal.connection.execute(" union all ".join(parts), _values(journal, filters, readable))
    return [Group(**row) for row in rows]


def dags(journal: Journal) -> list[str]:
    """The DAGs that ever sent something: the first part of the pouches' ids. One step in the index for each."""
    rows = journal.connection.execute(
        """with recursive step as (
               select min(split_part(id, '/', 1)) as dag from malote.pouch
               union all
               select (select min(split_part(p.id, '/', 1)) from malote.pouch as p
                       where split_part(p.id, '/', 1) > step.dag)
               from step where step.dag is not null)
           select dag from step where dag is not null"""
    )
    return [row["dag"] for row in rows]


def _where(filters: Filters, of: str) -> str:
    pouch = "p.id" if of == "p" else f"{of}.pouch"
    conditions = [f"split_part({pouch}, '/', 1) = any (%(dags)s)"]
    conditions += [f"{of}.{name} = %({name})s" for name in _OF_POUCH if getattr(filters, name)]
    if filters.dag and not filters.run:
        conditions.append(f"split_part({pouch}, '/', 1) = %(dag)s")
    if filters.dag and filters.run:
        conditions.append(
            f"""{pouch} = any (array(select p.id from malote.pouch as p
                where split_part(p.id, '/', 1) = %(dag)s and split_part(p.id, '/', 2) = %(run)s))"""
        )
    if filters.text and of in ("s", "w"):
        of_text = "w.reference = %(text)s or w.submission_id = %(text)s" if of == "w" else (
            "s.id = %(text)s or s.receipt = %(text)s or s.id = any (%(holding)s) or s.name ilike %(like)s"
        )  # fmt: skip
        conditions.append(f"({of_text})")
    return " and ".join(conditions)


def _values(journal: Journal, filters: Filters, readable: Sequence[str]) -> dict[str, Any]:
    text = normal(filters.text)
    holding = submissions_holding(journal, text) if text else []
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return {
        **{name: getattr(filters, name) for name in (*_OF_POUCH, "dag", "run")},
        "dags": list(readable),
        "text": text,
        "like": f"%{escaped}%",
        "holding": holding,
        "numbers": numbers_of(journal, [*holding, text]) if text else [],
        "recent": journal.clock.now() - RECENT,
        "news": journal.clock.now() - NEWS,
    }


def _line(kind: str, row: dict[str, Any]) -> Line:
    place = (kind, row.pop("number"), row.pop("scope") or "", row["reference"] or "")
    return Line(kind=kind, place=place, **row)

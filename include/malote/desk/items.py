"""Items as a person looks for them: those of one submission, and one reference through every document it was in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from malote import INSTITUTIONS
from malote.desk.holding import submissions_holding
from malote.institution import Institution, load
from malote.journal import Journal
from malote.reference import normal
from malote.rules import Code

_COLUMNS = "i.submission, i.ordinal, i.reference, i.standing, i.code, i.message"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of a submission, with what the institution says of it.

    :param standing: ``sent``, ``accepted``, ``refused`` or ``unanswered``
    :param said: the columns of its landed row that may be shown, those that hold something, as text
    :param known: what the tables of ``rules.py`` say of its code
    """

    submission: str
    ordinal: int
    reference: str
    standing: str
    code: str | None
    message: str | None
    said: dict[str, str]
    known: Code | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One document that an item was in, newest first, and what became of the item there."""

    item: ItemRow
    institution: str
    environment: str
    account: str
    service: str
    operation: str
    submission_standing: str
    name: str
    receipt: str | None
    sent_at: datetime | None
    landed_at: datetime | None
    moved_at: datetime
    pouch: str


def code_of(institution: str, code: str | None) -> Code | None:
    """What the tables of an institution's ``rules.py`` say of a code; None where they do not know it."""
    cls = _class(institution)
    return next((each for each in cls.codes if each.code == code), None) if cls and code else None


def _class(institution: str) -> type[Institution] | None:
    """The class of an institution; None of one that is not installed any more: its rows are still there to be seen."""
    return load(institution) if institution in INSTITUTIONS else None


def items(
    journal: Journal, id: str, *, after: int = 0, text: str = "", standing: str = "", limit: int = 50
) -> list[ItemRow]:
    """One page of the items of a submission, in the order of its document.

    :param after: ``ordinal`` of the last one of the page before
    :param text: the reference, or its beginning
    """
    submission = journal.submission(id)
    escaped = normal(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = journal.connection.execute(
        f"""select {_COLUMNS} from malote.item as i
            where i.submission = %(id)s and i.ordinal > %(after)s
              and (%(text)s = '' or i.reference like %(like)s) and (%(standing)s = '' or i.standing = %(standing)s)
            order by i.ordinal limit %(limit)s""",
        {"id": id, "after": after, "text": text, "like": f"{escaped}%", "standing": standing, "limit": limit},
    ).fetchall()
    said = _said(journal, submission.institution, submission.service, [id], [row["reference"] for row in rows])
    return [_item(submission.institution, row, said) for row in rows]


def loaded(journal: Journal, id: str) -> dict[str, Any] | None:
    """The load record of a submission; None where nothing of it has landed."""
    row: dict[str, Any] | None = journal.connection.execute(
        "select * from malote.load where submission = %s", (id,)
    ).fetchone()
    return row


def seen(journal: Journal, reference: str, dags: Sequence[str], *, limit: int = 100) -> list[Seen]:
    """Every document that an item of that reference was in, newest first, of the DAGs that may be read."""
    reference = normal(reference)
    rows = journal.connection.execute(
        f"""select {_COLUMNS}, s.institution, s.environment, s.account, s.service, s.operation,
                s.standing as submission_standing, s.name, s.receipt, s.sent_at, s.landed_at, s.moved_at, s.pouch
            from malote.item as i join malote.submission as s on s.id = i.submission
            where s.id = any (%(ids)s) and i.reference = %(reference)s and split_part(s.pouch, '/', 1) = any (%(dags)s)
            order by s.number desc limit %(limit)s""",
        {"ids": submissions_holding(journal, reference), "reference": reference, "dags": list(dags), "limit": limit},
    ).fetchall()
    found = []
    for row in rows:
        own = {name: row.pop(name) for name in ("ordinal", "reference", "standing", "code", "message")}
        own["submission"] = row.pop("submission")
        said = _said(journal, row["institution"], row["service"], [own["submission"]], [reference])
        found.append(Seen(item=_item(row["institution"], own, said), **row))
    return found


def held(journal: Journal, reference: str, dags: Sequence[str]) -> list[dict[str, Any]]:
    """By what and why an item is held back, as ``malote.held_back`` has it."""
    return journal.connection.execute(
        """select * from malote.held_back
           where reference = %s and split_part(pouch, '/', 1) = any (%s) order by held_since""",
        (normal(reference), list(dags)),
    ).fetchall()


def _item(institution: str, row: dict[str, Any], said: dict[tuple[str, str], dict[str, str]]) -> ItemRow:
    said_of_it = said.get((row["submission"], row["reference"]), {})
    return ItemRow(**row, said=said_of_it, known=code_of(institution, row["code"]))


def _said(
    journal: Journal, institution: str, service: str, ids: Sequence[str], references: Sequence[str]
) -> dict[tuple[str, str], dict[str, str]]:
    cls = _class(institution)
    table = cls.tables.get(service) if cls else None
    if table is None or not table.shown or not references:
        return {}
    query = sql.SQL(
        "select submission_id, reference, {} from {} where submission_id = any (%s) and reference = any (%s) "
        "order by ordem"
    ).format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.shown),
        sql.Identifier(*table.name.split(".")),
    )
    rows = journal.connection.execute(query, (list(ids), list(references)))
    return {
        (row["submission_id"], row["reference"]): {name: row[name] for name in table.shown if row[name] is not None}
        for row in rows
    }

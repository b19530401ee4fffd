"""The one connection to the journal, and the one statement that every move is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from malote import cards
from malote.clock import Clock, SystemClock
from malote.errors import Misconfigured
from malote.submission import Standing, Stored, Submission
from malote.texts import english
from malote.warehouse import connect

COLUMNS = """
    id, pouch, institution, environment, account, service, operation, standing, name, document, document_sha256,
    document_size, sealed, item_count, facts, receipt, attempt, uncertain, arrived, confirmed, absent_seen, repeats,
    sent_at, received_at, next_at, deadline, leased_until, asked, partial, partial_since, ready, moved_at, landed_at,
    answer, answer_sha256, answer_size, purged_at is not null as purged
"""


class Ledger:
    """One connection, opened when first used, in autocommit, rows as dicts; not shared between threads."""

    def __init__(self, dsn: str, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._dsn = dsn
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    @property
    def connection(self) -> psycopg.Connection[dict[str, Any]]:
        """The open connection, in autocommit; rows are dicts.

        :raises Misconfigured, Transient: where there is no journal in that database, or it cannot be reached
        """
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, autocommit=True, row_factory=dict_row)
            if not self.one("select to_regclass('malote.submission') is not null as there")["there"]:
                self.close()
                raise Misconfigured(
                    english("s_no_journal"), todo=english("s_do_migrate"), kept=english("s_kept_unsent")
                )
        return self._connection

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def submission(self, id: str) -> Submission:
        """One submission by its id.

        :raises Misconfigured: where there is none
        """
        row = self.connection.execute(f"select {COLUMNS} from malote.submission where id = %s", (id,)).fetchone()
        if row is None:
            raise Misconfigured(english("s_no_such", id=repr(id)), todo=english("s_do_status"))
        return submission_of(row)

    def move(self, id: str, by: Iterable[str], what: str, detail: dict[str, Any], sets: str, **values: Any) -> None:
        for name in ("code", "message"):
            if values.get(name):
                values[name] = cards.masked(values[name])
        moved = self.connection.execute(
            f"""with moved as (
                    update malote.submission set {sets}, moved_at = %(now)s
                    where id = %(id)s and standing = any (%(by)s) returning id)
                insert into malote.event (submission, at, what, detail)
                select id, %(now)s, %(what)s, %(detail)s from moved""",
            {**values, "id": id, "by": list(by), "now": self.clock.now(), "what": what, "detail": noted(detail)},
        )
        if moved.rowcount == 0:
            standing = self.submission(id).standing.value
            raise Misconfigured(
                english("s_cannot_note", what=repr(what), standing=repr(standing)), submission=id,
                todo=english("s_do_story", id=id), kept=english("s_unchanged"),
            )  # fmt: skip

    def move_each(self, ids: Sequence[str], what: str, sets: str, by: Sequence[str]) -> None:
        self.connection.execute(
            f"""with moved as (
                    update malote.submission set {sets}, moved_at = %(now)s
                    where id = any (%(ids)s) and standing = any (%(by)s) returning id)
                insert into malote.event (submission, at, what) select id, %(now)s, %(what)s from moved""",
            {"ids": list(ids), "by": list(by), "now": self.clock.now(), "what": what},
        )

    def release(self, id: str, standing: str, code: str | None, message: str) -> None:
        self.connection.execute(
            "update malote.item_row set outcome = %s, code = %s, message = %s where submission = %s",
            (standing, code and cards.masked(code), cards.masked(message), id),
        )

    def resent(self, id: str) -> bool:
        """Whether a person ever let it be sent again: what stands at prepared may have left before then."""
        found = self.connection.execute(
            "select 1 from malote.event where submission = %s and what = 'a person: resend' limit 1", (id,)
        )
        return found.fetchone() is not None

    def one(self, query: str, values: Any = None) -> dict[str, Any]:
        assert self._connection is not None
        row = self._connection.execute(query, values).fetchone()
        assert row is not None
        return row


def noted(detail: Mapping[str, Any]) -> Jsonb:
    """The detail of an event, or facts, as the journal keeps them: with no card number in them."""
    return Jsonb(cards.masked_inside(dict(detail)))


def submission_of(row: dict[str, Any]) -> Submission:
    values = dict(row)
    sealed = values.pop("sealed")
    stored = Stored(values.pop("document"), values.pop("document_sha256"), values.pop("document_size"), sealed)
    answer, sha256, size = values.pop("answer"), values.pop("answer_sha256"), values.pop("answer_size")
    values["standing"] = Standing(values["standing"])
    return Submission(**values, stored=stored, answer=Stored(answer, sha256, size, sealed) if answer else None)

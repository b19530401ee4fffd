"""How far what has landed was exported, by where it went: a mark that a transaction which is slow to end cannot escape.

Each landing takes the next number of ``malote.submission.change``. A number may be seen after a higher one, where its
transaction ends later; so the mark goes only as far as numbers whose transactions have all ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from malote.journal.ledger import Ledger

_LAST = (1 << 63) - 1
_PATIENCE = "60s"


@dataclass(frozen=True, slots=True)
class ToExport:
    """A submission that has landed: when first, when its reasons did, and the number of its last landing.

    ``after`` is its place in the order in which they are exported.
    """

    id: str
    institution: str
    change: int
    landed_at: datetime | None
    reasons_at: datetime | None
    after: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an export begins, and how far it will have come at its end; None where that is not known yet."""

    after: tuple[int, int]
    up_to: int | None


class Exporting(Ledger):
    """Nothing here scans history: what is new is found by its number, through an index."""

    def begin_export(self, destination: str, *, everything: bool = False) -> Mark:
        """What the mark of a destination says.

        :param everything: begin at the first landing there ever was
        """
        self.connection.execute(
            "insert into malote.export (destination, noted_at) values (%s, %s) on conflict do nothing",
            (destination, self.clock.now()),
        )
        row = self.one(
            """with now as (
                   select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as ended,
                          pg_snapshot_xmax(pg_current_snapshot())::text::bigint as begun,
                          coalesce((select max(coalesce(s.change, 0)) from malote.submission as s
                                    where (s.landed_at is not null or s.reasons_at is not null)
                                      and s.unlanded_at is null), 0) as newest)
               update malote.export as e
               set seen = case when e.seen_by <= now.begun then e.seen else now.newest end,
                   seen_by = case when e.seen_by <= now.begun then e.seen_by else now.begun end,
                   up_to = case when %(everything)s then -1 else e.up_to end, noted_at = %(now)s
               from now where e.destination = %(destination)s
               returning e.up_to, e.seen, e.seen_by <= now.ended as ended""",
            {"destination": destination, "everything": everything, "now": self.clock.now()},
        )
        return Mark((row["up_to"], _LAST), row["seen"] if row["ended"] else None)

    def to_export(self, after: tuple[int, int], *, submissions: int, items: int) -> list[ToExport]:
        """What landed after that place, in the order of landing: so many submissions or items at most, one at least."""
        rows = self.connection.execute(
            """select id, institution, number, coalesce(change, 0) as change, landed_at, reasons_at, item_count
               from malote.submission
               where (landed_at is not null or reasons_at is not null) and unlanded_at is null
                 and (coalesce(change, 0), number) > (%s, %s)
               order by coalesce(change, 0), number limit %s""",
            (*after, submissions),
        ).fetchall()
        found: list[ToExport] = []
        for row in rows:
            items -= row["item_count"]
            if found and items < 0:
                break
            found.append(
                ToExport(
                    row["id"], row["institution"], row["change"], row["landed_at"], row["reasons_at"],
                    (row["change"], row["number"]),
                )
            )  # fmt: skip
        return found

    @contextmanager
    def exporting(self, destination: str) -> Iterator[None]:
        """One transaction, in which nobody else exports to that destination."""
        with self.connection.transaction():
            self.connection.execute(f"set local lock_timeout = '{_PATIENCE}'")
            self.connection.execute("select 1 from malote.export where destination = %s for update", (destination,))
            yield

    def end_export(self, destination: str, mark: Mark) -> None:
        """Everything of the mark is exported."""
        if mark.up_to is not None:
            self.connection.execute(
                """update malote.export set up_to = greatest(up_to, %(up_to)s), noted_at = %(now)s,
                       seen_by = case when seen = %(up_to)s then null else seen_by end
                   where destination = %(destination)s""",
                {"destination": destination, "up_to": mark.up_to, "now": self.clock.now()},
            )

    def forget_export(self, destination: str) -> bool:
        """Nothing goes there any more: nothing is kept back for it; returns whether it was known."""
        done = self.connection.execute("select malote.forget_export(%s) as known", (destination,)).fetchone()
        return bool(done and done["known"])

    def not_exported(self, before: datetime) -> int:
        """How many submissions that were over before an instant are kept because an export has not come to them."""
        row = self.connection.execute(
            """select count(*) as n from malote.submission
               where (landed_at is not null or reasons_at is not null) and unlanded_at is null and moved_at < %s
                 and coalesce(change, 0) > (select min(up_to) from malote.export)""",
            (before,),
        ).fetchone()
        return int(row["n"]) if row else 0

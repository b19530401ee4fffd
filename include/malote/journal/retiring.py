"""What is over for long enough to go, and that it is gone: items and story, landed rows, files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from malote.checkpoint import Checkpoint, pass_by
from malote.journal.ledger import COLUMNS, Ledger, submission_of
from malote.place import sql
from malote.submission import Stored, Submission

_LEFT = {
    "story": "s.retired_at is null",
    # What goes elsewhere too goes there first.
    "landed": """s.unlanded_at is null and coalesce(s.change, 0)
                 <= coalesce((select min(up_to) from malote.export), 9223372036854775807)""",
    "files": "s.purged_at is null",
}
_STEPS = range(-(1 << 13), 1 << 13, 1 << 8)


@dataclass(frozen=True, slots=True)
class Over:
    """A submission that is over, and what would go with it.

    :param stored: its files in the archive: the document, and the answer where one was kept
    """

    id: str
    number: int
    items: int
    stored: tuple[Stored, ...]


class Retiring(Ledger):
    """Every method is one transaction of at most one batch: nobody waits long for what it locks."""

    def over(
        self, part: str, before: datetime, *, after: int, limit: int, without: Collection[tuple[str, str]] = ()
    ) -> list[Over]:
        """A batch of submissions that were over before that instant and still have that part, oldest first.

        :param part: ``story`` (items and events), ``landed`` (rows) or ``files``
        :param after: the number of the last one of the batch before
        :param without: institution and service of those whose landed rows are asked about later on
        """
        rows = self.connection.execute(
            f"""select s.id, s.number, s.item_count, s.document, s.document_sha256, s.document_size, s.sealed,
                       s.answer, s.answer_sha256, s.answer_size
                from malote.submission as s
                where s.number > %(after)s and s.moved_at < %(before)s and {_LEFT[part]}
                  and s.standing in ('landed', 'refused', 'withdrawn') and s.next_at is null and not s.ready
                  and s.institution || '/' || s.service <> all (%(without)s)
                  and not exists (select 1 from malote.item_row as i
                                  where i.submission = s.id and i.outcome = 'unanswered')
                order by s.number limit %(limit)s""",
            {"after": after, "before": before, "limit": limit, "without": ["/".join(pair) for pair in without]},
        )
        return [
            Over(row["id"], row["number"], row["item_count"], tuple(
                Stored(row[name], row[f"{name}_sha256"], row[f"{name}_size"], row["sealed"])
                for name in ("document", "answer") if row[name]
            )) for row in rows
        ]  # fmt: skip

    def retire(self, ids: Sequence[str]) -> int:
        """Items and story go, and the register keeps what may not travel again; returns of how many submissions."""
        return self._number("select cardinality(malote.retire(%s, %s)) as n", list(ids), self.clock.now())

    def retire_landed(self, ids: Sequence[str]) -> int:
        """Landed rows go; returns how many."""
        return self._number("select malote.retire_landed(%s, %s) as n", list(ids), self.clock.now())

    def without_files(self, ids: Sequence[str]) -> None:
        """Their files are gone from the archive."""
        self.connection.execute(
            """with moved as (
                   update malote.submission set purged_at = %(now)s, answer = null
                   where id = any (%(ids)s) and purged_at is null returning id, retired_at)
               insert into malote.event (submission, at, what, detail)
               select id, %(now)s, 'purged', '{"why": "retired"}' from moved where retired_at is null""",
            {"ids": list(ids), "now": self.clock.now()},
        )

    def fold(self, checkpoint: Checkpoint = pass_by) -> int:
        """Pack what was retired into the register, a sixty-fourth of it at a time; returns how many references."""
        folded = 0
        for low in _STEPS:
            folded += self._number("select malote.fold_register(%s, %s) as n", low, low + _STEPS.step - 1)
            # So that the next part uses the room of this one; where the role may not, autovacuum does it later.
            self.connection.execute("vacuum malote.register")
            checkpoint("register folded")
        self.connection.execute("vacuum malote.register_new")
        return folded

    def count_lots(self) -> None:
        """Keep the counts of what has landed, as ``relatorio_diario`` does: reports go on from them."""
        for name in ("cielo_aprovacao_solta", "cielo_aprovacao"):
            self.connection.execute(sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))

    def _number(self, query: str, *values: object) -> int:
        row = self.connection.execute(query, values).fetchone()
        return int(row["n"]) if row else 0

    def retired(self, reference: str) -> list[tuple[Submission, str]]:
        """The submissions in which an item of that reference was before it was retired, and its fate there."""
        rows = self.connection.execute(
            f"""select {COLUMNS}, r.fate
                from malote.register_scope as k cross join lateral malote.retired(k.scope, %s) as r
                inner join malote.submission as s on s.number = r.number order by s.number desc""",
            (reference,),
        ).fetchall()
        fates = [row.pop("fate") for row in rows]
        return list(zip(map(submission_of, rows), fates, strict=True))

"""BNDES's searches as tasks: one question each, its answer kept whole in the archive and landed as rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from malote.errors import Misconfigured, Refused
from malote.reading import overheard
from malote.texts import english
from malote_provider.declaration import BNDES
from malote_provider.pouch import pouch_of
from malote_provider.selecting import given
from malote_provider.tasks import MaloteTask

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk.definitions.context import Context

    from malote.institution import Call, Reply, Table
    from malote.institutions.bndes.institution import Bndes
    from malote_provider.hooks import MaloteHook

FOLDER = "bndes/questions"


class _Question(MaloteTask):
    """Asks, keeps the answer's bytes, and lands its rows in one transaction by ``query_id``, which names the task run.

    Asking again, after a retry or a clear, replaces the rows of the same ``query_id``; what has not changed is not
    touched. Pushes ``{"query_id", "rows", "changed"}``.
    """

    institution = ""  # each question's own class names it
    operator_extra_links = ()
    ui_color = "#efe6d2"

    def execute(self, context: Context) -> dict[str, Any]:
        query = pouch_of(context)
        with self.hook() as hook, overheard(lambda told: self.log.warning("answer repaired: %s", "; ".join(told))):
            institution: Bndes = hook.get_institution()  # type: ignore[assignment]
            found = list(self._rows(institution, _asked(hook, institution, self._call(institution), query)))
            changed = _land(hook.warehouse_dsn(), self._table(), query, found, self.clock.now())
        self.log.info("%d rows, %d changed, as query_id %s of %s", len(found), changed, query, self._table().name)
        return {"query_id": query, "rows": len(found), "changed": changed}

    def _call(self, institution: Bndes) -> Call[bytes]:
        raise NotImplementedError

    def _rows(self, institution: Bndes, answer: bytes | None) -> Iterable[tuple[str | None, ...]]:
        raise NotImplementedError

    def _table(self) -> Table:
        raise NotImplementedError


class BndesPesquisaOperator(_Question, of=BNDES):
    """Searches operations (manual 5.3) and lands what is shown in ``bndes.operacao``.

    :param criterios: paths of ``pesquisa_operacao.xsd`` to values, e.g. ``{"anoProposta": "2026", "numeroProposta":
        "17"}``; blank ones are left out (templated)
    """

    template_fields: Sequence[str] = ("criterios", "conn_id")
    template_fields_renderers: ClassVar[dict[str, str]] = {"criterios": "json"}

    def __init__(self, *, criterios: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.criterios = criterios

    def _call(self, institution: Bndes) -> Call[bytes]:
        asked = {name: value for name, value in self.criterios.items() if given(value)}
        if not asked:
            raise Misconfigured(
                english("s_empty", name="criterios"), institution="bndes", todo=english("s_do_say_sought")
            )
        return institution.pesquisa(asked)

    def _rows(self, institution: Bndes, answer: bytes | None) -> Iterable[tuple[str | None, ...]]:
        return institution.read_operacoes(io.BytesIO(answer)) if answer is not None else ()

    def _table(self) -> Table:
        from malote.institutions.bndes.answers import OPERACAO

        return OPERACAO


class BndesSubcreditoOperator(_Question, of=BNDES):
    """Asks for a subcrédito in detail (manual 5.4) and lands its events in ``bndes.subcredito``.

    :param numero: the numeroContratoBNDES (templated)
    """

    template_fields: Sequence[str] = ("numero", "conn_id")

    def __init__(self, *, numero: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.numero = numero

    def _call(self, institution: Bndes) -> Call[bytes]:
        if not given(self.numero):
            raise Misconfigured(
                english("s_empty", name="numero"), institution="bndes", todo=english("s_do_contract_number")
            )
        return institution.subcredito(str(self.numero).strip())

    def _rows(self, institution: Bndes, answer: bytes | None) -> Iterable[tuple[str | None, ...]]:
        return institution.read_subcredito(io.BytesIO(answer)) if answer is not None else ()

    def _table(self) -> Table:
        from malote.institutions.bndes.answers import SUBCREDITO

        return SUBCREDITO


def _asked(hook: MaloteHook, institution: Bndes, call: Call[bytes], query: str) -> bytes | None:
    """The answer, at the shared pace, its bytes in the archive; None where BNDES says that there is nothing.

    :raises Refused: where it refuses the question for another reason
    """
    from malote.institutions.bndes.answers import plain

    def keep(reply: Reply) -> None:
        with hook.archive().write(FOLDER, f"{query}.xml") as sheet:
            sheet.write(reply.body)

    def kept(reply: Reply) -> bytes:
        keep(reply)
        return call.read(reply)

    while not hook.pace().reserve(1)[0].wait(hook.clock):
        pass
    try:
        return hook.driver().send(replace(call, read=kept, overhear=keep))
    except Refused as refused:
        if any(plain(word) in plain(refused.what) for word in institution.rules.words["absent"]):
            return None
        raise


def _land(dsn: str, table: Table, query: str, rows: Sequence[tuple[str | None, ...]], now: datetime) -> int:
    """Make the rows of a question these, in one transaction; returns how many it wrote or removed."""
    from psycopg import sql

    from malote.trip import Discreet
    from malote.warehouse import connect

    columns = [sql.Identifier(name) for name in table.columns]
    write = sql.SQL(
        """insert into {target} as t (query_id, ordem, {columns}, landed_at) values ({values})
           on conflict (query_id, ordem) do update set ({columns}, landed_at) = ({excluded}, excluded.landed_at)
           where ({there}) is distinct from ({excluded})"""
    ).format(
        target=(target := sql.Identifier(*table.name.split("."))),
        columns=sql.SQL(", ").join(columns),
        values=sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 3)),
        excluded=sql.SQL(", ").join(sql.SQL("excluded.") + each for each in columns),
        there=sql.SQL(", ").join(sql.SQL("t.") + each for each in columns),
    )
    with connect(dsn) as connection, connection.cursor() as cursor:
        rows = list(Discreet.of(connection, table).rows(rows))
        cursor.execute(sql.SQL("delete from {} where query_id = %s and ordem > %s").format(target), (query, len(rows)))
        changed = cursor.rowcount
        cursor.executemany(write, [(query, ordem, *row, now) for ordem, row in enumerate(rows, 1)])
        return changed + (cursor.rowcount if rows else 0)

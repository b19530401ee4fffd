"""The report views say what they said when they were slow: row for row, over random journals and answers."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from malote import place

BEFORE = Path(__file__).parents[1] / "data" / "marts_before"
VIEWS = {  # as it is now: as it was
    "report.cielo_transacoes": "cielo_transacoes",
    "report.ccee_contratos": "ccee_contratos",
    "report.bndes_esteira": "bndes_esteira",
    "report.cielo_aprovacao_por_dia": "cielo_aprovacao_por_dia",
    "report.submissoes_abertas": "submissoes_abertas",
    "bndes.aprovado": "aprovado",
}
STANDINGS = ("prepared", "sending", "received", "answered", "landed", "landed", "landed", "refused", "in_doubt",
             "overdue", "withdrawn")  # fmt: skip
OUTCOMES = (None, None, None, "refused", "refused_for_good", "unanswered", "accepted")
NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


class Journal:
    """Random submissions of the three, their items and the rows of their answers, surplus and missing ones included."""

    def __init__(self, dsn: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.live: set[tuple[str, str]] = set()

    def fill(self, submissions: int) -> None:
        kinds = [("cielo", "autorizacao", "02"), ("cielo", "autorizacao_tid", "08"), ("cielo", "captura", "04"),
                 ("ccee", "contratos", "R"), *(("bndes", each, each) for each in (
                     "financiamento", "contratacao", "liberacao", "cancelamento"))]  # fmt: skip
        with self.connection.transaction():
            for number in range(1, submissions + 1):
                self._submission(number, *self.random.choice(kinds))

    def _maybe(self, value: Any, chance: float = 0.7) -> Any:
        return value if self.random.random() < chance else None

    def _submission(self, number: int, institution: str, service: str, operation: str) -> None:
        pick, id = self.random.choice, f"{institution}-{number}"
        environment, account = pick(["teste", "producao"]), pick(["1", "2"])
        standing, at = pick(STANDINGS), NOON + timedelta(hours=self.random.randrange(200))
        items = 1 if institution == "bndes" else self.random.randrange(1, 6)
        facts = {"numero_lote": number} if institution == "cielo" else {}
        if institution == "bndes" and self.random.random() < 0.7:
            facts["numeroBNDES"] = pick("ABC")
        self.connection.execute(
            "insert into malote.pouch values (%s, %s, %s, %s, %s, '{}', %s)",
            (id, institution, environment, account, service, at),
        )
        self.connection.execute(
            """insert into malote.submission (id, number, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, facts, receipt,
                   prepared_at, sent_at, moved_at, landed_at, message)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'n', 'd', %s, 1, false, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (id, number, id, institution, environment, account, service, operation, standing, id, items, Jsonb(facts),
             self._maybe(f"R{number}"), at, self._maybe(at, 0.9), at, at if standing == "landed" else None,
             self._maybe("said", 0.3)),
        )  # fmt: skip
        if standing == "landed" and self.random.random() < 0.8:
            self.connection.execute(
                """insert into malote.load values (%s, %s, 't', 'x', 1, 0, 0, 0, 0, 0, %s)""",
                (id, at, self._maybe("words")),
            )
        scope = f"{institution}/{environment}/{account}/{service}/{operation}"
        references = [
            reference for ordinal in range(1, items + 1)
            if (reference := self._item(id, ordinal, scope, institution)) is not None
        ]  # fmt: skip
        for ordem in range(1, self.random.randrange(1, 2 * items + 2)):
            self._row(institution, id, ordem, service, operation, pick([*references, *references, None, "surplus"]), at)

    def _item(self, id: str, ordinal: int, scope: str, institution: str) -> str | None:
        reference = f"2026/{self.random.randrange(6)}" if institution == "bndes" else f"P{self.random.randrange(15)}"
        outcome = self.random.choice(OUTCOMES)
        if outcome != "refused":
            if (scope, reference) in self.live:
                outcome = "refused"
            else:
                self.live.add((scope, reference))
        with self.connection.transaction():
            self.connection.execute(
                """insert into malote.item_row select %s, %s, %s, %s, null, %s, %s, %s where not exists (
                       select 1 from malote.item_row where submission = %s and reference = %s)""",
                (id, ordinal, scope, reference, outcome, self._maybe("7"), self._maybe("why"), id, reference),
            )
        return reference

    def _row(
        self, institution: str, id: str, ordem: int, service: str, operation: str, reference: str | None, at: datetime
    ) -> None:
        pick, maybe = self.random.choice, self._maybe
        at += timedelta(hours=self.random.randrange(48))
        if institution == "cielo":
            table, row = "cielo.transacao", {
                "operacao": operation, "tid": maybe(pick("TUV")), "numero_pedido": maybe(pick("XYZ")),
                "status": maybe(pick("4569")), "situacao": maybe(pick(["erro", "sem_retorno", "Autorizada"]), 0.9),
                "permite_retentativa": pick([None, True, False]), "bandeira": maybe(pick(["visa", "elo"])),
                "valor": maybe(self.random.randrange(9999)), "autorizacao_valor": maybe(self.random.randrange(9999)),
            }  # fmt: skip
        elif institution == "ccee":
            table, row = "ccee.resultado_processamento", {
                "status": pick(["SUCESSO", "ERRO", None]), "descricao": maybe("d"),
                "codigo_contrato": maybe(str(ordem)),
            }  # fmt: skip
        else:
            table, row = "bndes.resultado", {
                "servico": service, "status": "s", "situacao": pick(["aprovado", "rejeitado", "desconhecido"]),
                # of one submission and one proposal only one: which of two counted was anybody's guess before
                "ano_proposta": "2026", "numero_proposta": str((int(id.split("-")[1]) + ordem) % 6),
                "numero_bndes": maybe(pick("ABC")), "mensagem": maybe("m", 0.4),
                "data_prevista_liberacao": maybe(at.date()),
            }  # fmt: skip
            if self.random.random() < 0.3:
                self.connection.execute(
                    "insert into bndes.critica (submission_id, ordem, mensagem, landed_at) values (%s, %s, %s, %s)",
                    (id, ordem, maybe("crítica"), at),
                )
        row |= {"submission_id": id, "ordem": ordem, "reference": reference, "landed_at": at}
        names = ", ".join(row)
        self.connection.execute(
            f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", tuple(row.values())
        )


@pytest.mark.parametrize("seed", range(12))
def test_every_view_says_what_it_said_before(warehouse: str, seed: int) -> None:
    journal = Journal(warehouse, seed)
    journal.fill(120)
    connection = journal.connection
    connection.execute("create schema before")
    for now, name in VIEWS.items():
        connection.execute((BEFORE / f"{name}.sql").read_text(encoding="utf-8"))
        was, isnow = (
            sorted(map(repr, connection.execute(f"select * from {view}").fetchall()))
            for view in (f"before.{name}", now)
        )
        assert isnow == was, now
        assert was, f"nothing to compare in {now}"
    connection.close()


def test_no_view_puts_its_rows_in_an_order(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute(
            """select schemaname || '.' || viewname, definition from pg_catalog.pg_views
               where schemaname in ('report', 'malote', 'bndes', 'cielo', 'ccee')"""
        ).fetchall()
    ordered = [
        name for name, definition in rows
        if any(line.startswith("  ORDER BY") for line in definition.splitlines())
    ]  # fmt: skip
    assert rows
    assert ordered == []


KEPT = ("cielo_aprovacao_solta", "cielo_aprovacao")


def keep(connection: psycopg.Connection[Any]) -> None:
    for name in KEPT:
        connection.execute(place.sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(6))
def test_counts_of_authorisations_that_are_kept_are_those_that_would_be_counted(warehouse: str, seed: int) -> None:
    journal = Journal(warehouse, seed)
    journal.fill(150)
    connection = journal.connection
    connection.execute("create schema before")
    connection.execute((BEFORE / "cielo_aprovacao_por_dia.sql").read_text(encoding="utf-8"))

    def told(view: str) -> list[str]:
        return sorted(map(repr, connection.execute(f"select * from {view}").fetchall()))

    def happens(what: str) -> None:
        """Every move writes an event, in its own transaction; that is what lets go of what was kept."""
        connection.execute(
            """with moved as (update malote.item_row set outcome = 'unanswered'
                   where starts_with(submission, 'cielo-') and outcome is null returning submission)
               insert into malote.event (submission, at, what) select distinct submission, now(), %s from moved""",
            (what,),
        )

    connection.execute(
        "insert into malote.event (submission, at, what) select id, now(), 'prepared' from malote.submission"
    )
    for what in ("nothing", "kept", "moved", "kept again"):
        if what.startswith("kept"):
            keep(connection)
            keep(connection)
        if what == "moved":
            happens("a person: settle")
        assert told("report.cielo_aprovacao_por_dia") == told("before.cielo_aprovacao_por_dia"), what
    row = connection.execute("select count(distinct submission_id) from report.cielo_aprovacao_mantida").fetchone()
    assert row is not None
    assert row[0] > 3
    connection.close()


def test_what_is_younger_than_an_hour_is_checked_again(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("insert into malote.pouch values ('p', 'x', 'x', 'x', 'x', '{}', now())")
        connection.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at)
               values ('x-1', 'p', 'x', 'x', 'x', 'x', 'x', 'landed', 'n', 'd', 'd', 1, false, 1, now(), now())"""
        )
        connection.execute("insert into malote.load values ('x-1', now(), 'x.y', 'x', 1, 1, 0, 0, 0, 0)")
        for hours in (3, 2, 0):
            connection.execute(
                """insert into malote.event (submission, at, what)
                   values ('x-1', now() - make_interval(hours => %s), 'landed')""",
                (hours,),
            )
        new = "select tabela, submission_id from report.cargas_novas"
        assert connection.execute(new).fetchall() == [("x.y", "x-1")]
        for name in ("conferencia_comeca", "conferencia_termina"):
            connection.execute(place.sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))
        assert connection.execute("select desde, ate from report.conferencia").fetchall() == [(2, 2)]
        assert connection.execute(new).fetchall() == [("x.y", "x-1")]

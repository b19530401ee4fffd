"""Lets the code add to a filled warehouse, and compares what it writes with what was filled in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import returns
from filling import CNPJ, EC

from malote import place
from malote.archive import Archive
from malote.clock import SystemClock
from malote.hours import Pace
from malote.institution import Access, Institution
from malote.institutions.bndes.institution import Bndes
from malote.institutions.cielo.institution import Cielo
from malote.journal import Journal
from malote.scope import Scope
from malote.submission import Document, Item, Order, Receipt, Standing
from malote.trip import Courier, Kit, Landing, Outgoing
from malote.trip.purging import purge

LOT = 25_000
EXCEPT = {"codigo_token", "token_status", "numero_cartao_truncado", "cancelamentos", "cancelado_valor",
          "cancelamento_data_hora", "cancelamento_mensagem", "echo", "leased_until", "next_at", "detail"}  # fmt: skip
"""Columns that only some rows have, and the filler leaves empty."""


def _bndes() -> Bndes:
    return Bndes(Access("bndes", "simulator", "https://localhost/apa", extra={"cnpj": CNPJ}))


def _cielo(ec: str = EC) -> Cielo:
    return Cielo(Access("cielo", "simulator", "https://localhost", ec, "chave"))


@cache
def _archive(folder: str) -> Archive:
    return Archive(
        Path(folder) / "archive", "5c1f0e97b6d24a83e1907fd26b4ac835"
    )  # one for the process: its key is derived once, on purpose slowly


def _kit(dsn: str, institution: Institution, folder: str) -> Kit:
    clock = SystemClock()
    pace = Pace(dsn, "years", limit=0, window=timedelta(minutes=1))
    return Kit(institution, dsn, Journal(dsn, clock), _archive(folder), pace, clock)


def add_cielo(dsn: str, folder: str, number: int, *, ec: str = EC, items: int = LOT) -> dict[str, float]:
    """A lot through all moves, with a real return file; seconds that taking it in and landing it took."""
    kit, order = _kit(dsn, _cielo(ec), folder), Order(f"years/{ec}/{number}", "autorizacao")
    journal, archive, took = kit.journal, kit.archive, {}
    references, lot = [f"A{number}P{i:010}" for i in range(items)], 900_000 + number
    with archive.write("cielo/sent", "lot.xml", sealed=True) as sheet:
        sheet.write(b"<requisicao-lote/>")
    begun = time.perf_counter()
    journal.open_pouch(order, kit.institution)
    facts = {"numero_lote": lot, "data": "20261123"}
    with journal.intake(order, kit.institution) as intake:
        intake.add(Document("02", "lot.xml", sheet.stored, tuple(map(Item, references)), facts))
    took["taken in"] = time.perf_counter() - begun
    (submission,) = journal.submissions(Scope.pouch(order.pouch))
    journal.begin_send(submission.id, under_way=timedelta(minutes=2))
    now, deadline = kit.clock.now(), kit.clock.now() + timedelta(days=3)
    journal.received(submission.id, Receipt(str(lot)), ask_at=now, deadline=deadline, how="replied")
    with archive.write("answers", f"{submission.id}.xml", sealed=True) as answer:
        head = returns.HEAD.replace(f"<numero-lote>{returns.LOT}", f"<numero-lote>{lot}").replace(returns.EC, ec)
        answer.write(head.encode("iso-8859-1"))
        for i, reference in enumerate(references):
            answer.write(returns.item(i, reference, lot, ec).encode("iso-8859-1"))
        answer.write(b"</lista></retorno-lote>")
    journal.answered([(submission.id, answer.stored)])
    begun = time.perf_counter()
    (submission,) = journal.submissions(Scope.pouch(order.pouch), Standing.ANSWERED)
    load = Landing(dsn, archive, kit.clock).land(kit.institution, [submission])
    took["landed"] = time.perf_counter() - begun
    assert load.rows == items, load
    purge(kit)
    journal.close()
    return took


def add_bndes(dsn: str, folder: str) -> None:
    """Contratações by the shipped SQL, answered and landed."""
    kit, order = _kit(dsn, _bndes(), folder), Order("years/bndes", "contratacao")
    rows = Outgoing(dsn, place.sql("outgoing", "bndes__contratacao.sql").read_text(encoding="utf-8"))
    prepared = Courier(kit).prepare(order, rows)
    assert prepared.submissions, prepared
    now, answered = kit.clock.now(), []
    for each in kit.journal.submissions(Scope.pouch(order.pouch)):
        kit.journal.begin_send(each.id, under_way=timedelta(minutes=2))
        kit.journal.received(
            each.id, Receipt(f"Y{each.id}"), ask_at=now, deadline=now + timedelta(days=1), how="replied"
        )
        with kit.archive.write("answers", f"{each.id}.xml") as answer:
            answer.write(b"<contratacao_retorno><status>aprovada</status></contratacao_retorno>")
        answered.append((each.id, answer.stored))
    kit.journal.answered(answered)
    landing = Landing(dsn, kit.archive, kit.clock)
    load = landing.land(kit.institution, kit.journal.submissions(Scope.pouch(order.pouch), Standing.ANSWERED))
    assert load.rows == prepared.submissions, load


def prepare(dsn: str, folder: str, number: int | None = None) -> float:
    """Seconds that preparing takes: 100 new rows, or what the shipped SQL selects."""
    kit, order = _kit(dsn, _cielo(), folder), Order(f"years/prepared/{number}", "autorizacao")
    rows: Any = list(_orders(number)) if number is not None else selected(dsn, kit.institution, order)
    begun = time.perf_counter()
    prepared = Courier(kit).prepare(order, rows, refused_too=False)
    took = time.perf_counter() - begun
    assert prepared.items == 100, prepared
    return took


def selected(dsn: str, institution: Institution, order: Order) -> Outgoing:
    """The shipped authorisations, as a submit task selects them."""
    return Outgoing(dsn, place.sql("outgoing", "cielo__autorizacao.sql").read_text(encoding="utf-8"),
                    scope=institution.scope_of(order))  # fmt: skip


def _orders(number: int) -> Iterator[dict[str, Any]]:
    for i in range(100):
        order = f"X{number}{i:05}"
        yield {
            "reference": order, "dados-portador.token": "TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=",
            "dados-pedido.numero": order, "dados-pedido.valor": 100, "dados-pedido.moeda": "986",
            "dados-pedido.data-hora": "2026-11-23T10:00:00", "dados-pedido.idioma": "PT",
            "forma-pagamento.bandeira": "visa", "forma-pagamento.produto": "1", "forma-pagamento.parcelas": 1,
            "url-retorno": "null", "autorizar": "3", "capturar": False,
        }  # fmt: skip


def compare(dsn: str) -> list[str]:
    """The columns that the filler leaves empty where the code fills them, or the other way round; rows of another size.

    Alike are compared with alike: landed with landed, a kind of event with the same kind. Of a large warehouse one
    submission of thirteen is looked at: of the lots that are every kind.
    """
    alike = {
        "malote.submission": ("id", "institution || operation", "standing = 'landed'"),
        "malote.item_row": ("submission", "split_part(scope, '/', 1) || coalesce(outcome, '')", "true"),
        "malote.load": ("submission", "target", "true"),
        "malote.event": ("submission", "split_part(submission, '-', 1) || what", "true"),
        "cielo.transacao": ("submission_id", "operacao || situacao", "true"),
        "bndes.resultado": ("submission_id", "servico || situacao", "true"),
    }
    unlike = []
    with psycopg.connect(dsn) as c:
        for table, (key, kind, where) in alike.items():
            rows = c.execute(
                f"""with looked as materialized (
                        select id, coalesce(pouch like 'years/%', false) as added from malote.submission
                        where pouch like 'years/%' or number % 13 = 0
                            or (select count(*) < 100000 from malote.submission))
                    select kind, added, array_agg(k), sum(width * n) / sum(n) from (
                        select t.kind, added, k, avg(width) as width, count(*) as n
                        from (select t.*, {kind} as kind, pg_column_size(t.*) as width, to_jsonb(t.*) as j
                              from {table} as t where {where}) as t
                        inner join looked as s on s.id = t.{key}
                        cross join lateral jsonb_object_keys(jsonb_strip_nulls(j)) as k group by 1, 2, 3) as x
                    group by kind, added"""
            ).fetchall()
            found = {(row[0], row[1]): (set(row[2]) - EXCEPT, float(row[3])) for row in rows}
            for (of, added), (filled, width) in found.items():
                if added and (of, False) in found:
                    there, wide = found[of, False]
                    unlike += [f"{table} {of} {name}" for name in sorted(filled ^ there)]
                    if not 0.6 < wide / width < 1.7:
                        unlike.append(f"{table} {of}: {wide:.0f} B a row, by the code {width:.0f}")
    return unlike

"""Returns that are late, strange or incomplete, denials, a wrong chave, and all seven operations round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from support.lots import landed
from support.orders import EC
from support.planted import ARCHIVE_KEY
from support.stages import CieloStage
from support.trip import Trip, standings


def test_a_denied_order_travels_again_only_when_asked_for_and_only_if_its_lr_permits(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.set(deny_orders={"P000": "51", "P001": "14"})
    trip = begin()
    trip.run(stage.rows(0, 3))
    assert landed(trip, "reference", "lr", "permite_retentativa")[:2] == [("P000", "51", True), ("P001", "14", False)]
    assert begin(pouch="second").prepare(stage.rows(0, 3)).items == 0
    done = begin(pouch="third").prepare(stage.rows(0, 3), refused_too=True)
    assert (done.items, done.held) == (1, 2)


def test_an_item_that_the_return_leaves_out_says_sem_retorno_and_stays_locked(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.set(unanswered=["P001"])
    trip = begin()
    trip.run(stage.rows(0, 3))
    assert landed(trip, "reference", "situacao") == [
        ("P000", "Capturada"), ("P001", "sem_retorno"), ("P002", "Capturada"),
    ]  # fmt: skip
    assert begin(pouch="second").prepare(stage.rows(0, 3), refused_too=True).items == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"return_in": "arquivo"},
        {"second_copy": "082"},
        {"second_copy": "mensagem"},
        {"codigo": "padded"},
        {"codigo": "bare"},
        {"echo_id": False},
        {"pan": False},
        {"extras": True},
        {"processing_every": 3600, "result_after": 43200},
    ],
    ids=str,
)
def test_whatever_the_server_s_habits_the_return_comes_home(
    begin: Callable[..., Trip], stage: CieloStage, settings: dict[str, Any]
) -> None:
    stage.sim.cielo.set(**settings)
    trip = begin()
    trip.prepare(stage.rows(0, 3))
    trip.send()
    for _ in range(40):
        trip.asking.in_turn(trip.scope, trip.driver)
        if trip.land().submissions:
            break
        trip.clock.pass_(hours=1)
        stage.sim.clock.set(trip.clock.at)
    assert landed(trip, "reference", "situacao") == [(f"P00{n}", "Capturada") for n in range(3)]
    with psycopg.connect(trip.dsn) as connection:
        load = connection.execute("select items_accepted, rows_unmatched from malote.load").fetchone()
    assert load == (3, 0)


def test_what_was_not_sent_and_what_comes_twice_is_kept_and_counted(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.set(strangers=["ESTRANHO1"], answered_twice=["P001"])
    trip = begin()
    trip.run(stage.rows(0, 3))
    with psycopg.connect(trip.dsn) as connection:
        load = connection.execute(
            "select row_count, items_accepted, items_answered_twice, rows_unmatched from malote.load"
        ).fetchone()
    assert load == (5, 3, 1, 1)
    assert (None, "ESTRANHO1") in landed(trip, "reference", "numero_pedido")


def test_a_charge_that_is_answered_with_a_token_alone_is_not_accepted_and_is_told(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.set(only_token=["P001"])
    trip = begin()
    trip.run(stage.rows(0, 3))
    (told,) = trip.journal.unanswered(trip.scope)
    assert told.items == 1 and "só um token" in (told.words or "")
    with psycopg.connect(trip.dsn) as connection:
        items = dict(connection.execute("select reference, standing from malote.item").fetchall())
    assert items == {"P000": "accepted", "P001": "unanswered", "P002": "accepted"}
    assert begin(pouch="second").prepare(stage.rows(0, 3), refused_too=True).items == 0, "it may have been charged"


def test_an_unknown_status_is_kept_and_locks_its_item(begin: Callable[..., Trip], stage: CieloStage) -> None:
    stage.sim.cielo.set(status={"P001": "7"})
    trip = begin()
    trip.run(stage.rows(0, 3))
    assert landed(trip, "reference", "status")[1] == ("P001", "7")
    assert begin(pouch="second").prepare(stage.rows(0, 3), refused_too=True).items == 0


def test_a_wrong_chave_stops_the_pouch_and_the_lot_goes_when_it_is_right(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    from malote.errors import Misconfigured

    stores = dict(stage.sim.cielo.settings["stores"])
    trip = begin()
    trip.prepare(stage.rows(0, 3))
    stage.sim.cielo.set(stores={**stores, EC: "another"})
    with pytest.raises(Misconfigured) as caught:
        trip.send()
    assert stores[EC] not in str(caught.value)
    assert standings(trip.dsn) == {"prepared": 1}
    stage.sim.cielo.set(stores=stores)
    assert trip.run(stage.rows(0, 3)).rows == 3


@pytest.mark.parametrize(("operation", "asked"), [("consulta_chsec", "numero_pedido"), ("consulta", "tid")])
def test_an_order_that_a_query_saw_authorised_is_not_charged_by_a_lot(
    begin: Callable[..., Trip], stage: CieloStage, operation: str, asked: str
) -> None:
    from malote.errors import Invalid
    from malote.place import sql
    from malote.trip import Outgoing

    def rows(service: str) -> Outgoing:
        return Outgoing(trip.dsn, sql("outgoing", f"cielo__{service}.sql").read_text(encoding="utf-8"))

    online = "10069930690000ABCDEF"
    stage.sim.cielo.set(online={online: {"pedido": "WEB1", "valor": 5000, "status": 4}})
    trip = begin(service=operation, pouch="question")
    name = {"numero_pedido": "WEB1", "tid": online}[asked]
    with psycopg.connect(trip.dsn) as connection:
        connection.execute(f"insert into outgoing.cielo_{operation} (referencia, {asked}) values ('q', %s)", (name,))
        connection.execute(
            """insert into outgoing.cielo_autorizacao (numero_pedido, valor, bandeira, token)
               values ('WEB1', 5000, 'visa', 'T'), ('WEB2', 5000, 'visa', 'T')"""
        )
        connection.execute("insert into outgoing.cielo_autorizacao_tid (tid) values (%s)", (online,))
    trip.run(rows(operation))
    for service, twice in (("autorizacao", "WEB1"), ("autorizacao_tid", online)):
        with pytest.raises(Invalid) as caught:
            begin(service=service, pouch=service).prepare(rows(service))
        assert [(each.reference, each.path) for each in caught.value.problems] == [(twice, "reference")]
    rest = begin(service="autorizacao", pouch="the rest", params={"valid_rest": True}).prepare(rows("autorizacao"))
    assert (rest.items, len(rest.problems)) == (1, 1)


def test_a_second_cancellation_of_a_transaction_waits_until_the_first_is_home(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    from malote.place import sql
    from malote.trip import Outgoing

    def another(reference: str) -> tuple[Trip, Outgoing]:
        trip = begin(service="cancelamento", pouch=reference)
        with psycopg.connect(trip.dsn) as connection:
            connection.execute("insert into outgoing.cielo_cancelamento values (%s, %s, 100)", (reference, online))
        return trip, Outgoing(trip.dsn, sql("outgoing", "cielo__cancelamento.sql").read_text(encoding="utf-8"))

    online = "10069930690000ABCDEF"
    stage.sim.cielo.set(online={online: {"pedido": "WEB1", "valor": 5000, "status": 6}})
    first, rows = another("back-1")
    first.prepare(rows)
    first.send()
    second, rows = another("back-2")
    assert second.prepare(rows).items == 0
    first.wait()
    assert first.land().submissions == 1
    assert second.run(rows).submissions == 1
    assert landed(second, "reference", "cancelado_valor") == [("back-1", 100), ("back-2", 200)]


def test_all_seven_operations_go_round_from_their_tables_by_their_shipped_sql(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    from malote.archive import Seal
    from malote.place import sql
    from malote.trip import Outgoing

    card = Seal(ARCHIVE_KEY).seal_text(
        '{"numero": "4012001037141112", "validade": "203012", "nome-portador": "FULANA"}'
    )
    online = "10069930690000ABCDEF"
    stage.sim.cielo.set(online={online: {"pedido": "WEB1", "valor": 5000, "status": 2}})
    inserts = {
        "tokenizacao": f"(referencia, cartao_selado) values ('cliente-1', '{card}')",
        "autorizacao": """(numero_pedido, valor, bandeira, token)
            select n, 10000, 'visa', (select codigo_token from cielo.transacao)
            from unnest(array['A1', 'A2', 'A3']) n""",
        "captura": """(tid, valor) select tid, case numero_pedido when 'A1' then 4000 end from cielo.transacao
            where operacao = '02' and numero_pedido <> 'A3'""",
        "cancelamento": """(referencia, tid, valor) select 'back-' || numero_pedido, tid,
            case numero_pedido when 'A2' then 2500 end from cielo.transacao where operacao = '02'""",
        "consulta": "(referencia, tid) select 'ask', tid from cielo.transacao where numero_pedido = 'A2' limit 1",
        "consulta_chsec": "(referencia, numero_pedido) values ('ask again', 'A3'), ('ask in vain', 'A9')",
        "autorizacao_tid": f"(tid) values ('{online}')",
    }
    assert list(inserts) == [
        "tokenizacao", "autorizacao", "captura", "cancelamento", "consulta", "consulta_chsec", "autorizacao_tid",
    ]  # fmt: skip
    for service, insert in inserts.items():
        trip = begin(service=service, pouch=service)
        with psycopg.connect(trip.dsn) as connection:
            connection.execute(f"insert into outgoing.cielo_{service} {insert}")
        rows = Outgoing(trip.dsn, sql("outgoing", f"cielo__{service}.sql").read_text(encoding="utf-8"))
        assert trip.run(rows).submissions == 1, service
    with psycopg.connect(trip.dsn) as connection:
        found = connection.execute(
            """select operacao, reference, situacao from cielo.transacao
               where operacao not in ('03', '04') order by 1, 2"""
        ).fetchall()
        captured = connection.execute(
            "select numero_pedido, situacao, captura_valor from cielo.transacao where operacao = '04' order by 1"
        ).fetchall()
        cancelled = connection.execute(
            "select reference, situacao, cancelado_valor from cielo.transacao where operacao = '03' order by 1"
        ).fetchall()
        token = connection.execute(
            """select r.token_final, t.codigo_token from report.cielo_transacoes r, cielo.transacao t
               where r.operacao = '05' and t.operacao = '05'"""
        ).fetchone()
    assert found == [
        ("02", "A1", "Autorizada"), ("02", "A2", "Autorizada"), ("02", "A3", "Autorizada"),
        ("05", "cliente-1", "Tokenizada"), ("06", "ask", "Capturada"), ("07", "ask again", "Cancelada"),
        ("07", "ask in vain", "erro"), ("08", online, "Autorizada"),
    ]  # fmt: skip
    assert captured == [("A1", "Capturada", 4000), ("A2", "Capturada", 10000)]
    assert cancelled == [
        ("back-A1", "Cancelada", 4000),
        ("back-A2", "Capturada", 2500),
        ("back-A3", "Cancelada", 10000),
    ]
    assert token is not None and token[0] == token[1][-4:] and len(token[1]) > 4
    assert set(standings(trip.dsn)) == {"landed"}
    assert {n for n in stage.accepted().values()} == {1}

"""Lots when things go wrong: lost answers, numbers that others use, strange returns, denials, two runs at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.archive import Archive
from malote.institution import load
from malote.submission import Document, Order, Standing, Submission
from support.stages import CieloStage
from support.trip import Trip, standings

EC = "1006993069"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[CieloStage]:
    stage = CieloStage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def begin(stage: CieloStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse; calling it again is a restart or another run."""
    made: list[Trip] = []

    def begin(**options: Any) -> Trip:
        clock = made[-1].clock if made else None
        there = options.pop("institution", None) or stage.institution()
        made.append(
            Trip(there, stage.driver(), warehouse, str(tmp_path / "archive"),
                 service=options.pop("service", stage.service), clock=clock, **options)
        )  # fmt: skip
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def landed(trip: Trip, *columns: str) -> list[Any]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute(f"select {', '.join(columns)} from cielo.transacao order by reference, 1").fetchall()


def story(trip: Trip, id: str = "cielo-1") -> list[str]:
    return [event["what"] for event in trip.journal.story(id)]


def test_a_reply_lost_after_acceptance_is_found_by_its_number_not_sent_again(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.play("lost_reply")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert stage.sim.cielo.requests["upload"] == 1
    assert story(trip)[1:4] == ["sending", "fate unknown", "received"]


@pytest.mark.parametrize("fault", [{"fault": "timeout", "accept": False}, {"fault": "500", "accept": False}])
def test_an_upload_that_never_arrived_goes_again_with_the_same_bytes_under_the_same_number(
    begin: Callable[..., Trip], stage: CieloStage, fault: dict[str, Any]
) -> None:
    stage.sim.cielo.play(**fault, on="upload")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert list(stage.sim.cielo.lots) == [f"{EC}/1"]
    assert stage.sim.cielo.requests["upload"] == 2
    assert set(stage.accepted().values()) == {1}


def test_a_repeated_upload_whose_reply_is_lost_too_is_still_found(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    stage.sim.cielo.play("timeout", on="upload", accept=False)
    stage.sim.cielo.play("lost_reply", on="upload")
    trip = begin()
    assert trip.run(stage.rows(0, 3)).rows == 3
    assert list(stage.sim.cielo.lots) == [f"{EC}/1"]
    assert set(stage.accepted().values()) == {1}


class Noting:
    """The driver, and when what was asked."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.asked: list[tuple[str, datetime]] = []

    def send(self, call: Any, sink: Any = None) -> Any:
        self.asked.append((call.name, self.trip.clock.now()))
        return self._driver.send(call, sink)

    trip: Trip

    def times(self, name: str) -> list[datetime]:
        return [at for each, at in self.asked if each == name]


@pytest.fixture
def watched(begin: Callable[..., Trip], stage: CieloStage) -> Trip:
    """A trip by Cielo's own rhythm, whose driver notes when what was asked."""
    rules = stage.access().extra["rules"]
    own = {"return_after": "PT12H", "poll_every": "PT1H"}
    trip = begin(institution=load("cielo")(stage.access(rules={**rules, **own})))
    trip.driver = Noting(trip.driver)
    trip.driver.trip = trip
    return trip


LOT, LOOK = "requisicao-lote", "requisicao-download-retorno-lote"
WITHOUT_END = [
    ("erro", {"codigo": 79}), ("erro", {"codigo": 9999}), ("html", {"accept": False}), ("500", {"accept": False}),
    ("timeout", {"accept": False}), ("malformed", {"accept": False}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "options"), WITHOUT_END, ids=str)
@pytest.mark.parametrize("deaf", [False, True], ids=["074", "unheard"])
def test_an_upload_that_is_never_answered_clearly_has_a_rhythm_and_an_end(
    watched: Trip, stage: CieloStage, fault: str, options: dict[str, Any], deaf: bool
) -> None:
    stage.sim.cielo.play(fault, on="upload", times=999, **options)
    if deaf:
        stage.sim.cielo.play("erro", on="download", times=999, codigo=79)
    began, rules = watched.clock.now(), watched.institution.rules
    watched.prepare(stage.rows(0, 3))
    assert watched.send().in_doubt == 1
    uploads, looks = watched.driver.times(LOT), watched.driver.times(LOOK)
    assert len(uploads) == 1 + rules.repeat_times
    assert all(later - sooner >= rules.repeat_every for sooner, later in itertools.pairwise(uploads[1:]))
    early = [at for at in looks if at - began < rules.return_after]
    assert len(early) <= rules.repeat_times and max(early) <= uploads[-1], "then nothing is asked before 12 hours"
    assert looks[-1] - began <= rules.patience + rules.repeat_every
    assert story(watched).count("sent again to find out") == rules.repeat_times
    assert not stage.accepted()


@pytest.mark.parametrize("code", [100, 72])
def test_a_number_in_use_is_asked_for_when_an_answer_can_be_there_and_not_before(
    watched: Trip, stage: CieloStage, tmp_path: Path, code: int
) -> None:
    stage.sim.cielo.set(reused=code)
    other_system(stage, tmp_path / "theirs")
    began = watched.clock.now()
    watched.prepare(stage.rows(0, 3))
    assert watched.send().received == 1
    watched.wait()
    assert len(watched.driver.times(LOT)) == 1 and watched.driver.times(LOOK)
    assert min(watched.driver.times(LOOK)) - began >= timedelta(hours=12)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_question_that_nobody_answers_is_not_repeated_before_an_answer_can_be_there(
    watched: Trip, stage: CieloStage, arrived: bool
) -> None:
    stage.sim.cielo.play("timeout", on="upload", accept=arrived)
    stage.sim.cielo.play("erro", on="download", times=2, codigo=79)
    began = watched.clock.now()
    watched.prepare(stage.rows(0, 3))
    assert watched.send().received == 1
    watched.wait()
    assert watched.land().rows == 3
    assert len(watched.driver.times(LOT)) == 2
    assert len([at for at in watched.driver.times(LOOK) if at - began < timedelta(hours=12)]) == 1
    assert set(stage.accepted().values()) == {1}


@pytest.mark.parametrize("code", [100, 72])
def test_a_number_that_another_system_used_ends_in_doubt_and_never_in_a_new_number(
    begin: Callable[..., Trip], stage: CieloStage, tmp_path: Path, code: int
) -> None:
    stage.sim.cielo.set(reused=code)
    other_system(stage, tmp_path / "theirs")
    trip = begin()
    trip.prepare(stage.rows(0, 3))
    assert trip.send().received == 1
    trip.wait()
    (problem,) = trip.land().problems
    assert "somebody else" in problem.what
    assert landed(trip, "reference") == []
    assert standings(trip.dsn) == {"in_doubt": 1}
    assert not set(stage.sim.cielo.accepted) & {"P000", "P001", "P002"}
    again = begin(pouch="another run")
    assert again.prepare(stage.rows(0, 3), refused_too=True).held == 3

    again.journal.withdraw("cielo-1", "lot 1 is the old shop system's", absent=True)
    assert begin(pouch="a third run").run(stage.rows(0, 3)).rows == 3
    assert set(stage.sim.cielo.lots) == {f"{EC}/1", f"{EC}/2"}
    assert landed(again, "numero_lote") == [(2,)] * 3


def test_an_order_number_that_two_systems_share_does_not_make_the_other_s_return_ours(
    begin: Callable[..., Trip], stage: CieloStage, tmp_path: Path
) -> None:
    stage.sim.cielo.set(echo_id=False)  # theirs would not be ours
    other_system(stage, tmp_path / "theirs", first=2, n=3)
    trip = begin()
    (problem,) = trip.run(stage.rows(0, 3)).problems
    assert "only 1 is about the 3 items" in problem.what
    assert landed(trip, "reference") == []
    assert standings(trip.dsn) == {"in_doubt": 1}
    assert begin(pouch="another run").prepare(stage.rows(0, 3), refused_too=True).held == 3


def other_system(stage: CieloStage, folder: Path, first: int = 50, n: int = 2) -> None:
    """Uploads a lot of its own under number 1."""
    archive = Archive(str(folder), "their key")
    there = stage.institution()
    order = Order("theirs", stage.service)
    (document,) = there.render(
        order, stage.rows(first, n), archive, lambda _, references: set(references), lambda _, start: start
    )
    assert isinstance(document, Document)
    submission = Submission(
        "x-1", "theirs", "cielo", "simulator", EC, stage.service, document.operation, Standing.PREPARED, document.name,
        document.stored, len(document.items), document.facts,
    )  # fmt: skip
    stage.driver().send(there.submit(submission, archive))


def test_two_runs_at_once_number_their_lots_without_gap_or_repeat(
    begin: Callable[..., Trip], stage: CieloStage
) -> None:
    trips = [begin(pouch=f"run {n}") for n in range(4)]
    starting = threading.Barrier(4)

    def prepare(n: int) -> None:
        starting.wait()
        trips[n].prepare(stage.rows(10 * n, 3))

    threads = [threading.Thread(target=prepare, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [s for trip in trips for s in trip.journal.submissions(trip.scope)]
    assert sorted(each.facts["numero_lote"] for each in found) == [1, 2, 3, 4]


def test_one_task_that_runs_twice_at_once_gives_no_number_twice(begin: Callable[..., Trip], stage: CieloStage) -> None:
    first, twin = begin(pouch="the same"), begin(pouch="the same")

    class Meanwhile(list[Any]):
        """Rows before whose reading the other worker prepares the same pouch."""

        def __iter__(self) -> Iterator[Any]:
            if not first.journal.submissions(first.scope):
                first.prepare(stage.rows(0, 3))
            return super().__iter__()

    twin.prepare(Meanwhile(stage.rows(1, 4)))
    found = twin.journal.submissions(twin.scope)
    assert [(each.facts["numero_lote"], each.item_count) for each in found] == [(1, 3), (2, 2)]


def test_lots_begin_where_the_user_says(begin: Callable[..., Trip], stage: CieloStage, warehouse: str) -> None:
    access = stage.access()
    numbered = stage.access(rules={**access.extra["rules"], "first_lot": 4711})
    trip = begin(institution=load("cielo")(numbered))
    trip.prepare(stage.rows(0, 1))
    (lot,) = trip.journal.submissions(trip.scope)
    assert lot.facts["numero_lote"] == 4711
    assert lot.name == "ECOMM_1006993069_02_20261123_0000004711.xml"


@pytest.mark.parametrize("patience", [24, 6])
def test_the_return_is_asked_for_after_12_hours_then_hourly_until_data_retorno_and_the_patience(
    begin: Callable[..., Trip], stage: CieloStage, patience: int
) -> None:
    stage.sim.cielo.set(result_after=10 * 86400)
    there = load("cielo")(stage.access(rules={"requests": 0, "patience": f"PT{patience}H"}))
    trip = begin(institution=there)
    trip.prepare(stage.rows(0, 3))
    trip.send()
    began, hours = trip.clock.at, []
    while (rest := trip.asking.in_turn(trip.scope, trip.driver)).waiting:
        assert rest.wake is not None
        trip.clock.at = rest.wake
        hours.append((rest.wake - began).total_seconds() / 3600)
    gaps = [later - sooner for sooner, later in itertools.pairwise(hours)]
    assert hours[0] == pytest.approx(12, abs=0.01)
    assert all(0.9 <= gap <= 1.1 for gap in gaps) and max(gaps) - min(gaps) > 0.05
    assert 24 + patience <= hours[-1] <= 24 + patience + 1.1
    assert standings(trip.dsn) == {"overdue": 1}
    assert stage.sim.cielo.requests["upload"] == 1


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

    card = Seal("key").seal_text('{"numero": "4012001037141112", "validade": "203012", "nome-portador": "FULANA"}')
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

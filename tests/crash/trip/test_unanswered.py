"""Items that were sent and not answered: told in the institution's words, locked, asked for again, settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.commandline import main
from support.notary import Notary, Office, deeds, make_table
from support.stages import STAGES, CceeStage, CieloStage, Stage
from support.trip import Trip, landed, standings

ROWS = deeds(4)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def begin(warehouse: str, tmp_path: Path, office: Office) -> Iterator[Callable[..., Trip]]:
    """Makes a trip over this test's warehouse; calling it again is a restart or another run."""
    make_table(warehouse)
    made: list[Trip] = []

    def begin(institution: Any = None, driver: Any = None, service: str = "deeds", **options: Any) -> Trip:
        clock = made[-1].clock if made else None
        there = institution or Notary(per_document=4)
        archive = str(tmp_path / "archive")
        made.append(Trip(there, driver or office, warehouse, archive, service=service, clock=clock, **options))
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def items(trip: Trip) -> dict[str, str]:
    with psycopg.connect(trip.dsn) as connection:
        return dict(connection.execute("select reference, standing from malote.item order by reference").fetchall())


def load(trip: Trip) -> tuple[Any, ...]:
    with psycopg.connect(trip.dsn) as connection:
        row = connection.execute(
            """select row_count, items_accepted, items_refused, items_unanswered, items_answered_twice, rows_unmatched
               from malote.load"""
        ).fetchone()
    assert row is not None
    return row


# ---- rows that name nobody

CARD = {"dados-portador.numero": "4012001037141112", "dados-portador.validade": "203012",
        "dados-portador.nome-portador": "FULANA"}  # fmt: skip
TOKENS = [{"reference": f"cliente {n}", **CARD} for n in range(3)]


def ids_of_tokens_not_echoed(stage: CieloStage) -> tuple[str, Any]:
    stage.sim.cielo.set(echo_id=False)
    return "tokenizacao", TOKENS


def all_failed_without_id(stage: CieloStage) -> tuple[str, Any]:
    stage.sim.cielo.set(echo_id=False, fail={f"P00{n}": "097" for n in range(3)})
    return "autorizacao", stage.rows(0, 3)


def all_failed_with_an_empty_id(stage: CieloStage) -> tuple[str, Any]:
    stage.sim.cielo.set(echo_id="semantic", fail={f"P00{n}": "001" for n in range(3)})
    return "autorizacao", stage.rows(0, 3)


def the_whole_file_in_erro(stage: CceeStage) -> tuple[str, Any]:
    stage.sim.ccee.play("whole_file", times=99, on="obterResultadoProcessamento")
    return "contratos", stage.rows(0, 3)


NOBODY: list[tuple[str, Callable[[Any], tuple[str, Any]], int, str | None]] = [
    ("cielo", ids_of_tokens_not_echoed, 3, None),
    ("cielo", all_failed_without_id, 3, "097: "),
    ("cielo", all_failed_with_an_empty_id, 3, "001: "),
    ("ccee", the_whole_file_in_erro, 1, "ERRO: Arquivo rejeitado"),
]


@pytest.mark.parametrize(("name", "situation", "n", "words"), NOBODY, ids=[each[1].__name__ for each in NOBODY])
def test_rows_that_name_nobody_land_unmatched_and_their_items_stay_locked(
    name: str, situation: Callable[[Any], tuple[str, Any]], n: int, words: str | None, begin: Any, tmp_path: Path
) -> None:
    stage: Stage = STAGES[name](tmp_path)
    try:
        service, rows = situation(stage)
        trip = begin(stage.institution(), stage.driver(), service)
        done = trip.run(rows)
        assert (done.rows, done.problems) == (n, ())
        assert {row[0] for row in landed(trip.dsn, stage.table) if "sem_retorno" not in row} == {None}
        assert set(items(trip).values()) == {"unanswered"} and len(items(trip)) == 3
        again = begin(stage.institution(), stage.driver(), service, pouch="another run")
        assert again.prepare(rows, refused_too=True).held == 3
        (told,) = trip.journal.unanswered(trip.scope)
        assert told.items == 3 and (words is None or words in (told.words or ""))
        (event,) = (each for each in trip.journal.story(told.submission) if each["what"] == "landed")
        assert words is None or words in event["detail"]["words"]
    finally:
        stage.close()


def test_rows_that_name_something_else_are_still_somebody_elses(begin: Any, office: Office) -> None:
    trip = begin()
    trip.prepare(ROWS)
    trip.send()
    office.answers["N1"] = b'[["", "no"], ["X1", "yes"]]'
    trip.wait()
    (problem,) = trip.land().problems
    assert "somebody else" in problem.what and standings(trip.dsn) == {"in_doubt": 1}


@pytest.mark.parametrize("receipt", ["N1", "N2"])
def test_a_strange_answer_lands_where_a_person_gives_the_same_receipt_again(
    begin: Any, office: Office, receipt: str
) -> None:
    trip = begin()
    trip.prepare(ROWS)
    trip.send()
    office.answers["N1"] = b'[["D000", "yes"], ["X1", "yes"], ["X2", "no"]]'
    office.answers["N2"] = b'[["Y1", "yes"]]'
    trip.wait()
    assert trip.land().problems and standings(trip.dsn) == {"in_doubt": 1}
    trip.journal.give_receipt("notary-1", receipt, "it is the one on their page")
    trip.wait()
    problems = trip.land().problems
    if receipt == "N1":
        assert not problems and standings(trip.dsn) == {"landed": 1}
        assert verdicts(trip) == [("D000", "yes"), (None, "yes"), (None, "no")] and load(trip) == (3, 1, 0, 3, 0, 2)
    else:  # another one may be mistyped: its answer is compared as any is
        assert problems and standings(trip.dsn) == {"in_doubt": 1}
    held = begin(pouch="another run").prepare(ROWS, refused_too=True).held
    assert held == 4, "what no row was about stays locked"


# ---- asked again, and settled


def half_landed(begin: Any, office: Office, first: bytes = b'[["D000", "yes"], ["D001", "no"]]') -> Trip:
    trip: Trip = begin()
    trip.prepare(ROWS)
    trip.send()
    office.answers["N1"] = first
    trip.wait()
    trip.land()
    assert standings(trip.dsn) == {"landed": 1}
    return trip


def verdicts(trip: Trip) -> list[tuple[Any, ...]]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute("select reference, verdict from notary.verdict order by ordem").fetchall()


HALF = [("D000", "yes"), ("D001", "no")]
LATER: list[tuple[bytes, list[tuple[Any, ...]], dict[str, str], tuple[int, ...]]] = [
    # the whole list
    (b'[["D000", "yes"], ["D001", "no"], ["D002", "yes"], ["D003", "no"]]',
     [*HALF, ("D002", "yes"), ("D003", "no")],
     {"D002": "accepted", "D003": "refused"}, (4, 2, 2, 0, 0, 0)),
    # in another order
    (b'[["D003", "no"], ["D002", "yes"], ["D001", "no"], ["D000", "yes"]]',
     [*HALF, ("D003", "no"), ("D002", "yes")],
     {"D002": "accepted", "D003": "refused"}, (4, 2, 2, 0, 0, 0)),
    # the other half only
    (b'[["D002", "yes"], ["D003", "yes"]]', [*HALF, ("D002", "yes"), ("D003", "yes")],
     {"D002": "accepted", "D003": "accepted"}, (4, 3, 1, 0, 0, 0)),
    # one more, and one that nobody sent
    (b'[["D002", "yes"], ["X9", "yes"]]', [*HALF, ("D002", "yes"), (None, "yes")],
     {"D002": "accepted", "D003": "unanswered"}, (4, 2, 1, 1, 0, 1)),
    # the same half, and what was settled is told otherwise: it stays
    (b'[["D000", "no"], ["D001", "yes"]]', HALF,
     {"D000": "accepted", "D001": "refused", "D002": "unanswered"}, (2, 1, 1, 2, 0, 0)),
    # a status that nobody knows: the row lands, the item stays locked
    (b'[["D000", "yes"], ["D001", "no"], ["D002", "perhaps"]]', [*HALF, ("D002", "perhaps")],
     {"D002": "unanswered", "D003": "unanswered"}, (3, 1, 1, 2, 0, 0)),
    # nothing at all any more
    (b"[]", HALF, {"D000": "accepted", "D002": "unanswered"}, (2, 1, 1, 2, 0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "rows", "stand", "figures"), LATER, ids=[each[0].decode() for each in LATER])
def test_what_was_left_unanswered_is_asked_again_by_itself_and_the_rest_lands_once(
    answer: bytes, rows: list[Any], stand: dict[str, str], figures: tuple[int, ...], begin: Any, office: Office
) -> None:
    trip = half_landed(begin, office)
    asked = office.requests.count("check")
    assert trip.land().submissions == 0 and office.requests.count("check") == asked, "not before its rhythm"
    office.answers["N1"] = answer
    trip.clock.pass_(minutes=70)
    trip.land()
    assert verdicts(trip) == rows
    assert items(trip).items() >= stand.items()
    assert load(trip) == figures
    trip.clock.pass_(minutes=70)
    assert trip.land().changed == 0, "again changes nothing"
    assert verdicts(trip) == rows and load(trip) == figures and set(office.accepted.values()) == {1}


def test_an_unknown_status_that_becomes_known_replaces_its_row(begin: Any, office: Office) -> None:
    trip = half_landed(begin, office, b'[["D000", "perhaps"], ["D001", "yes"], ["D002", "yes"], ["D003", "yes"]]')
    office.answers["N1"] = b'[["D000", "no"], ["D001", "yes"], ["D002", "yes"], ["D003", "yes"]]'
    trip.clock.pass_(minutes=70)
    assert trip.land().changed == 1
    assert verdicts(trip)[0] == ("D000", "no") and load(trip) == (4, 3, 1, 0, 0, 0)
    assert begin(pouch="second").prepare(ROWS, refused_too=True).items == 1


def test_the_very_same_answer_is_no_news(begin: Any, office: Office) -> None:
    trip = half_landed(begin, office)
    told, events = trip.journal.unanswered(trip.scope), len(trip.journal.story("notary-1"))
    trip.clock.pass_(minutes=70)
    assert trip.land().submissions == 0 and "fetch" in office.requests[-2:]
    (again,) = trip.journal.unanswered(trip.scope)
    assert again.moved_at == told[0].moved_at and len(trip.journal.story("notary-1")) == events


def test_it_is_asked_until_its_deadline_and_by_a_person_after_it(begin: Any, office: Office) -> None:
    trip = half_landed(begin, office)
    for _ in range(10):
        trip.clock.pass_(hours=1)
        trip.land()
    asked = office.requests.count("check")
    assert asked <= 2 + 3, "patience is two hours"
    (told,) = trip.journal.unanswered(trip.scope)
    assert told.ask_at is None
    assert main(["--warehouse", trip.dsn, "ask-again", "notary-1", "--why", "they promised"]) == 0
    trip.clock.at = max(trip.clock.at, trip.journal.unanswered(trip.scope)[0].ask_at)
    office.answers.clear()
    trip.land()
    assert office.requests.count("check") == asked + 1
    assert set(items(trip).values()) == {"accepted", "refused"} and trip.journal.unanswered(trip.scope) == []


def test_an_answer_that_went_bad_or_strange_leaves_what_landed_as_it_is(begin: Any, office: Office) -> None:
    trip = half_landed(begin, office)
    for bad in (b"<html>", b'[["X1", "yes"], ["X2", "yes"], ["X3", "yes"]]'):
        office.answers["N1"] = bad
        trip.clock.pass_(minutes=45)
        trip.journal.ask_anew("notary-1", "")
        assert len(trip.land().problems) == 1
        assert standings(trip.dsn) == {"landed": 1} and verdicts(trip) == HALF
        assert items(trip)["D000"] == "accepted"
    office.answers.clear()
    trip.journal.ask_anew("notary-1", "")
    assert trip.land().problems == () and len(verdicts(trip)) == 4


def test_ask_again_is_refused_where_nothing_is_open(begin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    trip = begin()
    trip.run(ROWS)
    assert main(["--warehouse", trip.dsn, "ask-again", "notary-1"]) == 1
    assert "nothing to ask" in capsys.readouterr().err


def test_a_person_settles_one_item_and_the_story_keeps_why(
    begin: Any, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    trip = half_landed(begin, office)

    def settle(*arguments: str) -> int:
        return main(["--warehouse", trip.dsn, "settle", "notary-1", *arguments])

    assert settle("D002", "--accepted", "--why", "seen in their book") == 0
    assert settle("D003", "--refused", "--why", "not in their book") == 0
    assert items(trip) == {"D000": "accepted", "D001": "refused", "D002": "accepted", "D003": "refused"}
    assert [e["detail"]["item"] for e in trip.journal.story("notary-1") if e["what"] == "a person: settle"] == [
        "D002", "D003",
    ]  # fmt: skip
    assert trip.journal.unanswered(trip.scope) == []
    for arguments, said in (("D002", "stands at 'accepted'"), ("D999", "holds no item")):
        assert settle(arguments, "--refused", "--why", "x") == 1
        assert said in capsys.readouterr().err
    assert begin(pouch="second").prepare(ROWS, refused_too=True).items == 2
    office.answers.clear()
    trip.clock.pass_(hours=2)
    asked = len(office.requests)
    trip.land()
    assert len(office.requests) == asked, "nothing is open: nothing is asked"


def test_what_a_person_settled_stays_whatever_an_answer_says_later(begin: Any, office: Office) -> None:
    trip = half_landed(begin, office)
    trip.journal.settle("notary-1", "D002", "not in their book", accepted=False)
    assert begin(pouch="second").prepare(ROWS[2:3], refused_too=True).items == 1
    office.answers.clear()
    trip.clock.pass_(minutes=70)
    trip.land()
    assert items(trip)["D003"] == "accepted"
    with psycopg.connect(trip.dsn) as connection:
        found = connection.execute("select outcome from malote.item_row where reference = 'D002' order by submission")
        assert [row[0] for row in found] == ["refused", None]


def test_half_of_ccees_list_lands_stays_asked_for_and_the_rest_lands_when_it_comes(begin: Any, tmp_path: Path) -> None:
    stage = CceeStage(tmp_path)
    try:
        stage.sim.ccee.play("partial", missing=2, times=999, on="obterResultadoProcessamento")
        trip = begin(stage.institution(), stage.driver(), "contratos")
        trip.run(stage.rows(0, 4))
        assert load(trip) == (2, 2, 0, 2, 0, 0)
        for _ in range(3):
            trip.clock.pass_(hours=1)
            assert trip.land().changed == 0
        stage.calm()
        trip.clock.pass_(minutes=70)
        assert trip.land().changed == 2
        assert load(trip) == (4, 4, 0, 0, 0, 0) and set(items(trip).values()) == {"accepted"}
        assert len(landed(trip.dsn, stage.table)) == 4 and set(stage.accepted().values()) == {1}
    finally:
        stage.close()


def test_an_item_that_cielos_return_left_out_replaces_its_sem_retorno_when_it_comes(begin: Any, tmp_path: Path) -> None:
    stage = CieloStage(tmp_path)
    try:
        stage.sim.cielo.set(unanswered=["P001"])
        trip = begin(stage.institution(), stage.driver(), "autorizacao")
        trip.run(stage.rows(0, 3))
        assert load(trip) == (2, 2, 0, 1, 0, 0)
        stage.sim.cielo.set(unanswered=[])
        trip.clock.pass_(hours=7)
        assert trip.land().changed == 1
        with psycopg.connect(trip.dsn) as connection:
            found = connection.execute("select reference, situacao from cielo.transacao order by 1").fetchall()
        assert found == [(f"P00{n}", "Capturada") for n in range(3)] and load(trip) == (3, 3, 0, 0, 0, 0)
        assert [s for s in trip.journal.submissions(trip.scope) if s.answer] == [], "sealed bytes are purged again"
    finally:
        stage.close()


def test_reports_show_what_is_unanswered_until_it_is_settled(begin: Any, office: Office) -> None:
    from malote.place import sql

    trip = half_landed(begin, office)

    def figures() -> tuple[Any, Any]:
        with psycopg.connect(trip.dsn) as connection:
            # The report looks back from the server's own today.
            connection.execute("update malote.submission set sent_at = now()")
            connection.execute(sql("marts_tasks", "relatorio_diario.sql").read_text(encoding="utf-8"))
            day = connection.execute("select itens_sem_resposta, itens_retidos from report.resumo_diario").fetchone()
            return day, connection.execute("select itens_sem_resposta from report.submissoes_abertas").fetchone()

    assert figures() == ((2, 0), (2,))
    assert begin(pouch="second").prepare(ROWS[2:], refused_too=True).held == 2
    assert figures() == ((2, 2), (2,))
    trip.journal.settle("notary-1", "D002", "seen", accepted=True)
    trip.journal.settle("notary-1", "D003", "seen", accepted=True)
    assert figures() == ((0, 0), None)

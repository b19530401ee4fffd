"""What is over goes after its time, stopped anywhere and gone on with; what may not travel twice never does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote import desk
from malote.archive import Archive
from malote.clock import HeldClock
from malote.commandline import main
from malote.errors import Misconfigured
from malote.journal import Journal
from malote.trip import PARTS, Outgoing, retire
from support.stages import STAGES, Stage
from support.trip import Trip

LATER = datetime(2037, 3, 1, 12, tzinfo=timezone.utc)
LONG_AGO = LATER - timedelta(days=365)
ALL = dict.fromkeys(PARTS, LONG_AGO)


@pytest.fixture(params=list(STAGES))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    stage = STAGES[request.param](tmp_path)
    yield stage
    stage.close()


def trip_of(stage: Stage, dsn: str, tmp_path: Path, pouch: str) -> Trip:
    return Trip(stage.institution(), stage.driver(), dsn, str(tmp_path / "a"), service=stage.service, pouch=pouch)


def later(dsn: str) -> Journal:
    return Journal(dsn, HeldClock(LATER))


def left(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            """select c.oid::regclass::text from pg_class as c join pg_attribute as a on a.attrelid = c.oid
               where attname = 'submission_id' and relkind = 'r' and relnamespace::regnamespace::text <> 'report'"""
        ).fetchall()
        names = ["malote.item_row", "malote.event", "malote.load", *(name for (name,) in tables)]
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in names}  # type: ignore[index]
    return {name: n for name, n in counts.items() if n}


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "a").rglob("*") if path.is_file()]


def test_a_reference_of_ten_years_ago_is_held_back_and_says_why(stage: Stage, warehouse: str, tmp_path: Path) -> None:
    stage.prepare_warehouse(warehouse)
    rows = stage.rows(0, 3)
    trip_of(stage, warehouse, tmp_path, "first").run(rows)
    for path in files(tmp_path):
        os.utime(path, (0, 0))
    with later(warehouse) as journal:
        done = retire(journal, ALL, Archive(str(tmp_path / "a")))
        assert done.items >= 3
        assert "references kept" in str(done)
        lasting = stage.service in type(stage.institution()).lasting
        assert {name.split(".")[0] for name in left(warehouse)} <= ({"bndes", "malote"} if lasting else set())
        assert not {"malote.item_row", "malote.event"} & left(warehouse).keys()
        assert files(tmp_path) == []
        again = trip_of(stage, warehouse, tmp_path, "ten years later").prepare(rows, refused_too=True)
        assert dict(again.held_because) == {"accepted": 3}
        assert (again.submissions, again.items) == (0, 0)
        (told, *_) = desk.found(journal, rows[0]["reference"])
        assert "accepted there" in told
        assert retire(journal, ALL, Archive(str(tmp_path / "a"))).submissions == {}
    new = trip_of(stage, warehouse, tmp_path, "and new ones").run(stage.rows(3, 2))
    assert new.rows == 2
    assert set(stage.accepted().values()) == {1}


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 35, 67, 68])
def test_stopped_after_any_batch_it_goes_on_and_nothing_is_free(stop_at: int, warehouse: str, tmp_path: Path) -> None:
    stage = STAGES["ccee"](tmp_path)
    try:
        stage.prepare_warehouse(warehouse)
        rows = stage.rows(0, 3)
        trip_of(stage, warehouse, tmp_path, "first").run(rows)
        passed = 0

        def stop(_: str) -> None:
            nonlocal passed
            passed += 1
            if passed == stop_at:
                raise KeyboardInterrupt

        with later(warehouse) as journal:
            with suppress(KeyboardInterrupt):
                retire(journal, ALL, Archive(str(tmp_path / "a")), checkpoint=stop)
            held = journal.holders(_scope(stage), [row["reference"] for row in rows], pouch="p", refused_too=True)
            assert {holder.reason for holder in held.values()} == {"accepted"} and len(held) == 3
            retire(journal, ALL, Archive(str(tmp_path / "a")))
            held = journal.holders(_scope(stage), [row["reference"] for row in rows], pouch="p", refused_too=True)
            assert len(held) == 3
        assert left(warehouse) == {}
    finally:
        stage.close()


def _scope(stage: Stage) -> str:
    from malote.submission import Order

    return stage.institution().scope_of(Order("p", stage.service))


@pytest.fixture
def made(warehouse: str) -> Any:
    """Submissions of each standing with an item of each outcome, that were last moved ten years before."""
    with psycopg.connect(warehouse, autocommit=True) as c:
        c.execute("insert into malote.pouch values ('p', 'ccee', 'x', 'x', 'contratos', '{}', now())")
        for standing in (*OVER, *OPEN):
            for outcome in (None, "accepted", "refused", "refused_for_good", "unanswered"):
                id = f"{standing}-{outcome}"
                c.execute(
                    """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                           standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at,
                           moved_at)
                       values (%s, 'p', 'ccee', 'x', 'x', 'contratos', 'x', %s, 'n', %s, 'd', 1, false, 1, %s, %s)""",
                    (id, standing, id, LATER - timedelta(days=3650), LATER - timedelta(days=3650)),
                )
                c.execute("insert into malote.item_row values (%s, 1, 's', %s, null, %s)", (id, id, outcome))
    return warehouse


OVER, OPEN = ("landed", "refused", "withdrawn"), ("prepared", "sending", "received", "answered", "in_doubt", "overdue")


def test_only_what_is_over_goes_and_is_held_for_what_it_was_held_for(made: str) -> None:
    references = [f"{standing}-{outcome}" for standing in (*OVER, *OPEN)
                  for outcome in (None, "accepted", "refused", "refused_for_good", "unanswered")]  # fmt: skip

    def held(*, refused_too: bool) -> dict[str, bool]:
        found = journal.holders("s", references, pouch="other", refused_too=refused_too)
        return {name: holder.reason == "refused" for name, holder in found.items()}

    with later(made) as journal:
        before = [sorted(held(refused_too=each).items()) for each in (True, False)]
        retire(journal, {"landed": LONG_AGO, "story": LONG_AGO})
        assert [sorted(held(refused_too=each).items()) for each in (True, False)] == before
        stay = {f"{standing}-unanswered" for standing in OVER}
        stay |= {name for name in references if name.split("-")[0] in OPEN}
        with psycopg.connect(made) as connection:
            rows = connection.execute("select submission from malote.item_row").fetchall()
        assert {name for (name,) in rows} == stay


def test_what_is_asked_again_or_waits_to_be_fetched_stays(made: str) -> None:
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute("update malote.submission set next_at = now() where id = 'landed-accepted'")
        connection.execute("update malote.submission set ready = true where id = 'landed-refused'")
    with later(made) as journal:
        retire(journal, {"landed": LONG_AGO, "story": LONG_AGO})
        with psycopg.connect(made) as connection:
            rows = connection.execute("select submission from malote.item_row where submission like 'landed%'")
            assert {"landed-accepted", "landed-refused"} <= {name for (name,) in rows}


def test_an_order_that_another_operation_saw_authorised_is_still_told(made: str) -> None:
    with psycopg.connect(made, autocommit=True) as c:
        c.execute("update malote.submission set institution = 'cielo', operation = '06' where id = 'landed-accepted'")
        c.execute(
            """insert into cielo.transacao (submission_id, ordem, operacao, situacao, status, numero_pedido, tid,
                   landed_at) values ('landed-accepted', 1, '06', 'Capturada', '6', 'P1', 'T1', now())"""
        )
    told = [
        Outgoing(made, f"select 'r' as reference, (select array_agg(s.account) from malote.retired({what}) as r "
                 "inner join malote.submission as s on s.number = r.number) as em")
        for what in ("'cielo/numero_pedido', 'P1'", "'cielo/tid', 'T1'", "'cielo/tid', 'T2'")
    ]  # fmt: skip
    with later(made) as journal:
        retire(journal, {"landed": LONG_AGO})
    assert [row["em"] for each in told for row in each] == [["x"], ["x"], None]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ({"files": LATER - timedelta(days=59)}, "too young"),
        ({"story": LONG_AGO}, "before the landed rows"),
        ({"story": LONG_AGO, "landed": LONG_AGO - timedelta(days=1)}, "before the landed rows"),
    ],
)
def test_what_would_lose_something_is_refused_in_words(warehouse: str, before: dict[str, datetime], why: str) -> None:
    with later(warehouse) as journal, pytest.raises(Misconfigured, match=why):
        retire(journal, before, Archive("memory://a"))


def test_a_file_that_another_submission_holds_too_stays(made: str, tmp_path: Path) -> None:
    archive = Archive(str(tmp_path / "a"))
    for name in ("shared", "own", "new"):
        with archive.write("x", f"{name}.xml") as sheet:
            sheet.write(name.encode())
        with psycopg.connect(made, autocommit=True) as connection:
            held_by = {"shared": ["landed-accepted", "received-None"], "own": ["landed-None"], "new": ["refused-None"]}
            values = (sheet.stored.name, held_by[name])
            connection.execute("update malote.submission set document = %s where id = any (%s)", values)
        age = 0 if name != "new" else LATER.timestamp()
        os.utime(tmp_path / "a" / sheet.stored.name, (age, age))
    with later(made) as journal:
        retire(journal, {"files": LONG_AGO}, archive)
    assert {path.read_text() for path in files(tmp_path)} == {"shared", "new"}


def test_the_story_ends_by_retiring_only(made: str) -> None:
    with later(made) as journal:
        journal.note("landed-None", "seen", {})
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            journal.connection.execute("delete from malote.event")
        retire(journal, {"landed": LONG_AGO, "story": LONG_AGO})
        assert journal.story("landed-None") == []
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            journal.connection.execute("delete from malote.event")


def test_a_retired_reference_weighs_forty_bytes_at_most(warehouse: str) -> None:
    add = """insert into malote.register_new
             select malote.key_of('s', i::text), 1000000 + i / 50, 'accepted'
             from generate_series(%s::int, %s::int) as i"""
    with later(warehouse) as journal:
        for first in range(0, 200_000, 50_000):
            journal.connection.execute(add, (first, first + 49_999))
            assert journal.fold() == 50_000
        row = journal.connection.execute("select pg_total_relation_size('malote.register') as n").fetchone()
        assert row is not None and row["n"] / 200_000 <= 40
        found = journal.connection.execute(
            "select count(*) as n from generate_series(0, 199999, 997) as i, malote.retired('s', i::text) as r"
        ).fetchone()
        assert found is not None and found["n"] == len(range(0, 200_000, 997))


def test_a_person_lets_go_by_a_day(warehouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--warehouse", warehouse, "retire", "--before", "2020-01-01", "--only", "landed"]) == 0
    assert "nothing" in capsys.readouterr().out
    assert main(["--warehouse", warehouse, "retire", "--before", "soon", "--only", "landed"]) == 1
    assert "such as 2021-01-01" in capsys.readouterr().err

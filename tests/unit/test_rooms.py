"""The plan of the house: a room is entered by its door, every module says its one job, none is too large to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import ROOT, TESTS

MALOTE = ROOT / "include" / "malote"
ROOMS = sorted(
    ".".join(path.parent.relative_to(MALOTE.parent).parts)
    for path in MALOTE.rglob("__init__.py")
    if path.parent not in (MALOTE, MALOTE / "institutions", MALOTE / "migrations")
)
OURS = [path for root in ("include", "plugins", "dags") for path in sorted((ROOT / root).rglob("*.py"))]
TESTS_OF_OURS = sorted(TESTS.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[len(ROOT.parts) + 1 :])


def room_of(module: str) -> str | None:
    return next((room for room in reversed(ROOMS) if f"{module}.".startswith(f"{room}.")), None)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_other_rooms_are_entered_by_their_door(path: Path) -> None:
    mine = room_of(name_of(path)) or ""
    inside = [
        module
        for module in imports(path)
        if (room := room_of(module)) not in (None, module) and not f"{mine}.".startswith(f"{room}.")
    ]
    # An institution's own rules and layouts have no door: they are files on its ground floor.
    assert [module for module in inside if module.rpartition(".")[0] not in INSTITUTIONS] == []


LARGER = {  # and why
    "malote.institutions.cielo.documents.money": 280,  # seven operations, one function each
    "malote.wire.exchange": 270,  # the verdict on an exchange that fails, for both drivers
    "malote.wire.drivers": 256,
    "malote.wire.tls": 256,
    "malote.institution": 293,  # the one interface
    "malote.treaty.layout": 262,
    "malote_local.postgres": 275,
    "malote_sim.certificates": 270,
    "malote_sim.cielo.simulator": 260,
}
INSTITUTIONS = [room for room in ROOMS if room.count(".") == 2]


@pytest.mark.parametrize("path", [path for path in OURS if "dags" not in path.parts], ids=name_of)
def test_a_module_opens_with_its_one_job_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text))
    assert said and said.splitlines()[0].rstrip().endswith((".", ":")), "its first line says its one job"
    assert len(text.splitlines()) <= LARGER.get(name_of(path), 250)


OWNED = {  # what is made in few places: how, and where and why there
    "a connection to the database": (
        {"psycopg.connect", "Connection.connect", "AsyncConnection.connect", "ConnectionPool", "AsyncConnectionPool",
         "create_engine", "PostgresHook"},
        {
            "malote.warehouse.opening": "the one way in: dsn, time-outs, application name, settings",
            "malote.migrations": "Alembic's engine, around a connection that was opened there",
        },
    ),
    "a clock": (
        {"SystemClock", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
         "time.sleep", "time.localtime", "time.gmtime"},
        {
            "malote.clock": "it is the machine's",
            "malote.journal.ledger": "the command's: nobody gives it one",
            "malote.trip.landing": "as the journal's",
            "malote.migrations": "of the pauses between two tries",
            "malote_provider.hooks": "the one that tasks and triggers go by",
            "malote_provider.triggers": "the triggerer's, before there is a hook",
            "malote_provider.watching": "of what looks at every account, and so has no hook of its own",
            "malote_provider.operators.export": "as watching",
            "malote_provider.operators.retire": "as watching",
            "malote_provider.timetables": "the scheduler's, where no hook can be",
            "malote_provider.retries": "a policy's, which Airflow calls without a hook",
            "malote_provider.desk.app": "the api-server's",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OWNED)
def test_what_is_owned_in_one_place_is_made_nowhere_else(what: str) -> None:
    calls, places = OWNED[what]
    ours = [path for path in OURS if not name_of(path).startswith(("malote_local.", "malote_sim."))]
    made = {name_of(path).removesuffix(".__init__") for path in ours if called(path) & calls}
    assert made == set(places)


def called(path: Path) -> set[str]:
    """Whatever a module calls, by its name and by its last two: ``psycopg.AsyncConnection.connect``."""
    texts = [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    return {".".join(text.split(".")[-n:]) for text in texts for n in (1, 2)}


@pytest.mark.parametrize("path", TESTS_OF_OURS, ids=lambda path: str(path.relative_to(TESTS)))
def test_a_file_of_tests_is_two_before_it_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400

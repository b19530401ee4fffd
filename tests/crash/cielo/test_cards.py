"""Cards are planted, everything goes wrong, and then all that is left behind is searched for them."""

from __future__ import annotations

import logging
import pickle
import re
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from malote.archive import Seal
from malote.errors import Invalid, MaloteError
from malote_local.leaks import leaks
from support.planted import ARCHIVE_KEY
from support.stages import CieloStage
from support.trip import Dead, Trip, standings

CARD = {
    "numero": "5453010000066167",
    "validade": "203911",
    "codigo-seguranca": "917",
    "nome-portador": "FULANA PLANTADA",
}
OTHER = "4012001038443335"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[CieloStage]:
    stage = CieloStage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """A folder for all that is left behind: archive, temporary files, log, errors."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "left"
    (folder / "tmp").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    return folder


def cards(stage: CieloStage, first: int, n: int, **more: Any) -> list[dict[str, Any]]:
    sealed = Seal(ARCHIVE_KEY).seal_text
    rows = []
    for row in stage.rows(first, n):
        kept = {name: value for name, value in row.items() if not name.startswith("dados-portador.")}
        card = ", ".join(f'"{name}": "{value}"' for name, value in CARD.items())
        rows.append(
            {**kept, "forma-pagamento.bandeira": "mastercard", "dados-portador": sealed("{" + card + "}"), **more}
        )
    return rows


def searched(
    left: Path, trip: Trip, caplog: pytest.LogCaptureFixture, stage: CieloStage, errors: list[Any]
) -> list[str]:
    """Write down what was logged and raised, then search everything."""
    said = [caplog.text]
    for error in errors:
        said += [repr(error), str(error), repr(pickle.loads(pickle.dumps(error))), *traceback.format_exception(error)]
    (left / "said.txt").write_text("\n".join(said), encoding="utf-8")
    planted = {**CARD, "other card": OTHER, "chave": stage.access().password}
    del planted["codigo-seguranca"]  # three digits are everywhere
    found = leaks(left, [trip.dsn], planted)
    hashed = re.compile(r"\b[0-9a-f]{64}\b")  # the name of a file in the archive may hold any sixteen digits
    for pattern in (r"codigo-seguranca\W+917", r"(?<!\d)(?:4|5)\d{15}(?!\d)"):
        found += [f"{pattern} was said"] * bool(re.search(pattern, hashed.sub("", (left / "said.txt").read_text())))
    return found


def trouble(call: Any, errors: list[Any]) -> None:
    try:
        call()
    except (MaloteError, Dead) as error:
        errors.append(error)


def test_nothing_of_a_card_is_left_behind_whatever_goes_wrong(
    stage: CieloStage, warehouse: str, left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Any] = []
    clock = None

    def trip(pouch: str, **options: Any) -> Trip:
        nonlocal clock
        made = Trip(stage.institution(), stage.driver(), warehouse, str(left / "archive"), service="autorizacao",
                    pouch=pouch, clock=clock, **options)  # fmt: skip
        clock = made.clock
        return made

    # Rows that cannot travel, with the card in every wrong place.
    wrong = [
        {**cards(stage, 90, 1)[0], "dados-portador": "not sealed 5453010000066167"},
        {**stage.rows(91, 1)[0], "dados-portador.numero": "5453010000066168"},
        {**stage.rows(92, 1)[0], "dados-portador.numero": OTHER, "dados-portador.token": "tok"},
        {**stage.rows(93, 1)[0], "reference": OTHER, "dados-pedido.numero": OTHER, "dados-portador.numero": OTHER},
        {
            **stage.rows(94, 1)[0],
            "dados-portador.validade": "2039-11",
            "dados-portador.nome-portador": "FULANA PLANTADA" * 9,
        },
        {
            **stage.rows(95, 1)[0],
            "dados-portador.numero": "54530100x0066167",
            "dados-portador.codigo-seguranca": "91738",
        },
    ]
    for row in wrong:
        trouble(lambda row=row: trip("wrong").prepare([row]), errors)
    assert len(errors) == len(wrong) and all(isinstance(error, (Invalid, MaloteError)) for error in errors)

    # Exchanges that go wrong; the server's own words may quote what was sent.
    quoting = "O valor '5453010000066167' de <numero>5453010000066167</numero> nao vale"
    for n, fault in enumerate(("lost_reply", "html", "500", "malformed", "truncated", "erro")):
        stage.sim.cielo.play(fault, on="upload", **({"codigo": 71, "mensagem": quoting} if fault == "erro" else {}))
        run = trip(f"fault {n}")
        trouble(lambda run=run, n=n: run.run(cards(stage, 10 * n, 2)), errors)
    stage.sim.cielo.play("malformed", on="download")
    trouble(lambda: trip("broken return").run(cards(stage, 70, 2)), errors)
    stage.sim.cielo.set(fail={"P081": "001"})
    trouble(lambda: trip("item erro").run(cards(stage, 80, 2)), errors)

    # Renova Fácil: the return brings a new card in the clear.
    old = {"dados-portador": Seal(ARCHIVE_KEY).seal_text('{"numero": "4012001038443335", "validade": "201805"}')}
    trouble(lambda: trip("renova").run(cards(stage, 100, 1, autorizar=4, **old)), errors)

    # It dies at every place from which card data could be left.
    for n, name in enumerate(("document ready", "attempt open", "answer kept", "rows staged")):
        doomed = trip(f"dies {n}", die_at=name)
        trouble(lambda doomed=doomed, n=n: doomed.run(cards(stage, 110 + 2 * n, 2)), errors)

    last = trip("last")
    assert searched(left, last, caplog, stage, errors) == []
    with psycopg.connect(warehouse) as connection:
        renewed = connection.execute("select renova_cartao_truncado from cielo.transacao where renova_facil").fetchall()
    assert len(renewed) == 1 and re.fullmatch(r"\d{6}\*+\d{4}", renewed[0][0])
    assert set(standings(warehouse)) > {"landed"}, "some of it was really left in the middle"


def test_the_search_would_find_a_card_that_is_not_sealed(
    stage: CieloStage, warehouse: str, left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trip = Trip(stage.institution(), stage.driver(), warehouse, str(left / "archive"), service="autorizacao")
    trip.prepare(cards(stage, 0, 1))
    (lot,) = trip.journal.submissions(trip.scope)
    (left / "plain.xml").write_bytes(trip.archive.open(lot.stored).read())
    found = searched(left, trip, caplog, stage, [])
    assert {each.split(" stands")[0] for each in found} == {"numero", "validade", "nome-portador", "chave"}

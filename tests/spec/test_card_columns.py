"""No landed table of any institution keeps a card number, in whichever column and form an answer says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import psycopg
import pytest

from malote.archive import Archive
from malote.clock import HeldClock
from malote.institution import Table
from malote.institutions.bndes.answers import CRITICA, OPERACAO, RESULTADO, SUBCREDITO
from malote.institutions.ccee.answers import TABLE as CCEE
from malote.institutions.reinf.answers import EVENTO, OCORRENCIA
from malote.submission import Refusal, Submission
from malote.trip import Landing
from malote_provider.bndes.questions import _land
from support import hostile
from support.card_forms import CARD, FORMS, shows
from support.reinf import reinf
from support.reinf import submission as lote
from support.returns import select

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
OF_A_FORM = {"text": str, "jsonb": lambda text: json.dumps({"x": [text]})}


def odd_rows(dsn: str, table: Table) -> list[tuple[str | None, ...]]:
    """A row for each column that can hold a number, and each form of it; what must be there is there."""
    found = select(
        dsn,
        f"""select column_name as name, data_type as kind, is_nullable = 'NO' as needed from information_schema.columns
            where table_schema || '.' || table_name = '{table.name}'""",
    )
    kinds = {each["name"]: each["kind"] for each in found}
    plain = {each["name"]: "x" for each in found if each["needed"]}
    odd = [
        {name: make(text)} for name in table.columns if (make := OF_A_FORM.get(kinds[name])) for text in FORMS.values()
    ]
    odd += [{name: CARD} for name in table.columns if kinds[name] in ("numeric", "bigint")]
    return [tuple({**plain, **each}.get(name) for name in table.columns) for each in odd]


def answered(dsn: str, archive: Archive, one: Submission) -> Submission:
    """The submission as the journal has it when its answer is there."""
    with archive.write("answers", "x.xml") as sheet:
        sheet.write(b"x")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into malote.pouch values ('p', %s, 'simulator', %s, %s, '{}', now())",
            (one.institution, one.account, one.service),
        )
        connection.execute(
            """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
               standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at,
               receipt, answer, answer_sha256, answer_size)
               values (%s, 'p', %s, 'simulator', %s, %s, %s, 'answered', 'n', 'd', 'x', 1, true, 1, now(), now(),
               'R', 'x', 'x', 1)""",
            (one.id, one.institution, one.account, one.service, one.operation),
        )
        connection.execute(
            "insert into malote.item_row (submission, ordinal, scope, reference) values (%s, 1, 's', 'OURS')", (one.id,)
        )
    return replace(one, answer=sheet.stored, item_count=1000)


def as_answer(there: Any, one: Submission) -> Callable[..., None]:
    def land(dsn: str, archive: Archive, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        told = [(*row, "OURS", "accepted", *list(FORMS.values())[:2]) for row in rows]
        there.read = lambda *_: iter(told)
        assert there.tables[one.service] is table
        Landing(dsn, archive, HeldClock(NOW)).land(there, [answered(dsn, archive, one)])

    return land


def as_reasons(one: Submission) -> Callable[..., None]:
    def land(dsn: str, archive: Archive, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        refusal = Refusal(answered(dsn, archive, one), "OURS", [])
        Landing(dsn, archive, HeldClock(NOW)).land_reasons(table, [(refusal, rows)])

    return land


def as_question(dsn: str, _: Archive, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    _land(dsn, table, "dag/run/search", rows, NOW)


LANDED: list[tuple[Table, Callable[..., None]]] = [
    (CCEE, as_answer(hostile.institution("ccee"), hostile.submission("ccee"))),
    (RESULTADO, as_answer(hostile.institution("bndes"), hostile.submission("bndes"))),
    (EVENTO, as_answer(reinf(), lote())),
    (CRITICA, as_reasons(hostile.submission("bndes"))),
    (OCORRENCIA, as_reasons(lote())),
    (OPERACAO, as_question),
    (SUBCREDITO, as_question),
]


@pytest.mark.parametrize(("table", "land"), LANDED, ids=[table.name for table, _ in LANDED])
def test_no_column_of_any_table_lands_a_card_number(
    warehouse: str, archive: Archive, table: Table, land: Callable[..., None]
) -> None:
    rows = odd_rows(warehouse, table)
    land(warehouse, archive, table, rows)
    landed = select(warehouse, f"select to_jsonb(t) as t from {table.name} as t")
    assert len(landed) == len(rows) > len(FORMS)
    assert [each for each in landed if shows(json.dumps(list(each["t"].values())))] == []
    kept = select(warehouse, "select to_jsonb(i) as i from malote.item_row as i union all select to_jsonb(e) from "
                  "malote.event as e")  # fmt: skip
    assert not any(shows(str(each)) for each in kept)

"""The months that `make demo` and `make up` play: their rows travel, and end as those who look are told."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from malote_local import demo_reinf, samples
from support.planted import ARCHIVE_KEY
from support.reinf import Desk

SENT = "select count(*) from malote.item i join malote.submission s on s.id = i.submission where s.sent_at is not null"


def play(desk: Desk, conf: dict[str, Any] | None = None) -> str:
    """What a run of the DAG does: one kind of event behind the other."""
    for service in ("r1000", "r4010", "r4020", "r9000", "r4099"):
        desk.run(service, again=bool(conf))
    return "success"


def test_the_month_of_the_demo_ends_as_it_says_and_a_second_one_sends_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_reinf, "_search", lambda _: [])
    stage = cast(Any, SimpleNamespace(warehouse=desk.dsn))
    for _ in range(2):
        assert demo_reinf.show(stage, cast(Any, lambda _, conf=None: play(desk, conf))) == []
        assert desk.sql("select count(*) from reinf.evento") == desk.sql(SENT) == [(11,)]
        assert sum(desk.sim.reinf.accepted.values()) == 11 and desk.sim.reinf.accepted_more_than_once == 0


def test_the_month_of_make_up_waits_for_what_was_refused(desk: Desk) -> None:
    samples.put(desk.dsn, ARCHIVE_KEY, date(2026, 11, 27))
    play(desk)
    assert desk.sql("select evento, situacao from reinf.evento order by 1, 2") == [
        ("R-1000", "aceito"), ("R-4010", "aceito"), ("R-4020", "aceito"), ("R-4020", "recusado"),
    ]  # fmt: skip
    assert desk.sql("select per_apur, falta from report.reinf_competencia") == [("2026-10", "R-4020 recusado: 1")]

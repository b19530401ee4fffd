"""Card data goes when its time is over, whether or not a flow runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.errors import MaloteError
from malote_provider.operators import HealthOperator, PurgeOperator
from support.notary import Notary
from support.planted import ARCHIVE_KEY

GAUGE = "airflow.malote.notary.simulator.archive.awaiting_purge"


@pytest.fixture
def sealing(
    declared: SimpleNamespace, set_connection: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SimpleNamespace:
    """The notary, whose deeds are sealed, with an archive in which nobody else has left anything."""
    monkeypatch.setenv("AIRFLOW__MALOTE__ARCHIVE_URL", str(tmp_path / "archive"))
    set_connection("malote_archive", conn_type="generic", password=ARCHIVE_KEY)
    monkeypatch.setattr(Notary, "sealed", True)
    monkeypatch.setattr(declared.hook, "seals", True)
    return declared


@pytest.fixture
def purge(context: Callable[..., Any]) -> Callable[[], dict[str, int]]:
    return lambda: PurgeOperator(task_id="expurga").execute(context())


def kept(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from malote.submission where sealed and purged_at is null").fetchone()
    assert row is not None
    return int(row[0])


def test_what_waits_for_an_answer_loses_its_cards_after_the_rule_though_no_flow_runs(
    sealing: SimpleNamespace, sent: Any, purge: Any, heard: Any, context: Callable[..., Any]
) -> None:
    sent(6)
    assert purge() == {"notary_default": 0} and kept(sealing.dsn) == 2
    sealing.clock.at += sealing.hook().get_institution().rules.purge_after + timedelta(seconds=1)
    HealthOperator(task_id="mede").execute(context())
    assert heard.gauges[GAUGE] > 0
    assert purge() == {"notary_default": 2} and kept(sealing.dsn) == 0
    HealthOperator(task_id="mede").execute(context())
    assert heard.gauges[GAUGE] == 0
    assert purge() == {"notary_default": 0}


def test_what_a_person_withdraws_loses_its_cards_at_the_next_hour(
    sealing: SimpleNamespace, sent: Any, purge: Any, change: Callable[[str], None]
) -> None:
    sent(6)
    change("update malote.submission set standing = 'withdrawn' where number = 1")
    assert purge() == {"notary_default": 1} and kept(sealing.dsn) == 1


def test_an_account_that_cannot_be_purged_is_said_and_keeps_no_other_from_it(
    sealing: SimpleNamespace, sent: Any, set_connection: Callable[..., None], context: Callable[..., Any],
    change: Callable[[str], None],
) -> None:  # fmt: skip
    sent(3)
    change("update malote.submission set standing = 'withdrawn'")
    set_connection("wrong", conn_type="notary", host="https://notary.invalid", extra={})
    conn_ids = {"notary": ["wrong", "notary_default"]}
    with pytest.raises(MaloteError, match="does not say which environment"):
        PurgeOperator(task_id="expurga", conn_ids=conn_ids).execute(context())
    assert kept(sealing.dsn) == 0


def test_who_seals_nothing_is_not_looked_at(declared: SimpleNamespace, sent: Any, purge: Any) -> None:
    sent(3)
    assert purge() == {}

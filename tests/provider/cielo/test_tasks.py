"""Cielo in Airflow: names, connection form, hook, the wait of hours in both its ways, and what a task must not say."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.errors import Misconfigured
from malote.institution import load
from malote_provider import cielo as names
from malote_provider.cielo import CieloHook, CieloLandOperator, CieloLoteRetornoSensor, CieloSubmitOperator
from malote_provider.declaration import hook_of
from malote_provider.provider import get_provider_info
from malote_provider.triggers import ReceiptTrigger
from malote_provider.version_compat import TaskDeferred
from support.planted import ARCHIVE_KEY

# No PAN stands in the SQL text: the server makes it, as a user's own card environment would.
CARD = "4012001038443335"
PAN = "(4012001038443334 + 1)::text"
TOKENS = f"""
    select 'cliente-' || n as "reference", {PAN} as "dados-portador.numero", '209912' as "dados-portador.validade",
           'FULANO ' || 'PLANTADO' as "dados-portador.nome-portador"
    from generate_series(1, {{}}) as n
"""


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def submit(n: int = 2, **options: Any) -> CieloSubmitOperator:
    return CieloSubmitOperator(task_id="submit", service="tokenizacao", outgoing_sql=TOKENS.format(n), **options)


def sensor(**options: Any) -> CieloLoteRetornoSensor:
    about = {"task_id": "wait", "service": "tokenizacao", "pouch": "dag/run-1/submit"}
    return CieloLoteRetornoSensor(**{**about, **options})


def land(**options: Any) -> CieloLandOperator:
    return CieloLandOperator(task_id="land", service="tokenizacao", pouch="dag/run-1/submit", **options)


# ---- the names


def test_the_form_offers_each_service_by_its_code_and_name() -> None:
    from malote.institutions.cielo.rules import OPERATIONS

    assert list(names.OPERACOES) == list(load("cielo").services)
    for service, shown in names.OPERACOES.items():
        assert shown.startswith(OPERATIONS[service].code + " ")


def test_the_hook_is_found_by_the_institutions_name_and_land_emits_its_asset() -> None:
    assert hook_of("cielo") is CieloHook
    assert [asset.uri for asset in land().outlets] == ["malote://cielo/transacao"]
    assert {task.conn_id for task in (submit(), sensor(), land())} == {"cielo_default"}


def test_the_form_asks_for_no_client_certificate() -> None:
    form = next(each for each in get_provider_info()["connection-types"] if each["connection-type"] == "cielo")
    assert set(form["conn-fields"]) == {"environment", "nome_ec", "ca_bundle", "proxy", "tls", "schemas", "rules"}
    assert form["ui-field-behaviour"]["relabeling"] == {"login": "Número do EC", "password": "Chave de acesso"}


# ---- the connection test

Changed = Callable[..., tuple[bool, str]]


@pytest.fixture
def tested(cielo: SimpleNamespace, set_connection: Callable[..., None], in_english: None) -> Changed:
    """``tested(host=…, extra={…})``: test_connection() of the simulator's connection with these changes."""

    def test(**changes: Any) -> tuple[bool, str]:
        values = deepcopy(cielo.connection)
        values["extra"].update(changes.pop("extra", {}))
        set_connection("cielo_default", **{**values, **changes})
        return CieloHook().test_connection()

    return test


def test_a_connection_that_works_says_whose_it_is(tested: Changed, cielo: SimpleNamespace) -> None:
    works, said = tested()
    assert works, said
    assert "Cielo" in said and "simulator" in said and "1006993069" in said
    assert not cielo.office.accepted


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login": "12345"}, "10 digits"),
        ({"login": "1234567890"}, "EC 1234567890"),
        ({"password": "another-chave"}, "chave"),
        ({"password": ""}, "no chave"),
        ({"extra": {"environment": ""}}, "teste, simulator"),
        ({"extra": {"environment": "producao"}}, "do not belong together"),
        ({"extra": {"ca_bundle": None}}, "ca_bundle"),
        ({"extra": {"rules": {"primeiro_lote": 1}}}, "primeiro_lote"),
        ({"host": "https://127.0.0.1:9"}, "could not be reached"),
    ],
    ids=str,
)
def test_each_thing_that_is_wrong_is_said(
    tested: Changed, cielo: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    works, said = tested(**changes)
    assert not works
    assert words in said and "Do now:" in said
    assert "another-chave" not in said and cielo.connection["password"] not in said


def test_a_connection_without_the_archives_key_is_told_before_the_first_lot(
    tested: Changed, set_connection: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection("malote_archive", conn_type="generic")
    works, said = tested()
    assert not works and "malote_archive" in said
    set_connection("malote_archive", conn_type="generic", password="a weak one, that is no key")
    works, said = tested()
    assert not works and "too weak" in said and "openssl rand" in said and "a weak one" not in said
    monkeypatch.delenv("AIRFLOW_CONN_MALOTE_ARCHIVE")
    works, said = tested()
    assert not works and "malote_archive" in said


def test_a_lost_reply_is_not_blamed_on_a_client_certificate(tested: Changed, cielo: SimpleNamespace) -> None:
    cielo.office.play("lost_reply", on="download")
    works, said = tested()
    assert not works
    assert "client_certificate" not in said


def test_the_chave_and_the_archives_key_are_masked_in_logs(
    cielo: SimpleNamespace, redact: Callable[[str], str]
) -> None:
    with CieloHook() as hook:
        hook.access()
        hook.archive()
    assert redact(f"{cielo.connection['password']} and {ARCHIVE_KEY}") == "*** and ***"


def test_the_budget_is_one_for_all_users_of_an_ec(cielo: SimpleNamespace) -> None:
    with CieloHook() as hook:
        assert hook.pace().name == "cielo/simulator/1006993069"


# ---- submit


def test_without_the_archives_key_nothing_is_written_and_nothing_sent(
    cielo: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_MALOTE_ARCHIVE")
    with pytest.raises(Misconfigured, match="malote_archive"):
        submit().execute(context())
    assert not cielo.office.lots
    assert rows(cielo.dsn, "select * from malote.submission") == []


def test_a_lot_makes_the_trip_and_leaves_no_card_behind(
    cielo: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pushed = submit().execute(context())
    assert (pushed["submissions"], pushed["items"], pushed["received"], pushed["invalid"]) == (1, 2, 1, 0)
    assert sensor(pouch=pushed).execute(context())["status"] == "settled"
    landed = land().execute(context())
    assert (landed["landed"], landed["rows"]) == (1, 2)
    said = "".join(capfd.readouterr())
    with psycopg.connect(cielo.dsn) as connection:
        tables = [
            f"{schema}.{table}"
            for schema, table in connection.execute(
                "select schemaname, tablename from pg_tables where schemaname in ('malote', 'cielo', 'outgoing')"
            ).fetchall()
        ]
        said += "".join(str(connection.execute(f"select * from {table}").fetchall()) for table in tables)
    said += json.dumps([pushed, landed])
    for planted in (CARD, "FULANO PLANTADO", cielo.connection["password"]):
        assert planted not in said


def test_items_per_lot_splits_and_numbers_go_on_from_the_first_lot(cielo: SimpleNamespace, context: Any) -> None:
    pushed = submit(3, options={"items_per_lot": "2"}).execute(context())
    assert (pushed["submissions"], pushed["items"]) == (2, 3)
    assert set(cielo.office.lots) == {"1006993069/87", "1006993069/88"}


def test_wrong_rows_are_left_out_when_that_is_asked_for(
    cielo: SimpleNamespace, context: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = TOKENS.format(3).replace("'209912'", "case n when 2 then 'depois' else '209912' end")
    about = {"task_id": "submit", "service": "tokenizacao", "outgoing_sql": wrong}
    pushed = CieloSubmitOperator(**about, valid_rest="True").execute(context())
    assert (pushed["items"], pushed["invalid"]) == (2, 1)
    said = "".join(capfd.readouterr())
    assert "left out: item cliente-2" in said
    assert CARD not in said


def test_a_service_that_cielo_has_not_is_refused(cielo: SimpleNamespace, context: Any) -> None:
    with pytest.raises(Misconfigured, match="autorizacao_tid"):
        CieloSubmitOperator(task_id="submit", service="estorno").execute(context())


# ---- the wait of hours


@pytest.fixture
def patient(cielo: SimpleNamespace, set_connection: Callable[..., None]) -> SimpleNamespace:
    """The same connection by Cielo's own rules: the first question after twelve hours."""
    values = deepcopy(cielo.connection)
    del values["extra"]["rules"]
    set_connection("cielo_default", **values)
    return cielo


def asked(cielo: SimpleNamespace) -> int:
    return cielo.office.requests["download"]


def test_nothing_is_asked_before_twelve_hours_by_either_way(patient: SimpleNamespace, context: Any) -> None:
    submit().execute(context())
    before = asked(patient)
    assert sensor().poke(context()).is_done is False
    with pytest.raises(TaskDeferred):
        sensor(deferrable=True).execute(context())
    assert asked(patient) == before
    [(earliest, deadline)] = rows(
        patient.dsn, "select next_at - received_at, deadline - received_at from malote.submission"
    )
    assert earliest == timedelta(hours=12)
    assert deadline > timedelta(hours=24)


def test_the_trigger_carries_names_and_no_secret(patient: SimpleNamespace, context: Any) -> None:
    submit().execute(context())
    with pytest.raises(TaskDeferred) as deferred:
        sensor(deferrable=True, patience="P3D").execute(context())
    trigger = deferred.value.trigger
    assert isinstance(trigger, ReceiptTrigger)
    left = datetime.fromisoformat(trigger.until) - datetime.now(timezone.utc)
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert patient.connection["password"] not in json.dumps(trigger.serialize())


async def test_the_triggerer_hears_that_the_return_is_there(cielo: SimpleNamespace, context: Any) -> None:
    import asyncio

    await asyncio.to_thread(submit().execute, context())
    trigger = ReceiptTrigger(
        institution="cielo", conn_id="cielo_default", service="tokenizacao", pouch="dag/run-1/submit"
    )
    event = await asyncio.wait_for(anext(trigger.run()), 30)
    assert event.payload["status"] == "settled"
    assert land().execute(context())["landed"] == 1


def test_a_return_that_is_not_there_yet_is_asked_for_again(cielo: SimpleNamespace, context: Any) -> None:
    cielo.office.play("erro", on="download", codigo=81)
    submit().execute(context())
    assert sensor(poke_interval=0.1).execute(context())["status"] == "settled"
    assert asked(cielo) >= 2


def test_a_run_is_over_with_its_own_lots_whatever_other_runs_wait_for(cielo: SimpleNamespace, context: Any) -> None:
    submit(1).execute(context())
    cielo.office.set(result_after=86400)
    submit(2).execute(context(run_id="run-2"))
    assert sensor(pouch="dag/run-1/submit").execute(context())["status"] == "settled"
    assert land().execute(context())["landed"] == 1
    open_ = rows(cielo.dsn, "select pouch from malote.submission where standing = 'received'")
    assert open_ == [("dag/run-2/submit",)]


def test_a_run_over_the_whole_service_ends_with_its_patience_and_lands_what_is_home(
    cielo: SimpleNamespace, context: Any
) -> None:
    submit(1).execute(context())
    cielo.office.set(result_after=86400)
    submit(2).execute(context(run_id="run-2"))
    pushed = submit(2).execute(context(run_id="run-3"))
    assert (pushed["submissions"], pushed["held"]) == (0, 2)
    about = {"pouch": pushed, "scope": "service"}
    assert sensor(**about, patience="PT0S").execute(context())["status"] == "patience over"
    collect = CieloLandOperator(task_id="land", service="tokenizacao", **about)
    counts = collect.execute(context(run_id="run-3"))
    assert (counts["landed"], counts["waiting"]) == (1, 1)

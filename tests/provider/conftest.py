"""Airflow's side of the tests: connections, a made-up institution with its hook, and the simulated CCEE."""

from __future__ import annotations

import email
import email.policy
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from psycopg import conninfo

import malote
from malote.errors import Problem
from malote.rules import Rules
from malote_local.ports import free_port
from malote_sim import running
from support.airflow_names import OutletEvents
from support.notary import Notary, Office, make_table
from support.planted import ARCHIVE_KEY, CHAVE, EC, SECRET, WORKER


@pytest.fixture
def set_connection(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``set_connection("id", conn_type=…, …)``: as AIRFLOW_CONN_…; extra is an object."""

    def put(conn_id: str, **values: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(values))

    return put


@pytest.fixture
def redact() -> Iterator[Callable[[str], str]]:
    """A text as a log would show it, of a masker that this test's secrets alone are known to.

    Airflow's masker is one a process, and of two secrets that begin alike it may hide the shorter one only.
    """
    from airflow.sdk._shared.secrets_masker import _secrets_masker

    masker = _secrets_masker()
    kept = masker.patterns, masker.replacer
    masker.reset_masker()
    yield lambda text: str(masker.redact(text))
    masker.patterns, masker.replacer = kept


@pytest.fixture
def connected(warehouse: str, set_connection: Callable[..., None]) -> str:
    """The warehouse as connection ``malote_warehouse``, of a login that may what tasks must; a dsn that may all."""
    parts = conninfo.conninfo_to_dict(warehouse)
    set_connection(
        "malote_warehouse",
        conn_type="postgres",
        host=parts["host"],
        port=int(parts["port"] or 5432),
        login=WORKER,
        password=WORKER,
        schema=parts["dbname"],
    )
    return warehouse


@pytest.fixture
def said_since(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What was printed or logged since it was asked last: a logger that an earlier test made prints past this one."""

    def since() -> str:
        text = "".join(capfd.readouterr()) + caplog.text
        caplog.clear()
        return text

    return since


class Quick(Notary):
    """A notary that may be asked at once."""

    title = "Quick notary"
    quick = Rules(return_after=timedelta(), poll_every=timedelta(), poll_jitter=0.0, requests=0)

    def __init__(self, access: Any = None) -> None:
        super().__init__(access, rules=self.quick)

    def render(self, order: Any, rows: Any, archive: Any, free: Any, number: Any) -> Iterator[Any]:
        rest = list(rows)
        if order.params.get("valid_rest") is True:
            yield from (Problem(row["reference"], "text", "is empty") for row in rest if not row["text"])
            rest = [row for row in rest if row["text"]]
        yield from super().render(order, rest, archive, free, number)


@pytest.fixture
def notary(connected: str, set_connection: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A made-up institution, registered as a real one is: operators, sensor, hook; ``office`` is its other side."""
    from malote_provider.hooks import MaloteHook
    from malote_provider.operators import LandOperator, SubmitOperator
    from malote_provider.sensors import ReceiptSensor

    office = Office()
    make_table(connected)

    class Asynchronous:
        async def send(self, call: Any, sink: Any = None) -> Any:
            return office.send(call, sink)

        async def close(self) -> None: ...

    class NotaryHook(MaloteHook):
        institution = conn_type = "notary"
        default_conn_name = "notary_default"

        def driver(self) -> Any:
            return office

        def async_driver(self) -> Any:
            return Asynchronous()

    class NotarySubmit(SubmitOperator):
        institution = "notary"

    class NotarySensor(ReceiptSensor):
        institution = "notary"

    class NotaryLand(LandOperator):
        institution = "notary"

    provider, core = ModuleType("malote_provider.notary"), ModuleType("quick_notary")
    provider.NotaryHook, core.Quick = NotaryHook, Quick  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, provider.__name__, provider)
    monkeypatch.setitem(sys.modules, core.__name__, core)
    monkeypatch.setitem(malote.INSTITUTIONS, "notary", "quick_notary:Quick")
    set_connection(
        "notary_default", conn_type="notary", host="https://notary.invalid", extra={"environment": "simulator"}
    )
    return SimpleNamespace(
        office=office, hook=NotaryHook, submit=NotarySubmit, sensor=NotarySensor, land=NotaryLand, dsn=connected
    )


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where files of one's own are taken from: SQL that runs name, files that are sent as they are."""
    folder = tmp_path / "own"
    folder.mkdir()
    for option in ("OUTGOING_SQL_FOLDERS", "ARQUIVO_FOLDERS"):
        monkeypatch.setenv(f"AIRFLOW__MALOTE__{option}", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a scheduler where there is none."""
    monkeypatch.setattr("malote_provider.triggers.SOONEST", timedelta())


@pytest.fixture
def ccee(
    connected: str, set_connection: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The simulated CCEE, and ``ccee_default`` that reaches it; ``ccee.connection`` are the values of that."""
    with running("ccee", folder=tmp_path_factory.getbasetemp() / "certificates") as sim:
        sim.ccee.set(users={"usuario": {"password": SECRET, "profiles": ["1234"]}})
        connection = {
            "conn_type": "ccee",
            "host": sim.url("ccee"),
            "login": "usuario",
            "password": SECRET,
            "extra": {
                "environment": "simulator",
                "codigo_perfil_agente": "1234",
                "ca_bundle": str(sim.certificates.ca),
                "client_certificate": str(sim.certificates.client),
                "client_certificate_password": sim.certificates.password,
                "rules": {"return_after": "PT0S", "poll_every": "PT1S"},
            },
        }
        set_connection("ccee_default", **connection)
        yield SimpleNamespace(sim=sim, connection=connection, office=sim.ccee, dsn=connected)


@pytest.fixture
def cielo(
    connected: str, set_connection: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The simulated Cielo, whose returns are there at once; ``cielo_default``, and ``malote_archive``."""
    with running("cielo", folder=tmp_path_factory.getbasetemp() / "certificates") as sim:
        sim.cielo.set(stores={EC: CHAVE}, processing_every=0, result_after=0)
        connection = {
            "conn_type": "cielo",
            "host": sim.url("cielo"),
            "login": EC,
            "password": CHAVE,
            "extra": {
                "environment": "simulator",
                "ca_bundle": str(sim.certificates.ca),
                "rules": {"return_after": "PT0S", "poll_every": "PT1S", "requests": 0, "first_lot": 87},
            },
        }
        set_connection("cielo_default", **connection)
        set_connection("malote_archive", conn_type="generic", password=ARCHIVE_KEY)
        yield SimpleNamespace(sim=sim, connection=connection, office=sim.cielo, dsn=connected)


@pytest.fixture
def bndes(
    connected: str, set_connection: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The simulated BNDES, always open and quick, and ``bndes_default`` without a CNPJ of its own."""
    with running("bndes", folder=tmp_path_factory.getbasetemp() / "certificates") as sim:
        sim.bndes.set(hours="", result_after=0)
        rules = {
            "return_after": "PT0S",
            "poll_every": "PT1S",
            "requests": 0,
            "opening_hours": "",
            "opening_days": "all",
        }
        connection = {
            "conn_type": "bndes",
            "host": f"{sim.url('bndes')}/apa",
            "extra": {
                "environment": "simulator",
                "ca_bundle": str(sim.certificates.ca),
                "client_certificate": str(sim.certificates.lasting),
                "client_certificate_password": sim.certificates.password,
                "rules": rules,
            },
        }
        set_connection("bndes_default", **connection)
        yield SimpleNamespace(sim=sim, connection=connection, office=sim.bndes, dsn=connected)


@pytest.fixture
def reinf(
    connected: str, set_connection: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The simulated EFD-Reinf, quick, and ``reinf_default`` without a contributor of its own."""
    with running("reinf", folder=tmp_path_factory.getbasetemp() / "certificates") as sim:
        sim.reinf.set(result_after=0)
        connection = {
            "conn_type": "reinf",
            "host": sim.url("reinf"),
            "extra": {
                "environment": "simulator",
                "ca_bundle": str(sim.certificates.ca),
                "client_certificate": str(sim.certificates.lasting),
                "client_certificate_password": sim.certificates.password,
                "rules": {"return_after": "PT0S", "poll_every": "PT1S", "requests": 0},
            },
        }
        set_connection("reinf_default", **connection)
        yield SimpleNamespace(sim=sim, connection=connection, office=sim.reinf, dsn=connected)


@pytest.fixture
def mails(tmp_path: Path, set_connection: Callable[..., None]) -> Iterator[Any]:
    """A real SMTP server; ``mails()`` is what it has taken: subject, to, body."""
    server = Controller(Mailbox(str(tmp_path / "box")), hostname="127.0.0.1", port=(port := free_port()))
    server.start()
    extra = {"from_email": "malote@empresa.com.br", "disable_ssl": True, "disable_tls": True}
    set_connection("smtp_default", conn_type="smtp", host="127.0.0.1", port=port, extra=extra)

    def taken() -> list[Any]:
        parsed = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in (tmp_path / "box" / "new").iterdir()
        ]
        return [(m["subject"], m["to"], m.get_body(("html",)).get_content()) for m in parsed]  # type: ignore[union-attr]

    yield taken
    server.stop()


def context_of(task: Any = None, run_id: str = "run-1", map_index: int = -1) -> Any:
    """As much of a task's context as the tasks use; ``outlet_events`` keeps what they write."""
    ti = SimpleNamespace(
        dag_id="dag",
        run_id=run_id,
        task_id=getattr(task, "task_id", "submit"),
        map_index=map_index,
        get_first_reschedule_date=lambda _: None,
        xcom_push=lambda **_: None,
    )

    ti.id = "0198"
    run = SimpleNamespace(start_date=datetime.now(timezone.utc))
    return {"ti": ti, "task_instance": ti, "dag_run": run, "outlet_events": OutletEvents()}


@pytest.fixture
def context() -> Callable[..., Any]:
    """:func:`context_of`."""
    return context_of


@pytest.fixture
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in the language of ``[malote] language``, whose default is Portuguese."""
    monkeypatch.setenv("AIRFLOW__MALOTE__LANGUAGE", "en")

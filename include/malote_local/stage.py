"""Sets up all that a trip needs on one machine: database, migrations, simulators, Airflow; takes it down again."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from malote_local.airflow import LocalAirflow
from malote_local.ports import free_ports
from malote_local.postgres import EmbeddedPostgres
from malote_local.pretended import Pretended
from malote_local.private import write_private
from malote_local.roles import ROLES, dsn, passwords

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".malote"
WAREHOUSE = "malote"
SIMULATED = ("ccee", "cielo", "bndes")
EC = "1006993069"
CHAVE = "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3"  # Cielo's own, published for tests
QUICK = {"return_after": "PT1S", "poll_every": "PT1S"}  # a simulator answers in seconds
BRASILIA = ZoneInfo("America/Sao_Paulo")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running. ``warehouse`` is the migrated database for its owner.

    BNDES's counter is closed at first and ``opens`` at that minute.
    """

    airflow: LocalAirflow
    postgres: EmbeddedPostgres
    warehouse: str
    pretended: Pretended
    archive_key: str
    opens: datetime

    @property
    def control(self) -> str:
        """The simulators' page."""
        return self.pretended.control

    def simulator(self, institution: str) -> dict[str, Any]:
        """What a simulator says it has accepted, see its ``/_sim/`` page."""
        return self.pretended.shown(institution)

    def tell(self, institution: str, what: str, said: Any) -> None:
        """Give a simulator faults, settings or another clock, see its ``/_sim/`` page."""
        self.pretended.tell(institution, what, said)


@contextlib.contextmanager
def stage(
    *,
    say: Say,
    state: Path = STATE,
    port: int | None = None,
    scheduled: bool = False,
    settings: Mapping[str, str] | None = None,
    dags: Path = ROOT / "dags",
    rules: Mapping[str, Any] | None = None,
    policy: str | None = None,
    supervised: bool = False,
) -> Iterator[Stage]:
    """Everything running, for as long as the block lasts; data, journal and archive are kept in ``state``.

    :param say: is told what is being done, a line at a time
    :param port: of Airflow; None for a free one
    :param scheduled: DAGs run by their timetables too, see :class:`LocalAirflow`
    :param settings: further environment of Airflow
    :param dags: the DAGs folder
    :param rules: ``extra.rules`` of every institution, over those of :func:`connections`
    :param policy, supervised: see :class:`LocalAirflow`
    :raises PretendedError, PostgresError, AirflowError: when something does not start
    """
    began = monotonic()

    def step(what: str) -> None:
        say(f"{monotonic() - began:5.1f} s  {what}")

    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    state.chmod(state.stat().st_mode & ~0o022)  # else `malote --local` does not trust what lies in it
    with contextlib.ExitStack() as running:
        postgres = running.enter_context(EmbeddedPostgres(state / "postgres", durable=True))
        step(f"PostgreSQL runs on port {postgres.port}")
        control, *free = free_ports(1 + len(SIMULATED))
        ports = dict(zip(SIMULATED, free, strict=True))
        opens, hours = opening(datetime.now(BRASILIA))
        logins = passwords(state / "roles.json", ROLES)
        known = connections(
            postgres, ports, state / "certificates", archive_key=_archive_key(state), logins=logins, hours=hours
        )
        for each in known.values():
            if "rules" in each.get("extra", {}):
                each["extra"]["rules"] = {**each["extra"]["rules"], **(rules or {})}
        pretended = Pretended(state, ports=ports, control=control)
        running.callback(pretended.stop)
        airflow = LocalAirflow(
            state=state,
            postgres=postgres,
            dags=dags,
            connections=known,
            settings={
                "AIRFLOW__MALOTE__ARCHIVE_URL": str(state.absolute() / "archive"),
                "AIRFLOW__MALOTE__OUTGOING_SQL_FOLDERS": str(state.absolute() / "sql"),
                "AIRFLOW__MALOTE__ARQUIVO_FOLDERS": str(state.absolute() / "arquivos"),
                **(settings or {}),
            },
            port=port,
            scheduled=scheduled,
            policy=policy,
            supervised=supervised,
        )
        running.callback(step, "stopped")
        running.enter_context(airflow)
        step(f"Airflow starts on {airflow.url}")
        warehouse = _migrate(postgres, logins)  # while Airflow's processes import themselves
        address = state / "warehouse.dsn"  # where the `malote` command finds it
        running.callback(address.unlink, missing_ok=True)
        write_private(address, warehouse)
        step("the warehouse is migrated")
        pretended.wait()
        step(f"the simulators run: {', '.join(SIMULATED)}")
        airflow.rest.wait_healthy()
        step("Airflow is healthy: api-server, scheduler, dag-processor, triggerer")
        running.callback(step, "stopping")
        yield Stage(airflow, postgres, warehouse, pretended, _archive_key(state), opens)


def opening(now: datetime) -> tuple[datetime, dict[str, Any]]:
    """When BNDES's counter opens, and the rules that make it so: in a minute or two, and then for 20 minutes at least.

    Hours are of one day, so shortly before midnight it opens at midnight.
    """
    soon = (now + timedelta(minutes=2)).replace(second=0, microsecond=0)
    if (soon + timedelta(minutes=20)).date() == now.date():
        return soon, {"opening_hours": f"{soon:%H:%M}-24:00", "closed_days": []}
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, BRASILIA)
    return midnight, {"opening_hours": "", "closed_days": [now.date().isoformat()]}


def connections(
    postgres: EmbeddedPostgres,
    ports: dict[str, int],
    certificates: Path,
    *,
    archive_key: str,
    logins: dict[str, str],
    hours: dict[str, Any],
) -> dict[str, dict[str, Any]]:
    """The connections by id, as ``AIRFLOW_CONN_…`` takes them."""
    from malote_sim.certificates import make

    made = make(certificates)
    certified = {
        "environment": "simulator",
        "ca_bundle": str(made.ca.absolute()),
        "client_certificate": str(made.client.absolute()),
        "client_certificate_password": made.password,
        "rules": QUICK,
    }
    return {
        "malote_warehouse": {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": postgres.port,
            "login": "malote_runtime",
            "password": logins["malote_runtime"],
            "schema": WAREHOUSE,
        },
        "malote_select": {
            "conn_type": "postgres",
            "login": "malote_select",
            "password": logins["malote_select"],
        },
        "ccee_default": {
            "conn_type": "ccee",
            "host": f"https://localhost:{ports['ccee']}",
            "login": "usuario",
            "password": "senha",
            "extra": {**certified, "codigo_perfil_agente": "1234"},
        },
        "cielo_default": {
            "conn_type": "cielo",
            "host": f"https://localhost:{ports['cielo']}",
            "login": EC,
            "password": CHAVE,
            "extra": {"environment": "simulator", "ca_bundle": str(made.ca.absolute()), "rules": QUICK},
        },
        "bndes_default": {
            "conn_type": "bndes",
            "host": f"https://localhost:{ports['bndes']}/apa",
            "extra": {
                **certified,
                "rules": {
                    **QUICK,
                    **hours,
                    "opening_days": "all",
                    "closing_margin": "PT0S",
                    "closed_every": "PT15S",  # Airflow takes a task that is back within five seconds for a failed one
                },
            },
        },
        "malote_archive": {"conn_type": "generic", "password": archive_key},
    }


def _archive_key(state: Path) -> str:
    """What seals card data here; where the `malote` command finds it, too."""
    kept = state / "archive.key"
    if not kept.is_file():
        write_private(kept, secrets.token_hex(32))
    return kept.read_text(encoding="utf-8")


def _migrate(postgres: EmbeddedPostgres, logins: dict[str, str]) -> str:
    """The warehouse, made and upgraded; its dsn as ``malote_owner``, who is no superuser."""
    from malote.migrations import upgrade

    if WAREHOUSE not in postgres.databases():
        postgres.create(WAREHOUSE)
    upgrade(postgres.dsn(WAREHOUSE), roles=logins)
    return dsn(postgres, WAREHOUSE, "malote_owner", logins["malote_owner"])

"""Sets up all that a trip needs on one machine: database, migrations, simulators, Airflow; takes it down again."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from malote.clock import ZONE
from malote_local.airflow import LocalAirflow
from malote_local.connections import WAREHOUSE, connections, opening
from malote_local.ports import free_ports
from malote_local.postgres import EmbeddedPostgres
from malote_local.pretended import Pretended
from malote_local.private import write_private
from malote_local.roles import ROLES, dsn, passwords
from malote_local.welcome import IN_ENGLISH, Told

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".malote"
BRASILIA_PLUGIN = "from malote_local.brasilia import BrasiliaPlugin\n"
"""What the file in the plugins folder says; the plugin itself imports Airflow."""
SIMULATED = ("ccee", "cielo", "bndes", "reinf")

VISITED = {
    "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__DEFAULT_TIMEZONE": "America/Sao_Paulo",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
}

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
    told: Told = IN_ENGLISH,
    state: Path = STATE,
    port: int | None = None,
    scheduled: bool = False,
    visited: bool = False,
    settings: Mapping[str, str] | None = None,
    dags: Path = ROOT / "dags",
    rules: Mapping[str, Any] | None = None,
    policy: str | None = None,
    supervised: bool = False,
) -> Iterator[Stage]:
    """Everything running, for as long as the block lasts; data, journal and archive are kept in ``state``.

    :param say: is told what is being done, a line at a time, in the language of ``told``
    :param port: of Airflow; None for a free one
    :param scheduled: DAGs run by their timetables too, see :class:`LocalAirflow`
    :param visited: somebody looks around: connections are rows that the UI shows, edits and tests, DAGs are not paused,
        times are Brasília's, a new DAG file is seen within seconds, and BNDES's counter is always open
    :param settings: further environment of Airflow
    :param dags: the DAGs folder
    :param rules: ``extra.rules`` of every institution, over those of :func:`connections`
    :param policy, supervised: see :class:`LocalAirflow`
    :raises PretendedError, PostgresError, AirflowError: when something does not start
    """
    began = monotonic()

    def step(what: str, value: object = "") -> None:
        say(f"{monotonic() - began:5.1f} s  {told.step(what, value)}")

    own_sql, own_files = state / "sql", state / "arquivos"
    for folder in (state / "logs", own_sql, own_files):
        folder.mkdir(parents=True, exist_ok=True)
    state.chmod(state.stat().st_mode & ~0o022)  # else `malote --local` does not trust what lies in it
    with contextlib.ExitStack() as running:
        postgres = running.enter_context(EmbeddedPostgres(state / "postgres", durable=True))
        step("postgres", postgres.port)
        control, *free = free_ports(1 + len(SIMULATED))
        ports = dict(zip(SIMULATED, free, strict=True))
        now = datetime.now(ZONE)
        opens, hours = (now, {"opening_hours": ""}) if visited else opening(now)
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
            connections={} if visited else known,
            settings={
                "AIRFLOW__MALOTE__ARCHIVE_URL": str(state.absolute() / "archive"),
                "AIRFLOW__MALOTE__OUTGOING_SQL_FOLDERS": str(own_sql.absolute()),
                "AIRFLOW__MALOTE__ARQUIVO_FOLDERS": str(own_files.absolute()),
                **(VISITED if visited else {}),
                **(settings or {}),
            },
            plugins=BRASILIA_PLUGIN if visited else "",
            port=port,
            scheduled=scheduled,
            policy=policy,
            supervised=supervised,
        )
        running.callback(step, "stopped")
        running.enter_context(airflow)
        step("airflow", airflow.url)
        warehouse = _migrate(postgres, logins)  # while Airflow's processes import themselves
        address = state / "warehouse.dsn"  # where the `malote` command finds it
        running.callback(address.unlink, missing_ok=True)
        write_private(address, warehouse)
        step("warehouse")
        pretended.wait()
        step("simulators", ", ".join(SIMULATED))
        airflow.rest.wait_healthy()
        if visited:
            airflow.rest.keep_connections(known)
        step("healthy")
        running.callback(step, "stopping")
        yield Stage(airflow, postgres, warehouse, pretended, _archive_key(state), opens)


def _archive_key(state: Path) -> str:
    """What seals card data here; where the `malote` command finds it, too."""
    kept = state / "archive.key"
    if not kept.is_file():
        write_private(kept, secrets.token_hex(32))
    return kept.read_text(encoding="utf-8")


def _migrate(postgres: EmbeddedPostgres, logins: dict[str, str]) -> str:
    """The warehouse, made and upgraded; its dsn as ``malote_owner``, who is no superuser."""
    from malote.migrations import upgrade

    logging.getLogger("alembic").setLevel(logging.WARNING)  # its fourteen lines say nothing to who starts a demo
    if WAREHOUSE not in postgres.databases():
        postgres.create(WAREHOUSE)
    upgrade(postgres.dsn(WAREHOUSE), roles=logins)
    return dsn(postgres, WAREHOUSE, "malote_owner", logins["malote_owner"])

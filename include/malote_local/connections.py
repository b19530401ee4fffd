"""Airflow's connections to the simulators and the embedded warehouse, and the hours of BNDES's counter."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from malote.clock import ZONE
from malote_local.postgres import EmbeddedPostgres

WAREHOUSE = "malote"
EC = "1006993069"
CHAVE = "25fbb99741c739dd84d7b06ec78c9bac718838630f30b112d033ce2e621b34f3"  # Cielo's own, published for tests
QUICK = {"return_after": "PT1S", "poll_every": "PT1S"}  # a simulator answers in seconds


def opening(now: datetime) -> tuple[datetime, dict[str, Any]]:
    """When BNDES's counter opens, and the rules that make it so: in a minute or two, and then for 20 minutes at least.

    Hours are of one day, so shortly before midnight it opens at midnight.
    """
    soon = (now + timedelta(minutes=2)).replace(second=0, microsecond=0)
    if (soon + timedelta(minutes=20)).date() == now.date():
        return soon, {"opening_hours": f"{soon:%H:%M}-24:00", "closed_days": []}
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, ZONE)
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
        "reinf_default": {
            "conn_type": "reinf",
            "host": f"https://localhost:{ports['reinf']}",
            "extra": {**certified, "rules": {**QUICK, "requests": 600}},
        },
        "malote_archive": {"conn_type": "generic", "password": archive_key},
    }

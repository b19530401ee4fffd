"""Tasks of BNDES over made-up proposals, and what they emit."""

from __future__ import annotations

from typing import Any

import psycopg

from malote_provider.bndes import (
    BndesLandOperator,
    BndesProtocoloSensor,
    BndesSubmitOperator,
)

PROPOSALS = """
    select '2026/' || n as "reference", '2026' as "anoProposta", n::text as "numeroProposta",
           '52998224725' as "beneficiario.cpfCnpj", 1000.50 as "valorFinanciado" from generate_series(17, {}) as n
"""


def rows(dsn: str, query: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def submit(last: int = 17, **options: Any) -> BndesSubmitOperator:
    return BndesSubmitOperator(task_id="submit", outgoing_sql=PROPOSALS.format(last), **options)


def wait(**options: Any) -> BndesProtocoloSensor:
    return BndesProtocoloSensor(**{"task_id": "wait", "pouch": "dag/run-1/submit", "poke_interval": 0.1, **options})


def land(**options: Any) -> BndesLandOperator:
    return BndesLandOperator(**{"task_id": "land", "pouch": "dag/run-1/submit", **options})


def emitted(task: BndesLandOperator, context: Any) -> list[Any]:
    """What Airflow emits once the task has ended: the address and the extra of each asset that is an outlet then."""
    return [(asset.uri, context["outlet_events"][asset].extra) for asset in task.outlets]

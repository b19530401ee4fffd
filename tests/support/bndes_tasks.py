"""Tasks of BNDES over made-up proposals, and what they emit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
from airflow.sdk import AssetAlias

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


def aliased(context: Any) -> Any:
    """The context of a task whose outlet is an alias; what is emitted goes into its ``emitted``."""
    emitted: list[Any] = []

    class Events(dict[Any, Any]):
        def __missing__(self, key: Any) -> Any:
            assert isinstance(key, AssetAlias)
            add = lambda asset, extra: emitted.append((asset.uri, extra))  # noqa: E731
            return self.setdefault(key, SimpleNamespace(add=add))

    return {**context, "outlet_events": Events(), "emitted": emitted}

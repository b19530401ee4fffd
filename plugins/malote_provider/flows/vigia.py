"""The watch as a DAG: every five minutes it measures what is open, whether or not anything else runs."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable

from malote_provider.flows.frame import flow
from malote_provider.operators import HealthOperator
from malote_provider.watching import ConnIds

DOC = """
### Vigia

A cada cinco minutos lê o diário (schema `malote`) e as conexões, e entrega as medidas ao StatsD, Datadog ou
OpenTelemetry do Airflow (`[metrics]`): quantas submissões em cada situação, idade da mais antiga, dúvidas, retidas,
ritmo usado, dias do certificado, bytes que esperam o expurgo. Nomes, painel e alertas: docs/operations.md.

Pode limpar e repetir tudo. As medidas do diário, sem Airflow: `malote health --json`.
"""


def malote_vigia(
    dag_id: str = "malote_vigia",
    *,
    conn_ids: ConnIds | None = None,
    warehouse_conn_id: str | None = None,
    **options: Any,
) -> DAG:
    """A DAG that writes the gauges of docs/operations.md to Airflow's stats, every five minutes.

    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Mede o que está aberto",
        "doc_md": DOC,
        "tags": ["malote", "vigia"],
        "schedule": CronTriggerTimetable("*/5 * * * *", timezone="America/Sao_Paulo"),
    }
    with flow({"dag_id": dag_id, **usual}, options, retries=2) as dag:
        HealthOperator(task_id="mede", conn_ids=conn_ids, warehouse_conn_id=warehouse_conn_id)
    return dag

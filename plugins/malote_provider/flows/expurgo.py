"""The purge of card data as a DAG: every hour, so that a paused flow keeps no card."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from malote_provider.flows.frame import flow
from malote_provider.operators import PurgeOperator
from malote_provider.version_compat import CronTriggerTimetable
from malote_provider.watching import ConnIds

DOC = """
### Expurgo

De hora em hora: remove do arquivo os bytes selados (cartões) do que já foi gravado, recusado ou retirado, e depois da
regra `purge_after` os de qualquer outro. `land` faz o mesmo de passagem; com esta DAG um fluxo pausado não guarda
cartões. Anota cada expurgo na história do envio. Pode limpar e repetir. Conexões: as das instituições que selam, e o
warehouse.
"""


def malote_expurgo(
    dag_id: str = "malote_expurgo",
    *,
    conn_ids: ConnIds | None = None,
    warehouse_conn_id: str | None = None,
    **options: Any,
) -> DAG:
    """A DAG that removes card data whose time is over from the archive, every hour.

    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Remove do arquivo os cartões cujo prazo acabou",
        "doc_md": DOC,
        "tags": ["malote", "vigia"],
        "schedule": CronTriggerTimetable("17 * * * *", timezone="America/Sao_Paulo"),
    }
    with flow({"dag_id": dag_id, **usual}, options, retries=2) as dag:
        PurgeOperator(task_id="expurga", conn_ids=conn_ids, warehouse_conn_id=warehouse_conn_id)
    return dag

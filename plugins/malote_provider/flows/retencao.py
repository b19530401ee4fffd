"""Retention as a DAG: every Sunday it lets go of what is over for long enough."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from malote_provider.flows.frame import flow
from malote_provider.operators import RetireOperator
from malote_provider.version_compat import CronTriggerTimetable

DOC = """
### Retenção

Aos domingos, larga o que já acabou há mais tempo do que `[malote] keep_landed`, `keep_events` e `keep_answers` mandam
guardar: linhas gravadas, itens e histórico, arquivos. Opção vazia guarda para sempre; sem nenhuma, não faz nada.

O que não pode viajar duas vezes fica: cada referência em 16 bytes, e uma de dez anos atrás continua retida. Vai em
lotes pequenos, do mais velho ao mais novo. Pode limpar e repetir: continua de onde parou. Veja docs/years.md.
"""


def retencao(dag_id: str = "retencao", *, warehouse_conn_id: str | None = None, **options: Any) -> DAG:
    """A DAG that lets go of what the options of ``[malote]`` no longer keep, on Sundays at 04:00.

    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Larga o que já acabou há muito, e guarda o que não pode viajar duas vezes",
        "doc_md": DOC,
        "tags": ["malote", "relatorio"],
        "schedule": CronTriggerTimetable("0 4 * * 0", timezone="America/Sao_Paulo"),
    }
    with flow({"dag_id": dag_id, **usual}, options, retries=2) as dag:
        RetireOperator(task_id="retira", warehouse_conn_id=warehouse_conn_id)
    return dag

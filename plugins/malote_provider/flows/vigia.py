"""The watch as a DAG: every five minutes it measures what is open, and tells a person what needs one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG

from malote_provider.flows.frame import flow
from malote_provider.notifiers import MailNotifier
from malote_provider.operators import AlarmOperator, HealthOperator
from malote_provider.version_compat import CronTriggerTimetable
from malote_provider.watching import ConnIds

if TYPE_CHECKING:
    from airflow.sdk.bases.notifier import BaseNotifier

DOC = """
### Vigia

A cada cinco minutos lê o diário (schema `malote`) e as conexões.

1. **mede** – entrega as medidas ao StatsD, Datadog ou OpenTelemetry do Airflow (`[metrics]`): quantas submissões em
   cada situação, idade da mais antiga, dúvidas, retidas, ritmo usado, dias do certificado, cartões fora do prazo.
   Nomes, painel e alertas: docs/operations.md.
2. **avisa** – falha sobre o que pede uma pessoa, e escreve a `[malote] alarm_mail` pela conexão `smtp_default`: em
   dúvida, atrasado, recusado na entrada, itens sem resposta, linhas retidas, guichê perdido, certificado a menos de 30
   dias do fim. O que é novo, na hora; o que continua, todo dia às 8, e uma só vez por dia, até que seja resolvido.

Pode limpar e repetir tudo: o que já foi avisado está no diário. Sem Airflow: `malote health --json`.
"""


def malote_vigia(
    dag_id: str = "malote_vigia",
    *,
    notifiers: Sequence[BaseNotifier] | None = None,
    conn_ids: ConnIds | None = None,
    warehouse_conn_id: str | None = None,
    **options: Any,
) -> DAG:
    """A DAG that writes the gauges of docs/operations.md to Airflow's stats, and tells a person what needs one.

    :param notifiers: who carries what is told; by default mail to ``[malote] alarm_mail``, where that names anybody
    :param conn_ids: institution to its connections, where it has others than its default one
    :param warehouse_conn_id: by default the option ``[malote] warehouse_conn_id``
    :param options: further ones of :class:`airflow.sdk.DAG`, e.g. ``schedule``; they replace the flow's own
    """
    usual: dict[str, Any] = {
        "description": "Mede o que está aberto, e avisa do que pede uma pessoa",
        "doc_md": DOC,
        "tags": ["malote", "vigia"],
        "schedule": CronTriggerTimetable("*/5 * * * *", timezone="America/Sao_Paulo"),
    }
    with flow({"dag_id": dag_id, **usual}, options, retries=2) as dag:
        where: dict[str, Any] = {"conn_ids": conn_ids, "warehouse_conn_id": warehouse_conn_id}
        HealthOperator(task_id="mede", **where)
        AlarmOperator(task_id="avisa", notifiers=[MailNotifier()] if notifiers is None else notifiers, **where)
    return dag

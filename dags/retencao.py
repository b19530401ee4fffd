"""
### Retenção

Aos domingos, larga o que já acabou há mais tempo do que `[malote] keep_landed`, `keep_events` e `keep_answers` mandam
guardar: linhas gravadas, itens e histórico, arquivos. Opção vazia guarda para sempre; sem nenhuma, não faz nada.

O que não pode viajar duas vezes fica: cada referência em 16 bytes, e uma de dez anos atrás continua retida. Vai em
lotes pequenos, do mais velho ao mais novo. Pode limpar e repetir: continua de onde parou. Veja docs/years.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable

from malote_provider.operators import RetireOperator
from malote_provider.retries import retry_policy

with DAG(
    dag_id="retencao",
    description="Larga o que já acabou há muito, e guarda o que não pode viajar duas vezes",
    doc_md=__doc__,
    tags=["malote", "relatorio"],
    schedule=CronTriggerTimetable("0 4 * * 0", timezone="America/Sao_Paulo"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "malote", "retries": 2, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
) as dag:
    RetireOperator(task_id="retira")

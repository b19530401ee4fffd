"""
### Relatório diário

Exemplo de consumidor: roda quando resultados chegam (Assets) e às 20:30 de cada dia útil. Custa o que é novo.

1. **preenchida_…**, **inteira_…** – do que chegou desde a última vez: linhas preenchidas, cargas inteiras, nada aceito
   duas vezes. Ou alguém mexeu. **tudo_…** – o mesmo de tudo que já chegou: uma vez por mês, ou com o param `tudo`.
2. **aprovacao** – guarda as contagens de `report.cielo_aprovacao_por_dia` dos lotes que mudaram.
3. **resumo** – escreve `report.resumo_diario`, uma linha por dia e instituição; de novo, não muda o que já está igual.

Pode limpar e repetir tudo. Conexão: o warehouse (`[malote] warehouse_conn_id`). SQL: include/sql/marts_tasks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.configuration import conf
from airflow.providers.common.sql.operators import sql
from airflow.sdk import DAG, AssetOrTimeSchedule

from malote import place
from malote_provider.bndes import RESULTADO as BNDES
from malote_provider.ccee import RESULTADO_PROCESSAMENTO as CCEE
from malote_provider.checks import COUNTED, MONTHLY, checking
from malote_provider.cielo import TRANSACAO as CIELO
from malote_provider.retries import retry_policy
from malote_provider.timetables import OpeningHoursTimetable

EVENING = OpeningHoursTimetable(timedelta(days=1), "20:30-24:00")  # for what became overdue or in doubt since
with DAG(
    dag_id="relatorio_diario",
    description="Confere o que foi gravado e resume o dia",
    doc_md=__doc__,
    tags=["malote", "relatorio"],
    schedule=AssetOrTimeSchedule(timetable=EVENING, assets=CCEE | CIELO | BNDES),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=1,
    params={"tudo": False},
    default_args={"owner": "malote", "retries": 2, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    template_searchpath=[str(place.sql("marts_tasks"))],
) as dag:
    conn = {"conn_id": conf.get("malote", "warehouse_conn_id")}

    def write(task_id: str, *files: str, **more: Any) -> sql.SQLExecuteQueryOperator:
        return sql.SQLExecuteQueryOperator(task_id=task_id, sql=[f"{file}.sql" for file in files], **conn, **more)

    comeca, aprovacao = write("comeca", "conferencia_comeca"), write("aprovacao", *COUNTED)
    new, whole = checking(**conn, all_of_it=False), checking(**conn, all_of_it=True)
    follow = {"follow_task_ids_if_true": [task.task_id for task in whole], "follow_task_ids_if_false": ["resumo"]}
    mensal = sql.BranchSQLOperator(task_id="mensal", sql=MONTHLY, **follow, **conn)
    resumo = write("resumo", "relatorio_diario", "conferencia_termina", trigger_rule="none_failed")
    comeca >> [aprovacao, mensal, *new] >> resumo
    mensal >> whole >> write("tudo_conferido", "conferencia_inteira") >> resumo

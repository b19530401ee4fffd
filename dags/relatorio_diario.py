"""
### Relatório diário

Exemplo de consumidor: roda quando resultados chegam (Assets) e às 20:30 de cada dia útil; confere as tabelas gravadas e
escreve `report.resumo_diario`, uma linha por dia e instituição.

1. **linhas**, **resultado_processamento**, **ccee_contratos** – as linhas gravadas estão preenchidas, cada carga tem
   todas as suas linhas, cada referência aparece uma vez em `report.ccee_contratos`. Uma falha: mais alguém escreveu lá.
2. **resumo** – grava o resumo; de novo, não muda o que já está igual.

Pode limpar e repetir tudo. Conexão: o warehouse (`[malote] warehouse_conn_id`). SQL: include/sql/marts_tasks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.configuration import conf
from airflow.providers.common.sql.operators import sql
from airflow.sdk import DAG, AssetOrTimeSchedule

from malote import place
from malote_provider.ccee import RESULTADO_PROCESSAMENTO as CCEE
from malote_provider.retries import retry_policy
from malote_provider.timetables import OpeningHoursTimetable

LANDED = "ccee.resultado_processamento"
WHOLE = {
    LANDED: f"count(*) = coalesce((select sum(row_count) from malote.load where target = '{LANDED}'), 0)",
    "report.ccee_contratos": "count(*) = count(distinct (referencia, operacao, ambiente, perfil_agente))",
}

with DAG(
    dag_id="relatorio_diario",
    description="Confere o que foi gravado e resume o dia",
    doc_md=__doc__,
    tags=["malote", "relatorio"],
    # With the results, and once a bank day at 20:30, for what became overdue or in doubt since.
    schedule=AssetOrTimeSchedule(timetable=OpeningHoursTimetable(timedelta(days=1), "20:30-24:00"), assets=[CCEE]),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "malote", "retries": 2, "retry_delay": timedelta(minutes=1), "retry_policy": retry_policy()},
    template_searchpath=[str(place.sql("marts_tasks"))],
) as dag:
    conn = {"conn_id": conf.get("malote", "warehouse_conn_id")}
    filled = {name: {"null_check": {"equal_to": 0}} for name in ("submission_id", "codigo_processamento", "status")}
    linhas = sql.SQLColumnCheckOperator(task_id="linhas", table=LANDED, column_mapping=filled, **conn)
    resumo = sql.SQLExecuteQueryOperator(task_id="resumo", sql="relatorio_diario.sql", **conn)
    for table, statement in WHOLE.items():
        check = {table.split(".")[1]: {"check_statement": statement}}
        linhas >> sql.SQLTableCheckOperator(task_id=table.split(".")[1], table=table, checks=check, **conn) >> resumo
